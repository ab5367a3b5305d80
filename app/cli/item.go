package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// item is an item of the event log, as far as a line of text needs it.
type item struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	EventType  *string   `json:"event_type"`
	ObjectID   *string   `json:"object_id"`
	Status     string    `json:"status"`
	Cause      *string   `json:"cause"`
	Reason     *string   `json:"reason"`
	ReceivedAt time.Time `json:"received_at"`
	Deliveries int       `json:"deliveries"`
	Actions    struct {
		Total     int `json:"total"`
		Succeeded int `json:"succeeded"`
		Parked    int `json:"parked"`
	} `json:"actions"`
}

func readItem(raw json.RawMessage) (item, error) {
	var i item
	if err := json.Unmarshal(raw, &i); err != nil {
		return item{}, fmt.Errorf("read the server's answer: %w", err)
	}
	return i, nil
}

// what is what happened, in a few words.
func (i item) what() string {
	switch {
	case i.Cause != nil:
		return *i.Cause
	case i.Reason != nil:
		return *i.Reason
	case i.Actions.Total == 0:
		return ""
	}
	text := fmt.Sprintf("%d of %d actions", i.Actions.Succeeded, i.Actions.Total)
	if i.Actions.Parked > 0 {
		text += ", " + strconv.Itoa(i.Actions.Parked) + " parked"
	}
	return text
}

// row is the item as a row of a table.
func (i item) row() []string {
	return []string{
		i.ReceivedAt.UTC().Format("2006-01-02 15:04:05.000"),
		i.Status, or(i.EventType), or(i.ObjectID), i.Source, "×" + strconv.Itoa(i.Deliveries), i.what(), i.ID,
	}
}
