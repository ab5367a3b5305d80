package source

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span as people write it: "24h", "5m", "300s", or
// "forever", which is 0.
type Duration time.Duration

// Forever is the span that never ends.
const Forever Duration = 0

// ParseDuration reads what [Duration.String] wrote, and days ("7d").
func ParseDuration(text string) (Duration, error) {
	if text == "forever" {
		return Forever, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err == nil && n > 0 {
			return Duration(time.Duration(n) * 24 * time.Hour), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration; write it as 30s, 5m, 24h, 7d or forever", text)
	}
	return Duration(d), nil
}

// String writes d in its largest whole unit, hours at most.
func (d Duration) String() string {
	span := time.Duration(d)
	switch {
	case span == 0:
		return "forever"
	case span%time.Hour == 0:
		return strconv.FormatInt(int64(span/time.Hour), 10) + "h"
	case span%time.Minute == 0:
		return strconv.FormatInt(int64(span/time.Minute), 10) + "m"
	default:
		return span.String()
	}
}

// MarshalJSON writes d as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads d from text.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return fmt.Errorf("%s is not a duration; write it as text, such as \"24h\"", raw)
	}
	parsed, err := ParseDuration(*text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
