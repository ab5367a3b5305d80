package cli

import (
	"context"
	"net/http"
	"net/url"

	"daybook/app/sources"
	"daybook/domain/es"
)

type secretCommands struct {
	Add    secretAddCommand    `cmd:"" help:"Add a signing secret."`
	List   secretListCommand   `cmd:"" help:"List the signing secrets, by fingerprint."`
	Revoke secretRevokeCommand `cmd:"" help:"End a signing secret."`
}

type secretAddCommand struct {
	server
	environmentFlag
	Key    string `arg:"" help:"The source's key."`
	Secret string `arg:"" help:"The secret, or - to read it from standard input."`
}

// Run adds a secret.
func (c secretAddCommand) Run(ctx context.Context, streams Streams) error {
	secret, err := readSecret(c.Secret, streams.In)
	if err != nil {
		return err
	}
	var added sources.Secret
	if err := c.call(ctx, http.MethodPost, secretsPath(c.Key), c.query(), map[string]string{"secret": secret}, &added); err != nil {
		return err
	}
	return printLine(streams.Out, added)
}

type secretListCommand struct {
	server
	environmentFlag
	Key string `arg:"" help:"The source's key."`
}

// Run lists secrets.
func (c secretListCommand) Run(ctx context.Context, streams Streams) error {
	all, err := allOf[sources.Secret](ctx, c.server, secretsPath(c.Key), c.query())
	if err != nil {
		return err
	}
	rows := [][]string{{"ID", "FINGERPRINT", "CREATED", "LAST USED", "REVOKED"}}
	for _, secret := range all {
		if c.JSON {
			if err := printLine(streams.Out, secret); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{secret.ID, secret.Fingerprint, secret.CreatedAt.String(), timeOr(secret.LastUsedAt), timeOr(secret.RevokedAt)})
	}
	if c.JSON {
		return nil
	}
	return printTable(streams.Out, rows...)
}

// timeOr is a time, or a dash where there is none.
func timeOr(t es.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.String()
}

type secretRevokeCommand struct {
	server
	environmentFlag
	Key   string `arg:"" help:"The source's key."`
	ID    string `arg:"" help:"The secret's id."`
	Grace string `default:"0s" placeholder:"DURATION" help:"How long it still counts (default 0s)."`
}

// Run ends a secret.
func (c secretRevokeCommand) Run(ctx context.Context) error {
	query := c.query()
	query.Set("grace", c.Grace)
	return c.call(ctx, http.MethodDelete, secretsPath(c.Key)+"/"+url.PathEscape(c.ID), query, nil, nil)
}

func secretsPath(key string) string { return "/sources/" + url.PathEscape(key) + "/secrets" }
