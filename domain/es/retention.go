package es

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Retention is what a stream's metadata stream holds, in EventStoreDB's words.
type Retention struct {
	MaxCount uint64 `json:"$maxCount,omitempty"` // events; 0 keeps all
	MaxAge   uint64 `json:"$maxAge,omitempty"`   // seconds; 0 keeps all
}

// DecodeRetention reads the data of a [TypeMetadata] event. Data that it cannot
// read keeps all: nothing is ever cut by mistake.
func DecodeRetention(data []byte) Retention {
	var r Retention
	if err := json.Unmarshal(data, &r); err != nil {
		return Retention{}
	}
	return r
}

// RetentionIn returns the retention that events appended to stream bring into
// force, and for which stream; ok is false if they bring none.
func RetentionIn(stream Stream, events []Event) (of Stream, r Retention, ok bool) {
	name, ok := strings.CutPrefix(string(stream), metadataPrefix)
	if !ok {
		return "", Retention{}, false
	}
	for _, e := range slices.Backward(events) {
		if e.Type == TypeMetadata {
			return Stream(name), DecodeRetention(e.Data), true
		}
	}
	return "", Retention{}, false
}

// KeepsAll reports whether r cuts nothing.
func (r Retention) KeepsAll() bool { return r.MaxCount == 0 && r.MaxAge == 0 }

// First returns the oldest revision that MaxCount keeps of a stream whose
// newest event has revision last.
func (r Retention) First(last Revision) Revision {
	if r.MaxCount == 0 || uint64(last) < r.MaxCount {
		return FirstRevision
	}
	return last - Revision(r.MaxCount) + 1
}

// Since returns the time before which MaxAge cuts what was recorded, at the
// given now. The zero Time means that it cuts nothing.
func (r Retention) Since(now Time) Time {
	if r.MaxAge == 0 || r.MaxAge > uint64(now)/uint64(time.Second/time.Millisecond) {
		return 0
	}
	return now - Time(r.MaxAge)*Time(time.Second/time.Millisecond)
}
