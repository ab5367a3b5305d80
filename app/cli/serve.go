package cli

import (
	"cmp"
	"context"
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
)

// running are the flags of the commands that run a Daybook.
type running struct {
	Addr           string   `env:"DAYBOOK_ADDR" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks one (serve: 127.0.0.1:8080, demo: a free port)."`
	Data           string   `env:"DAYBOOK_DATA" placeholder:"DIR" help:"The log, the read models and the keys (serve: ./data, demo: a temporary directory)."`
	Store          string   `env:"DAYBOOK_STORE" placeholder:"STORE" help:"The event store (default embedded)."`
	PublicURL      string   `name:"public-url" env:"DAYBOOK_PUBLIC_URL" placeholder:"URL" help:"What ingest URLs begin with (default: from the address)."`
	TrustedProxies []string `env:"DAYBOOK_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed."`
	MaxBody        string   `env:"DAYBOOK_MAX_BODY" placeholder:"SIZE" help:"The largest webhook that is taken (default 1MiB)."`
	AdminToken     string   `env:"DAYBOOK_ADMIN_TOKEN" hidden:""`
	MasterKey      string   `env:"DAYBOOK_MASTER_KEY" hidden:""`
	LogFormat      string   `env:"DAYBOOK_LOG_FORMAT" enum:",text,json" default:"" placeholder:"FORMAT" help:"text or json (default: text on a terminal, else json)."`
	LogLevel       string   `env:"DAYBOOK_LOG_LEVEL" enum:",debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default info)."`
}

// config makes the configuration of an App.
func (r running) config(version buildVersion, streams Streams) (app.Config, error) {
	// A variable that is empty counts as one that is not there.
	maxBody, err := parseSize(cmp.Or(r.MaxBody, "1MiB"))
	if err != nil {
		return app.Config{}, usage("--max-body: %s", err)
	}
	var proxies []netip.Prefix
	for _, text := range r.TrustedProxies {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return app.Config{}, usage("--trusted-proxies: %q is not a CIDR such as 10.0.0.0/8", text)
		}
		proxies = append(proxies, prefix)
	}
	return app.Config{
		Addr:           r.Addr,
		Data:           r.Data,
		Store:          cmp.Or(r.Store, app.DefaultStore),
		PublicURL:      r.PublicURL,
		TrustedProxies: proxies,
		MaxBody:        maxBody,
		AdminToken:     r.AdminToken,
		MasterKey:      r.MasterKey,
		Version:        string(version),
		Logger:         r.logger(streams.Err),
		Now:            time.Now,
	}, nil
}

func (r running) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(r.LogLevel)); err != nil {
		level = slog.LevelInfo // kong has let through known levels, and none
	}
	options := &slog.HandlerOptions{Level: level}
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
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not a size such as 65536, 512KiB or 1MiB", text)
	}
	return n * unit, nil
}

type serveCommand struct {
	running
}

// Run takes webhooks until it is interrupted.
func (c serveCommand) Run(ctx context.Context, streams Streams, version buildVersion) error {
	if c.Addr == "" {
		c.Addr = app.DefaultAddr
	}
	if c.Data == "" {
		c.Data = app.DefaultData
	}
	config, err := c.config(version, streams)
	if err != nil {
		return err
	}
	daybook, err := app.New(ctx, config)
	if err != nil {
		return err
	}
	return daybook.Run(ctx, func() {
		config.Logger.Info("listening", "addr", daybook.Addr())
		if isTerminal(streams.Out) {
			_, _ = fmt.Fprintf(streams.Out, "Log in (once, within 10 minutes): %s\n", daybook.LogInURL())
		}
	})
}
