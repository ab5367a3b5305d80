package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

type streamCommands struct {
	List streamListCommand `cmd:"" help:"List streams."`
	Cat  streamCatCommand  `cmd:"" help:"Print the recorded events of one stream."`
}

type streamListCommand struct {
	server
	Prefix string `arg:"" optional:"" help:"Only those whose names begin with this."`
	Limit  int    `default:"50" placeholder:"N" help:"How many, 1 to 500 (default 50)."`
	After  string `placeholder:"CURSOR" help:"Go on after an earlier list: what it gave as next."`
}

// streamLine is a stream as the API lists it.
type streamLine struct {
	Stream string    `json:"stream"`
	Events int64     `json:"events"`
	LastAt time.Time `json:"last_at"`
}

// Run lists streams.
func (c streamListCommand) Run(ctx context.Context, streams Streams) error {
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if c.Prefix != "" {
		query.Set("prefix", c.Prefix)
	}
	if c.After != "" {
		query.Set("after", c.After)
	}
	var all listed[json.RawMessage]
	if err := c.call(ctx, http.MethodGet, "/streams", query, nil, &all); err != nil {
		return err
	}
	rows := [][]string{{"STREAM", "EVENTS", "LAST"}}
	for _, raw := range all.Items {
		if c.JSON {
			if err := printLine(streams.Out, raw); err != nil {
				return err
			}
			continue
		}
		var line streamLine
		if err := json.Unmarshal(raw, &line); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		rows = append(rows, []string{line.Stream, strconv.FormatInt(line.Events, 10), line.LastAt.UTC().Format(time.DateTime)})
	}
	if !c.JSON {
		if err := printTable(streams.Out, rows...); err != nil {
			return err
		}
	}
	if all.Next != nil {
		_, err := fmt.Fprintf(streams.Err, "there are more: --after %s\n", *all.Next)
		return err
	}
	return nil
}

type streamCatCommand struct {
	server
	Name string `arg:"" help:"The stream's name."`
	From uint64 `placeholder:"REVISION" help:"Begin with this revision."`
}

// recordedEvent is a recorded event, as far as a line of text needs it.
type recordedEvent struct {
	Revision uint64          `json:"revision"`
	Type     string          `json:"type"`
	At       time.Time       `json:"at"`
	Data     json.RawMessage `json:"data"`
}

// Run prints a stream, page by page, to its end.
func (c streamCatCommand) Run(ctx context.Context, streams Streams) error {
	from := c.From
	for {
		query := url.Values{"from": {strconv.FormatUint(from, 10)}, "limit": {"500"}}
		var page listed[json.RawMessage]
		if err := c.call(ctx, http.MethodGet, "/streams/"+url.PathEscape(c.Name), query, nil, &page); err != nil {
			return err
		}
		for _, raw := range page.Items {
			var event recordedEvent
			if err := json.Unmarshal(raw, &event); err != nil {
				return fmt.Errorf("read the server's answer: %w", err)
			}
			from = event.Revision + 1
			if err := c.print(streams, raw, event); err != nil {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
	}
}

func (c streamCatCommand) print(streams Streams, raw json.RawMessage, event recordedEvent) error {
	if c.JSON {
		return printLine(streams.Out, raw)
	}
	if _, err := fmt.Fprintf(streams.Out, "%d  %s  %s\n", event.Revision, event.At.UTC().Format("2006-01-02 15:04:05.000"), plain(event.Type)); err != nil {
		return err
	}
	return printIndented(streams.Out, event.Data)
}
