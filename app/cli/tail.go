package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type tailCommand struct {
	server
	filters
	After string `placeholder:"POSITION" help:"Begin after this position (default: now)."`
}

// maxFrame is the largest server-sent event that is read, in bytes.
const maxFrame = 8 << 20

// Run follows the log until it is interrupted. If the connection is lost it is
// made again, and nothing is missed in between.
func (c tailCommand) Run(ctx context.Context, streams Streams) error {
	position, once := c.After, false
	for wait := time.Second; ; wait = min(2*wait, 15*time.Second) {
		err := c.follow(ctx, streams.Out, &position, func() { once, wait = true, time.Second })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be interrupted is how a tail ends
		}
		var refused *apiError
		if !once || errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
			return err // it would be the same the next time
		}
		if _, err := fmt.Fprintln(streams.Err, "the connection was lost, trying again"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

func (c tailCommand) follow(ctx context.Context, out io.Writer, position *string, connected func()) error {
	query := c.query()
	header := http.Header{"Accept": {"text/event-stream"}}
	if *position != "" {
		query.Set("after", *position)
	}
	response, err := c.open(ctx, http.MethodGet, "/tail", query, nil, header)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	connected()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxFrame)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			*position = id
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
			if err := c.print(out, json.RawMessage(data)); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (c tailCommand) print(out io.Writer, raw json.RawMessage) error {
	if c.JSON {
		return printLine(out, raw)
	}
	i, err := readItem(raw)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s  %-10s  %-32s  %-20s  %s\n",
		i.ReceivedAt.UTC().Format("15:04:05.000"), i.Status, plain(or(i.EventType)), plain(or(i.ObjectID)), plain(i.what()))
	return err
}
