package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"daybook/app/sources"
	"daybook/domain/rule"
	"daybook/domain/template"
)

type sourceCreateCommand struct {
	server
	environmentFlag
	Template string `required:"" placeholder:"TEMPLATE" help:"What it is made from, such as stripe."`
	Key      string `placeholder:"KEY" help:"The source's key (default: the template's)."`
	Secret   string `placeholder:"SECRET" help:"The signing secret, or - to read it from standard input."`
}

// createdSource is what source create prints.
type createdSource struct {
	Key         string         `json:"key"`
	Environment string         `json:"environment"`
	Template    string         `json:"template"`
	IngestURL   string         `json:"ingest_url"`
	Mappings    []rule.Mapping `json:"mappings"`
}

// Run makes a source, and says where its webhooks go.
func (c sourceCreateCommand) Run(ctx context.Context, streams Streams) error {
	tmpl, ok := template.Get(c.Template)
	if !ok {
		return usage("--template %s: there is no such template; see GET /api/v1/templates", c.Template)
	}
	if c.Key == "" {
		c.Key = tmpl.Key
	}
	secret, err := readSecret(c.Secret, streams.In)
	if err != nil {
		return err
	}
	if secret != "" {
		if err := sources.CheckSecret(tmpl.Key, secret); err != nil {
			return err // before anything is made
		}
	}
	path := "/sources/" + url.PathEscape(c.Key)
	var got gotSource
	request := map[string]any{"source": map[string]any{"preconfigured_provider": tmpl.Key}}
	err = c.callIf(ctx, http.MethodPut, path, c.query(), http.Header{"If-None-Match": {"*"}}, request, &got)
	if refused, ok := errors.AsType[*apiError](err); ok && refused.status == http.StatusPreconditionFailed {
		return fmt.Errorf("source %s exists in %s: choose another --key, or change that one", c.Key, c.Env)
	}
	if err != nil {
		return err
	}
	if secret != "" {
		if err := c.call(ctx, http.MethodPost, path+"/secrets", c.query(), map[string]string{"secret": secret}, nil); err != nil {
			return fmt.Errorf("the source was made, its secret was not added: %w", err)
		}
	}
	place := got.Source.EnvironmentSettings[c.Env]
	return printLine(streams.Out, createdSource{
		Key: c.Key, Environment: c.Env, Template: tmpl.Key, IngestURL: place.Settings.Endpoint, Mappings: place.Mappings,
	})
}

// readSecret returns the secret itself, or the first line of in for a dash, so
// that it need not stand on the command line.
func readSecret(text string, in io.Reader) (string, error) {
	if text != "-" {
		return text, nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if line = strings.TrimSpace(line); line == "" {
		return "", usage("the secret was to come from standard input, and nothing came")
	}
	return line, nil
}

type sourceDeleteCommand struct {
	server
	environmentFlag
	Key string `arg:"" help:"The source's key."`
}

// Run takes a source out of an environment.
func (c sourceDeleteCommand) Run(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/sources/"+url.PathEscape(c.Key), c.query(), nil, nil)
}

type sourceRotateCommand struct {
	server
	environmentFlag
	Key   string `arg:"" help:"The source's key."`
	Grace string `default:"24h" placeholder:"DURATION" help:"How long the old URL works (default 24h)."`
}

// Run gives a source a new ingest URL, and prints it.
func (c sourceRotateCommand) Run(ctx context.Context, streams Streams) error {
	var rotated json.RawMessage
	path := "/sources/" + url.PathEscape(c.Key) + "/rotate"
	if err := c.call(ctx, http.MethodPost, path, c.query(), map[string]string{"grace": c.Grace}, &rotated); err != nil {
		return err
	}
	return printLine(streams.Out, rotated)
}
