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

	"daybook/app/destination/egress"
)

// Config is what a Daybook is started with. Every field is needed but those
// that say what their zero value means.
type Config struct {
	// Addr is where to listen, host:port; port 0 picks one.
	Addr string
	// Data is the directory of the log, the read models and the keys, made if
	// it is absent.
	Data string
	// Store is [DefaultStore], or the connection string of an EventStoreDB or
	// KurrentDB, which several instances may share; Data is for the read models
	// of this one only then.
	Store string
	// EsdbAddr is where the embedded log speaks the EventStoreDB protocol, to
	// be read, host:port. Empty: nowhere.
	EsdbAddr string
	// EsdbCertFile and EsdbKeyFile are PEM files for TLS at EsdbAddr, and
	// EsdbPassword is what clients must present for the user [EsdbUser]. All
	// three are needed beyond this machine.
	EsdbCertFile string
	EsdbKeyFile  string
	EsdbPassword string
	// PublicURL is what ingest URLs begin with. Empty: http:// and the address.
	PublicURL string
	// TrustedProxies are those whose X-Forwarded-For is believed. Nil: nobody's.
	TrustedProxies []netip.Prefix
	// AllowPrivate are the hosts and networks that actions may reach although
	// they are private, and without TLS. The zero value: none.
	AllowPrivate egress.Allowed
	// MaxBody is the largest webhook that is taken, in bytes; lowered to what
	// the store can append.
	MaxBody int64
	// AdminToken lets programs and people in, MasterKey is the base64 of 32
	// bytes. Empty: kept in a file of Data, made at the first start; with a
	// store that others share both must be given.
	AdminToken string
	MasterKey  string
	// File declares sources, which are made what it says before any webhook is
	// taken. Empty: none.
	File string
	// ReusableLogIn makes the log-in links good any number of times.
	ReusableLogIn bool
	// Lease is how long the work that an instance has claimed is left to it by
	// the others; a third of it is how long nothing moves before they look after
	// a webhook. 0: 30 s.
	Lease time.Duration

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
	if err := errors.Join(c.validateStore(), c.validateEsdb()); err != nil {
		return err
	}
	if c.Lease < 0 {
		return fmt.Errorf("a lease of %s: give a time from now on", c.Lease)
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

// secure reports whether browsers come over https.
func (c *Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// warnings are what an operator should know, and may want all the same.
func (c *Config) warnings() []string {
	var warnings []string
	if !isLoopback(c.Addr) && !c.secure() {
		warnings = append(warnings, "listening beyond this machine without an https --public-url: tokens and webhooks cross the network in the clear")
	}
	if c.AdminToken != "" && len(c.AdminToken) < shortToken {
		warnings = append(warnings, fmt.Sprintf("DAYBOOK_ADMIN_TOKEN has fewer than %d characters and can be guessed: make one with openssl rand -hex 20", shortToken))
	}
	if c.EsdbPassword != "" && len(c.EsdbPassword) < shortToken {
		warnings = append(warnings, fmt.Sprintf("DAYBOOK_ESDB_PASSWORD has fewer than %d characters and can be guessed: make one with openssl rand -hex 20", shortToken))
	}
	return warnings
}

// isLoopback reports whether an address, host:port, is reached from this
// machine only.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
