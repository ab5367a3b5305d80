package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"daybook/app"
	"daybook/app/destination/egress"
)

// running are the flags of the commands that run a Daybook. A variable that is
// empty counts as one that is not set.
type running struct {
	Addr           string   `env:"DAYBOOK_ADDR" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks one (serve: ${addr}, demo: a free port)."`
	Data           string   `env:"DAYBOOK_DATA" placeholder:"DIR" help:"The log, the read models and the keys (serve: ${data}, demo: a temporary directory)."`
	Store          string   `env:"DAYBOOK_STORE" placeholder:"STORE" help:"The event store: embedded (default), or esdb://…, esdb+discover://…, kurrentdb://…"`
	Config         string   `env:"DAYBOOK_CONFIG" placeholder:"FILE" help:"Sources that are applied at the start, as by source apply --yes (default: none)."`
	EsdbAddr       string   `env:"DAYBOOK_ESDB_ADDR" placeholder:"HOST:PORT" help:"Where the embedded log can be read over the EventStoreDB protocol (default: nowhere)."`
	EsdbTLSCert    string   `name:"esdb-tls-cert" env:"DAYBOOK_ESDB_TLS_CERT" placeholder:"FILE" help:"The certificate for it, beyond this machine together with a key and DAYBOOK_ESDB_PASSWORD."`
	EsdbTLSKey     string   `name:"esdb-tls-key" env:"DAYBOOK_ESDB_TLS_KEY" placeholder:"FILE" help:"The key of that certificate."`
	PublicURL      string   `name:"public-url" env:"DAYBOOK_PUBLIC_URL" placeholder:"URL" help:"What ingest URLs begin with (default: from the address)."`
	TrustedProxies []string `env:"DAYBOOK_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed."`
	AllowPrivate   []string `env:"DAYBOOK_ALLOW_PRIVATE" placeholder:"HOST|CIDR" help:"Private hosts or networks that actions may reach, without TLS too (default: none)."`
	MaxBody        string   `env:"DAYBOOK_MAX_BODY" placeholder:"SIZE" help:"The largest webhook that is taken (default 1MiB)."`
	LogFormat      string   `env:"DAYBOOK_LOG_FORMAT" enum:",text,json" default:"" placeholder:"FORMAT" help:"text or json (default: text on a terminal, else json)."`
	LogLevel       string   `env:"DAYBOOK_LOG_LEVEL" enum:",debug,info,warn,error" default:"" placeholder:"LEVEL" help:"debug, info, warn or error (default info)."`
	Lease          string   `env:"DAYBOOK_LEASE" hidden:""` // for tests
}

// The variables that have no flag: what stands on a command line can be seen
// by everybody on the machine.
const (
	adminTokenVariable   = "DAYBOOK_ADMIN_TOKEN"
	masterKeyVariable    = "DAYBOOK_MASTER_KEY"
	esdbPasswordVariable = "DAYBOOK_ESDB_PASSWORD" //nolint:gosec // the name of the variable, not the password
)

// config makes the configuration of an App.
func (r running) config(version buildVersion, streams Streams) (app.Config, error) {
	maxBody, err := parseSize(cmp.Or(r.MaxBody, "1MiB"))
	if err != nil {
		return app.Config{}, usage("--max-body: %s", err)
	}
	proxies, err := parsePrefixes(r.TrustedProxies)
	if err != nil {
		return app.Config{}, err
	}
	allowed, err := egress.ParseAllowed(r.AllowPrivate)
	if err != nil {
		return app.Config{}, usage("--allow-private: %s", err)
	}
	lease, err := parseLease(r.Lease)
	if err != nil {
		return app.Config{}, err
	}
	config := app.Config{
		Addr:           r.Addr,
		Data:           r.Data,
		Store:          cmp.Or(r.Store, app.DefaultStore),
		File:           r.Config,
		EsdbAddr:       r.EsdbAddr,
		EsdbCertFile:   r.EsdbTLSCert,
		EsdbKeyFile:    r.EsdbTLSKey,
		EsdbPassword:   os.Getenv(esdbPasswordVariable),
		PublicURL:      r.PublicURL,
		TrustedProxies: proxies,
		AllowPrivate:   allowed,
		MaxBody:        maxBody,
		AdminToken:     os.Getenv(adminTokenVariable),
		MasterKey:      os.Getenv(masterKeyVariable),
		Lease:          lease,
		Version:        string(version),
		Logger:         r.logger(streams.Err),
		Now:            time.Now,
	}
	if err := config.Validate(); err != nil {
		return app.Config{}, usage("%s", err)
	}
	return config, nil
}

func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usage("--trusted-proxies: %q is not a CIDR such as 10.0.0.0/8", text)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// parseLease reads a time such as 30s; none is 0.
func parseLease(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	lease, err := time.ParseDuration(text)
	if err != nil || lease <= 0 {
		return 0, usage("--lease: %q is not a time such as 30s", text)
	}
	return lease, nil
}

// stopped reports whether a start ended because it was told to: that is no
// failure.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// logger writes JSON for machines, and text for people and who asks for it.
func (r running) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: map[string]slog.Level{
		"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[r.LogLevel]} // else info
	if r.LogFormat == "json" || r.LogFormat == "" && !isTerminal(w) {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// parseSize reads a number of bytes: 65536, 512KiB, 1MiB.
func parseSize(text string) (int64, error) {
	number, unit := text, int64(1)
	for suffix, size := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20} {
		if cut, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = cut, size
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32) // no overflow with any unit
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not a size such as 65536, 512KiB or 1MiB", text)
	}
	return n * unit, nil
}
