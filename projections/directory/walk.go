package directory

import (
	"strconv"

	"daybook/domain/es"
	"daybook/projections"
)

// Page is a part of a list, the newest first.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page, empty at the end.
	Next string
	// Partial says that the page ends because enough was looked at: further
	// ones may match.
	Partial bool
}

// MaxLimit is the most items that one call returns.
const MaxLimit = 500

const (
	maxLooked = 20_000 // how many are looked at for one answer
	chunkSize = 200
)

// place is where something stands in a list: its last change.
type place struct {
	position es.Position
	number   int // among the changes of one event
}

// placed is an item of a list, and where it stands.
type placed[T any] struct {
	item T
	at   place
}

// walk fills a page with what accepts takes of the items after the cursor.
// Read returns the next chunkSize items behind a place.
func walk[T any](v *projections.View, page *Page[T], limit int, after string,
	read func(behind place) ([]placed[T], error), accepts func(*T) (bool, error),
) error {
	limit = min(max(limit, 1), MaxLimit)
	at, err := parseCursor(v, after)
	if err != nil {
		return err
	}
	page.Items = []T{}
	for looked := 0; ; {
		chunk, err := read(at)
		if err != nil {
			return err
		}
		for _, next := range chunk {
			if len(page.Items) == limit || looked == maxLooked {
				page.Next, page.Partial = v.Cursor(at.position, strconv.Itoa(at.number)), len(page.Items) < limit
				return nil
			}
			looked++
			at = next.at
			taken, err := accepts(&next.item)
			if err != nil {
				return err
			}
			if taken {
				page.Items = append(page.Items, next.item)
			}
		}
		if len(chunk) < chunkSize {
			return nil
		}
	}
}

func parseCursor(v *projections.View, after string) (place, error) {
	if after == "" {
		return place{position: 1<<63 - 1}, nil
	}
	position, tie, err := v.ParseCursor(after)
	if err != nil {
		return place{}, err
	}
	number, err := strconv.Atoi(tie)
	if err != nil {
		return place{}, projections.ErrInvalidCursor
	}
	return place{position, number}, nil
}

// query is a query of rows in the order of a list, of those behind a place.
type query struct {
	text string
	args []any
}

func rowsBehind(columns, table string, at place) *query {
	return &query{
		`SELECT ` + columns + ` FROM ` + table + ` WHERE (position, number) < (?, ?)`,
		[]any{int64(at.position), at.number},
	}
}

// where adds a condition, unless its value says nothing.
func (q *query) where(column, value string) {
	if value != "" {
		q.is(column, value)
	}
}

func (q *query) is(column, value string) {
	q.text += ` AND ` + column + ` = ?`
	q.args = append(q.args, value)
}

// ordered is the query of the next chunk.
func (q *query) ordered() string {
	return q.text + ` ORDER BY position DESC, number DESC LIMIT ` + strconv.Itoa(chunkSize)
}
