package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"daybook/app/trigger"
	"daybook/domain/signature"
	"daybook/domain/template"
)

type triggerCommand struct {
	server
	environmentFlag
	Type     string   `arg:"" help:"The event type, such as invoice.paid."`
	Source   string   `default:"stripe" placeholder:"KEY" help:"The source (default stripe)."`
	Override []string `placeholder:"PATH=VALUE" sep:"none" help:"Set a field, such as data.object.amount_due=9900; JSON, or else text."`
	Count    int      `default:"1" placeholder:"N" help:"How many (default 1)."`
	URL      string   `placeholder:"URL" help:"Send to this ingest URL, without asking a server."`
	Secret   string   `placeholder:"SECRET" help:"Sign with this secret, or - to read it from standard input; with --url."`
	Template string   `default:"stripe" placeholder:"TEMPLATE" help:"Whose webhooks to make; with --url (default stripe)."`
}

// Run sends samples, and prints the answers.
func (c triggerCommand) Run(ctx context.Context, streams Streams) error {
	overrides, err := parseOverrides(c.Override)
	if err != nil {
		return err
	}
	sample := trigger.Sample{Type: c.Type, Overrides: overrides, Count: c.Count}
	sent, err := c.send(ctx, streams, sample)
	if err != nil {
		return err
	}
	for _, one := range sent {
		if err := printLine(streams.Out, one); err != nil {
			return err
		}
	}
	return nil
}

func (c triggerCommand) send(ctx context.Context, streams Streams, sample trigger.Sample) ([]trigger.Sent, error) {
	if c.URL == "" {
		if c.Secret != "" {
			return nil, usage("--secret is for --url: the server knows its own")
		}
		var answer struct {
			Items []trigger.Sent `json:"items"`
		}
		err := c.call(ctx, http.MethodPost, "/sources/"+url.PathEscape(c.Source)+"/trigger", c.query(), sample, &answer)
		return answer.Items, err
	}
	tmpl, ok := template.Get(c.Template)
	if !ok {
		return nil, usage("--template %s: there is no such template", c.Template)
	}
	sender := trigger.Sender{Client: &http.Client{Timeout: 30 * time.Second}, URL: c.URL, Template: tmpl, Now: time.Now}
	if c.Secret != "" {
		text, err := readSecret(c.Secret, streams.In)
		if err != nil {
			return nil, err
		}
		if sender.Secret, err = signature.NewSecret(text); err != nil {
			return nil, err
		}
	}
	return sender.Send(ctx, sample)
}

// parseOverrides reads path=value pairs.
func parseOverrides(pairs []string) (map[string]any, error) {
	overrides := map[string]any{}
	for _, pair := range pairs {
		path, text, ok := strings.Cut(pair, "=")
		if !ok || path == "" {
			return nil, usage("--override %s: write it as path=value", pair)
		}
		if json.Valid([]byte(text)) {
			overrides[path] = json.RawMessage(text)
		} else {
			overrides[path] = text
		}
	}
	return overrides, nil
}
