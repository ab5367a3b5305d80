package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is what a Daybook is started with. The zero value of a field means
// its default where one is named.
type Config struct {
	// Addr is where to listen, host:port; port 0 picks one.
	Addr string
	// Data is the directory of the log, the read models and the keys.
	Data string
	// Store is "embedded"; connection strings of a cluster are refused by this
	// version.
	Store string
	// PublicURL is what ingest URLs begin with; empty: http:// and the address.
	PublicURL string
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// MaxBody is the largest webhook that is taken, in bytes; lowered to what
	// the store can append.
	MaxBody int64
	// AdminToken and MasterKey are kept in files of Data where they are empty.
	AdminToken string
	MasterKey  string
	// ReusableLogIn makes the printed log-in link good any number of times.
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
	DefaultMaxBody = 1 << 20
)

// validate fills in what is absent, and says what cannot be.
func (c *Config) validate() error {
	if c.Logger == nil || c.Now == nil {
		return errors.New("a logger and a clock are needed")
	}
	if c.Store != DefaultStore {
		return fmt.Errorf("--store %s: this version has the embedded store only; leave --store out", scheme(c.Store))
	}
	if c.MaxBody < 1<<10 {
		return fmt.Errorf("--max-body %d: a webhook needs 1KiB at least", c.MaxBody)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("--addr %s: write it as host:port, such as %s", c.Addr, DefaultAddr)
	}
	if c.AdminToken != "" && len(c.AdminToken) < minAdminToken {
		return fmt.Errorf("DAYBOOK_ADMIN_TOKEN has %d characters: %d at least are needed", len(c.AdminToken), minAdminToken)
	}
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("--public-url %s: write it as https://host", c.PublicURL)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

// minAdminToken is the shortest admin token that cannot be guessed, in
// characters.
const minAdminToken = 16

// scheme is what may be shown of a connection string: it can hold a password.
func scheme(store string) string {
	name, _, _ := strings.Cut(store, "://")
	return name
}

// secure reports whether browsers come over https.
func (c *Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// warnings are what an operator should know and may want.
func (c *Config) warnings() []string {
	host, _, _ := net.SplitHostPort(c.Addr) // validated
	addr, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && addr.IsLoopback()
	if !loopback && !c.secure() {
		return []string{"listening beyond this machine without an https --public-url: tokens and webhooks cross the network in the clear"}
	}
	return nil
}
