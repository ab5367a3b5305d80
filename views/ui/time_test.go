package ui

import (
	"math"
	"testing"
	"time"
)

func TestTook(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0 ms", 0: "0 ms", 200 * time.Microsecond: "0.2 ms", 38 * time.Millisecond: "38 ms", 999 * time.Millisecond: "999 ms",
		time.Second: "1 s", 1250 * time.Millisecond: "1.2 s", 12 * time.Second: "12 s", 130 * time.Second: "2 m 10 s", 125 * time.Minute: "2 h 05 m",
		47 * time.Hour: "47 h 00 m", 72 * time.Hour: "3 days",
	} {
		if got := Took(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "just now", -2 * time.Second: "just now", -2 * time.Hour: "in 2 h 00 m", 6 * time.Second: "6 s ago",
		3 * time.Minute: "3 min ago", 26 * time.Hour: "26 h ago", 100 * time.Hour: "4 days ago",
	} {
		if got := Since(now.Add(-ago), now); got != want {
			t.Errorf("%v ago is %q, want %q", ago, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "−1,234", math.MinInt64: "−9,223,372,036,854,775,808"} {
		if got := Count(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestBarsKeepOneScale(t *testing.T) {
	t.Parallel()
	bars := layBars([]Bar{{Done: 1000}, {Attention: 1}, {}, {Done: 500, Ignored: 500}})
	if len(bars[0].parts) != 1 || len(bars[2].parts) != 0 || len(bars[3].parts) != 2 {
		t.Fatalf("parts %v", bars)
	}
	if bars[1].parts[0].height != "2.0" {
		t.Errorf("one failure among a thousand is %s high, not to be seen", bars[1].parts[0].height)
	}
	if bars[0].parts[0].y != bars[3].parts[1].y {
		t.Errorf("the same count ends at %s and %s", bars[0].parts[0].y, bars[3].parts[1].y)
	}
}
