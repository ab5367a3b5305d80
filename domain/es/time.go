package es

import (
	"fmt"
	"time"
)

// timeLayout is RFC 3339 in UTC with milliseconds, everywhere and always.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment, in milliseconds since the Unix epoch. In JSON it is
// RFC 3339 in UTC with milliseconds. The zero value means "no time".
type Time int64

// TimeOf cuts t to milliseconds.
func TimeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// Time returns t in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Millisecond }

// IsZero reports whether t is no time at all.
func (t Time) IsZero() bool { return t == 0 }

func (t Time) String() string { return t.Time().Format(timeLayout) }

// MarshalJSON writes null for no time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON reads any RFC 3339 time, cut to milliseconds.
func (t *Time) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*t = 0
		return nil
	}
	parsed, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(raw))
	if err != nil {
		return fmt.Errorf("not an RFC 3339 time: %s", raw)
	}
	// An offset can lead out of the years that RFC 3339 can write.
	if year := parsed.UTC().Year(); year < 0 || year > 9999 {
		return fmt.Errorf("not an RFC 3339 time in UTC: %s", raw)
	}
	*t = TimeOf(parsed)
	return nil
}
