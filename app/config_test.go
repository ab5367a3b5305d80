package app

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func valid(t *testing.T) Config {
	t.Helper()
	return Config{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Store: DefaultStore, MaxBody: DefaultMaxBody,
		AdminToken: "an-admin-token-for-tests", MasterKey: base64.StdEncoding.EncodeToString(make([]byte, 32)),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"":           func(*Config) {},
		"https":      func(c *Config) { c.PublicURL = "https://hooks.example.com/" },
		"everywhere": func(c *Config) { c.Addr = ":8080" },
		"--addr":     func(c *Config) { c.Addr = "127.0.0.1" },
		"host:port":  func(c *Config) { c.Addr = "127.0.0.1:" },
		"--max-body": func(c *Config) { c.MaxBody = 1023 },
		"--store":    func(c *Config) { c.Store = "postgres://admin:canary@example.com:2113" },
		"esdb://":    func(c *Config) { c.Store = "somewhere" },

		"DAYBOOK_ADMIN_TOKEN": func(c *Config) { c.Store, c.AdminToken = "esdb://admin:canary@example.com:2113", "" },
		"DAYBOOK_MASTER_KEY":  func(c *Config) { c.Store, c.MasterKey = "kurrentdb://admin:canary@example.com:2113", "" },
		"a lease":             func(c *Config) { c.Lease = -1 },
		"--public-url":        func(c *Config) { c.PublicURL = "ftp://example.com" },
		"https://host":        func(c *Config) { c.PublicURL = "hooks.example.com" },
		"a query":             func(c *Config) { c.PublicURL = "https://example.com?q" },
		"a password":          func(c *Config) { c.PublicURL = "https://admin:canary@example.com" },
	} {
		c := valid(t)
		change(&c)
		err := c.Validate()
		if name == "" || name == "https" || name == "everywhere" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStores(t *testing.T) {
	t.Parallel()
	for store, want := range map[string][2]string{
		DefaultStore:                                {"embedded", "/data"},
		"esdb://example.com:2113?tls=true":          {"EventStoreDB", "esdb://example.com:2113"},
		"esdb+discover://admin:canary@a:1,b:2?x=y":  {"EventStoreDB", "esdb+discover://admin:…@a:1,b:2"},
		"kurrentdb://admin:canary@example.com":      {"EventStoreDB", "kurrentdb://admin:…@example.com"},
		"kurrentdb+discover://example.com?p=canary": {"EventStoreDB", "kurrentdb+discover://example.com"},
	} {
		c := valid(t)
		c.Store, c.Data = store, "/data"
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", store, err)
		}
		if got := [2]string{c.storeName(), c.storePlace()}; got != want {
			t.Errorf("%s: shown as %q, want %q", store, got, want)
		}
	}
}

func TestWhoMayReadTheLogOverTheProtocol(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr, cert, key, password string
		change                    func(*Config)
		want                      string // of the refusal; empty: it may be
	}{
		{addr: ""},
		{addr: "127.0.0.1:2113"},
		{addr: "[::1]:2113"},
		{addr: "localhost:0"},
		{addr: "127.0.0.1:2113", cert: "c", key: "k"},
		{addr: "127.0.0.1:2113", cert: "c", key: "k", password: "canary"},
		{addr: ":2113", cert: "c", key: "k", password: "canary"},
		{addr: "0.0.0.0:2113", cert: "c", key: "k", password: "canary"},
		{addr: ":2113", want: "use a loopback address"},
		{addr: "0.0.0.0:2113", want: "use a loopback address"},
		{addr: "example.com:2113", want: "use a loopback address"},
		{addr: "192.0.2.7:2113", cert: "c", key: "k", want: "DAYBOOK_ESDB_PASSWORD"},
		{addr: "192.0.2.7:2113", password: "canary", want: "DAYBOOK_ESDB_TLS_CERT"},
		{addr: "127.0.0.1:2113", password: "canary", want: "without TLS"},
		{addr: "127.0.0.1:2113", cert: "c", want: "both"},
		{addr: "127.0.0.1:2113", key: "k", want: "both"},
		{addr: "127.0.0.1", want: "host:port"},
		{addr: "127.0.0.1:", want: "host:port"},
		{
			addr: "127.0.0.1:2113", want: "embedded log",
			change: func(c *Config) { c.Store = "esdb://admin:canary@example.com:2113" },
		},
	} {
		config := valid(t)
		config.EsdbAddr, config.EsdbCertFile, config.EsdbKeyFile, config.EsdbPassword = c.addr, c.cert, c.key, c.password
		if c.change != nil {
			c.change(&config)
		}
		err := config.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr, publicURL, token, password string
		want                             string
	}{
		{"127.0.0.1:8080", "", "", "", ""},
		{"localhost:8080", "", "", "", ""},
		{"[::1]:8080", "", "", "", ""},
		{"0.0.0.0:8080", "https://hooks.example.com", "", "", ""},
		{"0.0.0.0:8080", "", "", "", "https --public-url"},
		{":8080", "http://hooks.example.com", "", "", "https --public-url"},
		{"192.0.2.7:8080", "", "", "", "https --public-url"},
		{"127.0.0.1:8080", "", "short", "", "openssl rand"},
		{"127.0.0.1:8080", "", "long-enough-to-be-a-token", "", ""},
		{"127.0.0.1:8080", "", "", "short", "DAYBOOK_ESDB_PASSWORD"},
		{"127.0.0.1:8080", "", "", "long-enough-a-password", ""},
	} {
		config := Config{Addr: c.addr, PublicURL: c.publicURL, AdminToken: c.token, EsdbPassword: c.password}
		got := strings.Join(config.warnings(), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestLocalURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:8080":   "http://127.0.0.1:8080",
		"[::]:8080":      "http://127.0.0.1:8080",
		":8080":          "http://127.0.0.1:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"localhost:8080": "http://localhost:8080",
		"192.0.2.7:80":   "http://192.0.2.7:80",
	} {
		if got := LocalURL(addr); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

func TestBrowsersComeToAnHTTPSPublicURL(t *testing.T) {
	t.Parallel()
	for publicURL, want := range map[string]string{
		"https://hooks.example.com/": "https://hooks.example.com/login?code=",
		"http://hooks.example.com":   "http://127.0.0.1:",
		"":                           "http://127.0.0.1:",
	} {
		c := valid(t)
		c.PublicURL = publicURL
		a, err := New(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.LogInURL(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s", publicURL, got)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A part that fails ends the App, and says why.
func TestRunEndsWithAPartThatFails(t *testing.T) {
	t.Parallel()
	a, err := New(t.Context(), valid(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	err = a.Run(ctx, func() {
		if err := a.listener.Close(); err != nil {
			t.Error(err)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "serve: ") || ctx.Err() != nil {
		t.Errorf("it ended with %v, %v", err, ctx.Err())
	}
}
