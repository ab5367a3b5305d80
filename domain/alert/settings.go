package alert

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/source"
)

// Settings are what leads to alerts, and where messages go. What is 0 leads to
// none.
type Settings struct {
	// Endpoint is where messages are sent; nil: nowhere.
	Endpoint *Endpoint `json:"endpoint,omitempty"`
	Thresholds
}

// Thresholds are what leads to alerts: the first three in an environment, the
// others for a Daybook as a whole.
type Thresholds struct {
	// Refusals is how many requests to a source may be refused in [RefusedWithin].
	Refusals int `json:"refusals,omitempty"`
	// Silence is for how long a source that has traffic may receive nothing, and
	// SilenceOf the same for single sources.
	Silence   source.Duration            `json:"silence,omitzero"`
	SilenceOf map[string]source.Duration `json:"silence_of,omitempty"`
	// Lag is how far the read models may be behind the log.
	Lag source.Duration `json:"lag,omitzero"`
	// DiskFree is the percentage of the disk that is to be free.
	DiskFree int `json:"disk_free,omitempty"`
}

// RefusedWithin is the time in which refusals are counted.
const RefusedWithin = 5 * time.Minute

// Endpoint is an address that takes messages. It is a secret: who knows it can
// write to the channel behind it.
type Endpoint struct {
	ID string `json:"id"`
	// Host is what of the address may be shown.
	Host string `json:"host"`
	// Sealed is the encrypted URL; see [EndpointContext].
	Sealed source.Sealed `json:"sealed"`
}

// EndpointContext is the associated data of a sealed URL: it opens nowhere else.
func EndpointContext(scope Scope, id string) string {
	return string(scope.Stream()) + "/endpoint/" + id
}

// Defaults returns the thresholds of a scope in which nobody has set others.
func Defaults(scope Scope) Thresholds {
	if scope == Daybook {
		return Thresholds{Lag: source.Duration(time.Minute), DiskFree: 10}
	}
	return Thresholds{Refusals: 10, Silence: source.Duration(24 * time.Hour)}
}

// Bounds of what can be set.
const (
	maxRefusals  = 1_000_000
	minSilence   = source.Duration(time.Minute)
	maxSilence   = source.Duration(30 * 24 * time.Hour)
	minLag       = source.Duration(10 * time.Second)
	maxLag       = source.Duration(24 * time.Hour)
	maxDiskFree  = 90
	maxSilenceOf = 100
)

// check returns what is wrong with thresholds in a scope.
func (t Thresholds) check(scope Scope) error {
	var refusals es.Refusals
	refuse := func(bad bool, field, format string, args ...any) {
		if bad {
			refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: field, Message: fmt.Sprintf(format, args...)})
		}
	}
	inEnvironment := scope != Daybook
	refuse(!inEnvironment && t.Refusals != 0, "refusals", "is set for each environment; leave it out here")
	refuse(!inEnvironment && t.Silence != 0, "silence", "is set for each environment; leave it out here")
	refuse(!inEnvironment && len(t.SilenceOf) > 0, "silence_of", "is set for each environment; leave it out here")
	refuse(inEnvironment && t.Lag != 0, "lag", "is set for Daybook as a whole; leave the environment out")
	refuse(inEnvironment && t.DiskFree != 0, "disk_free", "is set for Daybook as a whole; leave the environment out")

	refuse(t.Refusals < 0 || t.Refusals > maxRefusals, "refusals", "give a number up to %d; 0 for no alert", maxRefusals)
	refuse(!within(t.Silence, minSilence, maxSilence), "silence", "give a time from 1m to 30d, or forever for no alert")
	refuse(!within(t.Lag, minLag, maxLag), "lag", "give a time from 10s to 24h, or forever for no alert")
	refuse(t.DiskFree < 0 || t.DiskFree > maxDiskFree, "disk_free", "give a percentage up to %d; 0 for no alert", maxDiskFree)
	refuse(len(t.SilenceOf) > maxSilenceOf, "silence_of", "give at most %d sources", maxSilenceOf)
	for _, key := range slices.Sorted(maps.Keys(t.SilenceOf)) {
		refuse(!environment.IsSlug(key), "silence_of", "%.70q cannot be the key of a source", key)
		refuse(!within(t.SilenceOf[key], minSilence, maxSilence), "silence_of", "give %.70s a time from 1m to 30d, or forever for no alert", key)
	}
	if len(refusals) > 0 {
		return refusals
	}
	return nil
}

func within(d, least, most source.Duration) bool {
	return d == source.Forever || least <= d && d <= most
}

// SilenceFor is for how long a source may receive nothing; 0: for ever.
func (t Thresholds) SilenceFor(key string) time.Duration {
	if own, ok := t.SilenceOf[key]; ok {
		return time.Duration(own)
	}
	return time.Duration(t.Silence)
}

func (s Settings) equal(other Settings) bool {
	same := s.Endpoint == other.Endpoint || s.Endpoint != nil && other.Endpoint != nil && *s.Endpoint == *other.Endpoint
	a, b := s.Thresholds, other.Thresholds
	return same && maps.Equal(a.SilenceOf, b.SilenceOf) &&
		a.Refusals == b.Refusals && a.Silence == b.Silence && a.Lag == b.Lag && a.DiskFree == b.DiskFree
}
