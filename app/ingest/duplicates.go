package ingest

import (
	"strings"
	"sync"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

const (
	// maxCounted is the number of streams whose duplicates are counted in
	// memory at the same time.
	maxCounted = 1024
	// countedFor is for how long, in milliseconds, the next duplicate of a
	// stream is taken for one without asking the store.
	countedFor = 5_000
)

// duplicates counts, for webhooks that arrive again and again, the deliveries
// that are not recorded each for itself.
type duplicates struct {
	mu      sync.Mutex
	streams map[es.Stream]*counted
}

type counted struct {
	ref    webhook.Ref
	n      int // not yet recorded
	lastAt es.Time
}

func newDuplicates() *duplicates {
	return &duplicates{streams: map[es.Stream]*counted{}}
}

// count counts a delivery of a stream whose duplicates are being counted, and
// returns which webhook it is a duplicate of.
func (d *duplicates) count(stream es.Stream, at es.Time) (ref webhook.Ref, counted bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.streams[stream]
	if !ok || at-c.lastAt > countedFor {
		return webhook.Ref{}, false
	}
	c.n++
	c.lastAt = max(c.lastAt, at)
	return c.ref, true
}

// begin counts a delivery, and has the stream's further ones counted. It
// reports whether there was room for that.
func (d *duplicates) begin(ref webhook.Ref, at es.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.streams[ref.Stream()]
	if !ok {
		if len(d.streams) >= maxCounted {
			return false
		}
		ref.Key = strings.Clone(ref.Key) // it may be a part of the body
		c = &counted{ref: ref}
		d.streams[ref.Stream()] = c
	}
	c.ref.Generation = ref.Generation
	c.lastAt = max(c.lastAt, at)
	c.n++
	return true
}

// take returns what is to be recorded, and forgets streams that had nothing
// since the last time.
func (d *duplicates) take() []counted {
	d.mu.Lock()
	defer d.mu.Unlock()
	var due []counted
	for stream, c := range d.streams {
		if c.n == 0 {
			delete(d.streams, stream)
			continue
		}
		due = append(due, *c)
		c.n = 0
	}
	return due
}

// giveBack counts again what could not be recorded.
func (d *duplicates) giveBack(c counted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if again, ok := d.streams[c.ref.Stream()]; ok {
		again.n += c.n
		again.lastAt = max(again.lastAt, c.lastAt)
		return
	}
	d.streams[c.ref.Stream()] = &c
}
