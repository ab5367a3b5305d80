package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"daybook/app/sources"
)

type sourceHistoryCommand struct {
	server
	Key     string `arg:"" help:"The source's key."`
	Env     string `placeholder:"ENV" help:"Only changes in this environment, and of the source itself."`
	Mapping string `placeholder:"KEY" help:"Only changes of this mapping."`
	Limit   int    `default:"50" placeholder:"N" help:"At most so many (default 50)."`
}

// Run lists changes of a source.
func (c sourceHistoryCommand) Run(ctx context.Context, streams Streams) error {
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for name, value := range map[string]string{"environment": c.Env, "mapping": c.Mapping} {
		if value != "" {
			query.Set(name, value)
		}
	}
	var page listed[json.RawMessage]
	if err := c.call(ctx, http.MethodGet, "/sources/"+url.PathEscape(c.Key)+"/history", query, nil, &page); err != nil {
		return err
	}
	rows := [][]string{{"REVISION", "AT", "BY", "ENVIRONMENT", "CHANGE"}}
	for _, raw := range page.Items {
		if c.JSON {
			if err := printLine(streams.Out, raw); err != nil {
				return err
			}
			continue
		}
		var change sources.Change
		if err := json.Unmarshal(raw, &change); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		rows = append(rows, []string{
			strconv.FormatUint(uint64(change.Revision), 10), change.At.String(), or(&change.Actor), or(change.Environment), change.Summary,
		})
	}
	if c.JSON {
		return nil
	}
	return printTable(streams.Out, rows...)
}
