package ui

import (
	"fmt"
	"strconv"
	"time"
)

// Day is the date as a heading: "24 November 2026".
func Day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// stamp is the time for machines.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// full is the time for a tooltip or a fact.
func full(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05.000") + " UTC" }

// Took is a duration in at most two units: "38 ms", "1.2 s", "2 m 10 s".
func Took(d time.Duration) string {
	switch {
	case d < 50*time.Microsecond:
		return "0 ms"
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(float64(d.Milliseconds()/100)/10, 'f', -1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days", int(d.Hours())/24)
	}
}

// Since is how long ago t was, in one coarse unit: "3 minutes ago".
func Since(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < -time.Minute:
		return "in " + Took(-d)
	case d < 5*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours())/24)
	}
}

// Until is how long it is to t: "in 2 m 10 s", "due now".
func Until(t, now time.Time) string {
	if d := t.Sub(now); d >= time.Second {
		return "in " + Took(d)
	}
	return "due now"
}

// Bytes is a size: "2,841 bytes".
func Bytes(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return Count(n) + " bytes"
}

// Count is a number in groups of three: "12,345".
func Count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Plural is a counted noun: Plural(1, "webhook") is "1 webhook".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}
