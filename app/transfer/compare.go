package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"daybook/domain/es"
)

// mostTold is how many differences are described.
const mostTold = 10

// DifferentError says how a store differs from a file.
type DifferentError struct {
	Count uint64   // of the differences; those after a gap or a surplus are not counted
	Told  []string // the first of them
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("the store differs from the file in %d events:\n%s", e.Count, strings.Join(e.Told, "\n"))
}

// comparison goes through a file and a store at once, in the order of the log.
type comparison struct {
	file *fileReader
	aged map[es.Stream]bool // of these the store may miss old events
	step *counter

	matched uint64 // events of the file that the store holds, or held
	later   uint64 // events of the store after the last one of the file
	whole   bool   // the file came to its end
	differ  DifferentError
}

// run compares until the store has no more, or one of them has what the other
// has not. What follows in the file then is to be read from it.
func (c *comparison) run(ctx context.Context, events iter.Seq2[es.Recorded, error]) error {
	for stored, err := range events {
		if err != nil {
			return err
		}
		c.step.next()
		if c.whole {
			c.later++
			continue
		}
		wanted, err := c.counterpart(&stored)
		switch {
		case errors.Is(err, io.EOF):
			c.whole = true
			c.later++
			continue
		case err != nil:
			return err
		}
		c.matched++
		if what := difference(&wanted, &stored); what != "" {
			c.tell(fmt.Sprintf("event %d of the file, %s, and the store's %s: %s differs", c.file.events, name(&wanted), name(&stored), what))
			if what == place {
				return nil
			}
		}
	}
	return nil
}

// counterpart returns the event of the file that the store's is to be compared
// with. What $maxAge may have cut from the store is passed over.
func (c *comparison) counterpart(stored *es.Recorded) (es.Recorded, error) {
	for {
		wanted, err := c.file.next()
		if err != nil || !c.aged[wanted.Stream] || samePlace(&wanted, stored) {
			return wanted, err
		}
		c.matched++
	}
}

func (c *comparison) tell(what string) {
	c.differ.Count++
	if len(c.differ.Told) < mostTold {
		c.differ.Told = append(c.differ.Told, what)
	}
}

// rest counts what the file holds beyond the store, but for what $maxAge may
// have cut.
func (c *comparison) rest() error {
	for !c.whole {
		e, err := c.file.next()
		switch {
		case errors.Is(err, io.EOF):
			c.whole = true
		case err != nil:
			return err
		case c.aged[e.Stream]:
			c.matched++
		default:
			c.tell(fmt.Sprintf("event %d of the file, %s, is not in the store", c.file.events, name(&e)))
		}
	}
	return nil
}

func (c *comparison) err() error {
	if c.differ.Count > 0 {
		return &c.differ
	}
	return nil
}

// place is the difference after which nothing can be compared.
const place = "the place in the log"

// difference says in what two events differ; it is empty if in nothing.
func difference(a, b *es.Recorded) string {
	switch {
	case !samePlace(a, b):
		return place
	case a.ID != b.ID:
		return "the id"
	case a.Type != b.Type:
		return "the type"
	case !bytes.Equal(a.Data, b.Data):
		return "the data"
	case !bytes.Equal(a.Metadata, b.Metadata):
		return "the metadata"
	default:
		return ""
	}
}

func samePlace(a, b *es.Recorded) bool {
	return a.Stream == b.Stream && a.Revision == b.Revision
}

// name names an event for people.
func name(e *es.Recorded) string {
	if isTombstone(e) {
		return fmt.Sprintf("the tombstone of %s", e.Stream)
	}
	return fmt.Sprintf("%s@%d (%.64s %s)", e.Stream, e.Revision, e.Type, e.ID)
}
