package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// Log answers questions about the event log. Its methods may be called by many
// goroutines at once.
type Log struct {
	runner *projections.Runner
	looked int // how many items are looked at for one answer
}

// New returns the event log that a runner keeps with [Projection].
func New(runner *projections.Runner) *Log { return &Log{runner: runner, looked: maxLooked} }

// MaxLimit is the most items that one call returns.
const MaxLimit = 500

// maxLooked is how many items are looked at for one answer. What needs more is
// answered in part.
const maxLooked = 20_000

// ErrNotFound is returned for an item that does not exist.
var ErrNotFound = errors.New("there is no such item in the event log")

// Page is a part of the event log, newest first.
type Page struct {
	Items []Item
	// Next is the cursor of the next page, empty at the end.
	Next string
	// Applied is the position up to which the page shows the log: a tail that
	// begins there misses nothing and repeats nothing.
	Applied es.Position
	// Partial says that the page ends because enough was looked at, not because
	// it is full: items further back may match. LookedTo is how far it came.
	Partial  bool
	LookedTo es.Time
	// Total is how many items the filter selects on all pages; -1 where that
	// would have to be counted.
	Total int
}

// List returns at most limit items that pass the filter, newest first, those
// after the cursor if there is one. It returns [projections.ErrInvalidCursor]
// for a cursor that is not one of this log's.
func (l *Log) List(ctx context.Context, f Filter, limit int, after string) (Page, error) {
	limit = min(max(limit, 1), MaxLimit)
	var page Page
	err := l.runner.View(ctx, func(v *projections.View) error {
		page = Page{Items: []Item{}, Applied: v.Applied, Total: -1}
		hi := lastPosition
		if after != "" {
			p, _, err := v.ParseCursor(after)
			if err != nil {
				return err
			}
			hi = p - 1
		}
		s, err := l.resolve(ctx, v, f)
		if err != nil {
			return err
		}
		if s.exact() {
			page.Total = int(s.total)
		}
		return s.page(ctx, v, hi, limit, &page)
	})
	if err != nil {
		return Page{}, fmt.Errorf("list the event log: %w", err)
	}
	return page, nil
}

// page fills a page with what lies at hi and before it.
func (s selection) page(ctx context.Context, v *projections.View, hi es.Position, limit int, page *Page) error {
	within, err := stretchOf(ctx, v, s.filter.From, s.filter.To)
	if err != nil {
		return err
	}
	within.hi = min(within.hi, hi)
	found, looked, err := s.search(ctx, v, within, newestFirst, limit+1)
	if err != nil {
		return err
	}
	switch {
	case len(found) > limit:
		found = found[:limit]
		page.Next = v.Cursor(found[limit-1].position, "")
	case looked.more:
		page.Next, page.Partial, page.LookedTo = v.Cursor(looked.last.position, ""), true, looked.last.receivedAt
	}
	page.Items, err = load(ctx, v, found)
	return err
}

// looked is how far a search came.
type looked struct {
	last candidate
	more bool // it was ended by the bound
}

// search returns the first candidates in a stretch of the log that pass.
func (s selection) search(ctx context.Context, v *projections.View, within stretchOfLog, o order, limit int) ([]candidate, looked, error) {
	among, err := lanesFor(ctx, v, s, within, o, limit)
	if err != nil {
		return nil, looked{}, err
	}
	var found []candidate
	var seen looked
	n := 0
	err = walk(ctx, v, o, among, func(c candidate) bool {
		if n == s.looked {
			seen.more = true
			return false
		}
		n++
		seen.last = c
		if s.passes(c) {
			found = append(found, c)
		}
		return len(found) < limit
	})
	return found, seen, err
}

// load reads items whole.
func load(ctx context.Context, v *projections.View, found []candidate) ([]Item, error) {
	items := make([]Item, 0, len(found))
	for _, c := range found {
		n, err := scanEntry(v.Row(ctx, `SELECT `+entryColumns+entryTables+`WHERE i.position = ?`, int64(c.position)))
		if err != nil {
			return nil, err
		}
		items = append(items, n.item())
	}
	return items, nil
}

// Get returns one item. It returns [ErrNotFound] if there is none with this id.
func (l *Log) Get(ctx context.Context, id string) (Item, error) {
	at, ok := placeOf(id)
	if !ok {
		return Item{}, ErrNotFound
	}
	var item Item
	err := l.runner.View(ctx, func(v *projections.View) error {
		n, err := loadPlace(ctx, v, at)
		if err != nil {
			return err
		}
		item = n.item()
		return nil
	})
	if err != nil {
		return Item{}, fmt.Errorf("find %.100q in the event log: %w", id, err)
	}
	return item, nil
}

func loadPlace(ctx context.Context, v *projections.View, at place) (*entry, error) {
	n, err := scanEntry(v.Row(ctx, `SELECT `+entryColumns+entryTables+`WHERE i.stream = ? AND i.number = ?`, string(at.stream), int64(at.number)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	return n, err
}

// Neighbours returns the ids of the items before and after one, among those
// that pass the filter; an id is empty where there is none, or none near
// enough. The item itself need not pass.
func (l *Log) Neighbours(ctx context.Context, id string, f Filter) (newer, older string, err error) {
	at, ok := placeOf(id)
	if !ok {
		return "", "", ErrNotFound
	}
	err = l.runner.View(ctx, func(v *projections.View) error {
		n, err := loadPlace(ctx, v, at)
		if err != nil {
			return err
		}
		s, err := l.resolve(ctx, v, f)
		if err != nil {
			return err
		}
		within, err := stretchOf(ctx, v, f.From, f.To)
		if err != nil {
			return err
		}
		after, before := within, within
		after.lo, before.hi = max(within.lo, n.position+1), min(within.hi, n.position-1)
		if newer, err = s.first(ctx, v, after, oldestFirst); err != nil {
			return err
		}
		older, err = s.first(ctx, v, before, newestFirst)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("find the neighbours of %.100q: %w", id, err)
	}
	return newer, older, nil
}

func (s selection) first(ctx context.Context, v *projections.View, within stretchOfLog, o order) (string, error) {
	found, _, err := s.search(ctx, v, within, o, 1)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return idOf(found[0].stream, found[0].number), nil
}
