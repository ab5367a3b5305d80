package es_test

import (
	"math"
	"testing"

	"daybook/domain/es"
)

func TestDecodeRetentionKeepsAllWhereItCannotRead(t *testing.T) {
	t.Parallel()

	for data, want := range map[string]es.Retention{
		`{"$maxCount":10,"$maxAge":3600}`: {MaxCount: 10, MaxAge: 3600},
		`{"$maxCount":10,"$acl":{}}`:      {MaxCount: 10},
		`{}`:                              {},
		``:                                {},
		`[]`:                              {},
		`{"$maxCount":-1}`:                {},
		`{"$maxCount":1,"$maxAge":"1h"}`:  {},
	} {
		got := es.DecodeRetention([]byte(data))
		if got != want && (want != es.Retention{} || !got.KeepsAll()) {
			t.Errorf("DecodeRetention(%s) = %+v, want %+v", data, got, want)
		}
	}
}

func TestRetentionInTakesTheNewestMetadata(t *testing.T) {
	t.Parallel()

	metadata := func(data string) es.Event { return es.Event{Type: es.TypeMetadata, Data: []byte(data)} }
	events := []es.Event{metadata(`{"$maxCount":1}`), metadata(`{"$maxCount":2}`), {Type: "Other"}}

	of, r, ok := es.RetentionIn(es.Stream("s-1").Metadata(), events)
	if of != "s-1" || r.MaxCount != 2 || !ok {
		t.Errorf("RetentionIn = %q, %+v, %v", of, r, ok)
	}
	if _, _, ok := es.RetentionIn("s-1", events); ok {
		t.Error("events of an ordinary stream brought a retention")
	}
	if _, _, ok := es.RetentionIn(es.Stream("s-1").Metadata(), events[2:]); ok {
		t.Error("an event of another type brought a retention")
	}
}

func TestRetentionCuts(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		r    es.Retention
		last es.Revision
		want es.Revision
	}{
		{es.Retention{}, 9, 0},
		{es.Retention{MaxCount: 10}, 9, 0},
		{es.Retention{MaxCount: 3}, 9, 7},
		{es.Retention{MaxCount: 1}, 0, 0},
		{es.Retention{MaxCount: 1}, 1, 1},
		{es.Retention{MaxCount: math.MaxUint64}, 9, 0},
	} {
		if got := c.r.First(c.last); got != c.want {
			t.Errorf("%+v.First(%d) = %d, want %d", c.r, c.last, got, c.want)
		}
	}

	for _, c := range []struct {
		age  uint64
		want es.Time
	}{{0, 0}, {1, 9_000}, {10, 0}, {11, 0}, {math.MaxUint64, 0}} {
		if got := (es.Retention{MaxAge: c.age}).Since(10_000); got != c.want {
			t.Errorf("MaxAge %d: Since(10 s) = %d, want %d", c.age, got, c.want)
		}
	}
}
