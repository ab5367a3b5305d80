package ingest

import (
	"sync"
	"sync/atomic"

	"daybook/domain/es"
)

// maxRefused is the number of refused requests in a second, of one source or
// with unknown tokens from one address, that are answered other than with 429.
const maxRefused = 100

// perSecond counts by key, anew each second.
type perSecond[K comparable] struct {
	max int // keys that are told apart; the others share one count

	mu     sync.Mutex
	second int64
	counts map[K]int
	others int
}

func newPerSecond[K comparable](maxKeys int) *perSecond[K] {
	return &perSecond[K]{max: maxKeys, counts: map[K]int{}}
}

// add counts one more, and returns how many there are in this second.
func (c *perSecond[K]) add(key K, at es.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(at)
	if _, known := c.counts[key]; !known && len(c.counts) >= c.max {
		c.others++
		return c.others
	}
	c.counts[key]++
	return c.counts[key]
}

// count returns how many there are in this second.
func (c *perSecond[K]) count(key K, at es.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(at)
	return c.counts[key]
}

func (c *perSecond[K]) turn(at es.Time) {
	if second := int64(at) / 1000; second != c.second {
		c.second, c.others = second, 0
		clear(c.counts)
	}
}

// budget is memory that many share, in bytes.
type budget struct {
	max  int64
	held atomic.Int64
}

// hold takes n bytes, unless that is more than there is.
func (b *budget) hold(n int64) bool {
	if b.held.Add(n) > b.max {
		b.held.Add(-n)
		return false
	}
	return true
}

func (b *budget) release(n int64) { b.held.Add(-n) }
