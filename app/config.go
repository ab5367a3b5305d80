package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is what a Daybook is started with. Every field is needed but those
// that say what their zero value means.
type Config struct {
	// Addr is where to listen, host:port; port 0 picks one.
	Addr string
	// Data is the directory of the log, the read models and the keys, made if
	// it is absent.
	Data string
	// Store is [DefaultStore]: connection strings of a cluster are refused by
	// this version.
	Store string
	// PublicURL is what ingest URLs begin with. Empty: http:// and the address.
	PublicURL string
	// TrustedProxies are those whose X-Forwarded-For is believed. Nil: nobody's.
	TrustedProxies []netip.Prefix
	// MaxBody is the largest webhook that is taken, in bytes; lowered to what
	// the store can append.
	MaxBody int64
	// AdminToken lets programs and people in, MasterKey is the base64 of 32
	// bytes. Empty: kept in a file of Data, made at the first start.
	AdminToken string
	MasterKey  string
	// ReusableLogIn makes the log-in links good any number of times.
	ReusableLogIn bool

	Version string
	Logger  *slog.Logger
	Now     func() time.Time
}

// Defaults of [Config], as the command line names them.
const (
	DefaultAddr    = "127.0.0.1:8080"
	DefaultData    = "./data"
	DefaultStore   = "embedded"
	DefaultMaxBody = 1 << 20 // bytes
)

// The files of the data directory that hold what was not given.
const (
	AdminTokenFile = "admin.token"
	MasterKeyFile  = "master.key"
)

// minMaxBody is the least that a webhook needs, in bytes.
const minMaxBody = 1 << 10

// shortToken is the length below which an admin token can be guessed, in
// characters.
const shortToken = 16

// Validate says what of the configuration cannot be, in the words of the
// command line.
func (c *Config) Validate() error {
	if c.Store != DefaultStore {
		return fmt.Errorf("--store %s: this version has the embedded store only; leave --store out, and DAYBOOK_STORE", scheme(c.Store))
	}
	if c.MaxBody < minMaxBody {
		return fmt.Errorf("--max-body %d: a webhook needs 1KiB at least", c.MaxBody)
	}
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" {
		return fmt.Errorf("--addr %s: write it as host:port, such as %s", c.Addr, DefaultAddr)
	}
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("--public-url: write it as https://host, without a password, a query or a fragment")
	}
	return nil
}

// scheme is what may be shown of a connection string: it can hold a password.
func scheme(store string) string {
	name, _, isURL := strings.Cut(store, "://")
	if isURL {
		name += "://…"
	}
	return name
}

// secure reports whether browsers come over https.
func (c *Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// warnings are what an operator should know, and may want all the same.
func (c *Config) warnings() []string {
	var warnings []string
	host, _, _ := net.SplitHostPort(c.Addr) // validated
	addr, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && addr.Unmap().IsLoopback()
	if !loopback && !c.secure() {
		warnings = append(warnings, "listening beyond this machine without an https --public-url: tokens and webhooks cross the network in the clear")
	}
	if c.AdminToken != "" && len(c.AdminToken) < shortToken {
		warnings = append(warnings, fmt.Sprintf("DAYBOOK_ADMIN_TOKEN has fewer than %d characters and can be guessed: make one with openssl rand -hex 20", shortToken))
	}
	return warnings
}
