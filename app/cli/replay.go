package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

type replayCommand struct {
	server
	ID    string `arg:"" help:"The id of a webhook."`
	Rules string `default:"current" enum:"current,as_received" help:"The rules to replay under: current, or as_received (default current)."`
}

// replayed is the answer to a replay, as far as lines of text need it.
type replayed struct {
	Difference struct {
		Added     []json.RawMessage `json:"added"`
		Dropped   []json.RawMessage `json:"dropped"`
		Changed   []json.RawMessage `json:"changed"`
		Unchanged int               `json:"unchanged"`
	} `json:"difference"`
}

// Run says what the rules would do with a webhook.
func (c replayCommand) Run(ctx context.Context, streams Streams) error {
	var answer json.RawMessage
	request := map[string]string{"mode": "dry", "rules": c.Rules}
	if err := c.call(ctx, http.MethodPost, "/events/"+url.PathEscape(c.ID)+"/replay", nil, request, &answer); err != nil {
		return err
	}
	if c.JSON {
		return printLine(streams.Out, answer)
	}
	var r replayed
	if err := json.Unmarshal(answer, &r); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if err := printIndented(streams.Out, answer); err != nil {
		return err
	}
	_, err := fmt.Fprintf(streams.Err, "dry, nothing was sent: %d added, %d dropped, %d changed, %d unchanged\n",
		len(r.Difference.Added), len(r.Difference.Dropped), len(r.Difference.Changed), r.Difference.Unchanged)
	return err
}
