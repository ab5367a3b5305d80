package web

import (
	"time"

	"daybook/domain/es"
)

// moment is a time for the views: no time is the zero time.
func moment(t es.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Time()
}

// spoken is a time for a line of text.
func spoken(t es.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.Time().Format("2 Jan 2006 15:04:05") + " UTC"
}
