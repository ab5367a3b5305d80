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
		"":             func(*Config) {},
		"https":        func(c *Config) { c.PublicURL = "https://hooks.example.com/" },
		"everywhere":   func(c *Config) { c.Addr = ":8080" },
		"--addr":       func(c *Config) { c.Addr = "127.0.0.1" },
		"host:port":    func(c *Config) { c.Addr = "127.0.0.1:" },
		"--max-body":   func(c *Config) { c.MaxBody = 1023 },
		"--store":      func(c *Config) { c.Store = "esdb://admin:canary@example.com:2113" },
		"--public-url": func(c *Config) { c.PublicURL = "ftp://example.com" },
		"https://host": func(c *Config) { c.PublicURL = "hooks.example.com" },
		"a query":      func(c *Config) { c.PublicURL = "https://example.com?q" },
		"a password":   func(c *Config) { c.PublicURL = "https://admin:canary@example.com" },
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

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr, publicURL, token string
		want                   string
	}{
		{"127.0.0.1:8080", "", "", ""},
		{"localhost:8080", "", "", ""},
		{"[::1]:8080", "", "", ""},
		{"0.0.0.0:8080", "https://hooks.example.com", "", ""},
		{"0.0.0.0:8080", "", "", "https --public-url"},
		{":8080", "http://hooks.example.com", "", "https --public-url"},
		{"192.0.2.7:8080", "", "", "https --public-url"},
		{"127.0.0.1:8080", "", "short", "openssl rand"},
		{"127.0.0.1:8080", "", "long-enough-to-be-a-token", ""},
	} {
		config := Config{Addr: c.addr, PublicURL: c.publicURL, AdminToken: c.token}
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
