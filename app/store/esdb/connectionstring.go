package esdb

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// settings are those of a connection string that the client knows.
func settings() []string {
	return []string{
		"tls", "tlsverifycert", "tlscafile", "usercertfile", "userkeyfile", "nodepreference",
		"maxdiscoverattempts", "discoveryinterval", "gossiptimeout",
		"keepaliveinterval", "keepalivetimeout", "defaultdeadline",
	}
}

// IsConnectionString reports whether s names a server rather than anything else
// that could be a store.
func IsConnectionString(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	_, known := schemes()[strings.ToLower(scheme)]
	return ok && known
}

// schemes are those that are understood, and what the client calls them.
func schemes() map[string]string {
	return map[string]string{
		"esdb":               "esdb",
		"esdb+discover":      "esdb+discover",
		"kurrentdb":          "esdb",
		"kurrentdb+discover": "esdb+discover",
	}
}

// Redacted returns a connection string without its password, for logs and for
// pages. Of one that cannot be understood it shows rather too little.
func Redacted(connectionString string) string {
	scheme, rest, ok := strings.Cut(connectionString, "://")
	if !ok || strings.ContainsAny(scheme, ":@") {
		return "(not a connection string)"
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return connectionString
	}
	user, _, hasPassword := strings.Cut(rest[:at], ":")
	if hasPassword {
		user += ":…"
	}
	return scheme + "://" + user + rest[at:]
}

// parse reads a connection string.
func parse(connectionString string, logger *slog.Logger) (esdb.Configuration, error) {
	scheme, rest, ok := strings.Cut(connectionString, "://")
	own, known := schemes()[strings.ToLower(scheme)]
	if !ok || !known {
		return esdb.Configuration{}, errors.New("it must begin with esdb://, esdb+discover://, kurrentdb:// or kurrentdb+discover://")
	}
	if strings.Contains(rest, "@") && !strings.Contains(authority(rest), "@") {
		return esdb.Configuration{}, errUnreadableUser
	}
	rest, ignored := withoutUnknown(rest)
	for _, key := range ignored {
		logger.Warn("a setting of the connection string is not known and has no effect", "setting", key)
	}
	c, err := esdb.ParseConnectionString(own + "://" + rest)
	if err != nil {
		return esdb.Configuration{}, understand(own, rest, err)
	}
	if err := check(c); err != nil {
		return esdb.Configuration{}, err
	}
	// One attempt to find a node, then the client is thrown away: to try again,
	// with ever longer waits, is the business of connections.
	c.MaxDiscoverAttempts, c.DiscoveryInterval = 1, 0
	return *c, nil
}

// authority is the part of a connection string that holds user and hosts.
func authority(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// withoutUnknown drops the settings that the client does not know: it would
// print them on the standard error, whatever its logger is.
func withoutUnknown(rest string) (kept string, dropped []string) {
	head, query, ok := strings.Cut(rest, "?")
	if !ok {
		return rest, nil
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if slices.Contains(settings(), strings.ToLower(key)) {
			pairs = append(pairs, pair)
		} else if key != "" {
			dropped = append(dropped, key)
		}
	}
	return head + "?" + strings.Join(pairs, "&"), dropped
}

// understand returns why a connection string is wrong, without its password:
// the client and net/url quote what they cannot read, which may be a part of it.
func understand(scheme, rest string, err error) error {
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return err
	}
	if _, err := esdb.ParseConnectionString(scheme + "://user:password" + rest[at:]); err != nil {
		return err
	}
	return errUnreadableUser
}

var errUnreadableUser = errors.New("its user or password cannot be read: " +
	"write every character that is not a letter or a digit as % and two hexadecimal digits (/ is %2F, @ is %40)")

func check(c *esdb.Configuration) error {
	switch {
	case c.DisableTLS && (c.Username != "" || c.Password != ""):
		return errors.New("it has a password and tls=false: over plain text the client would leave the password out without a word; " +
			"use tls=true, or take user and password away if the server runs with --insecure")
	case (c.Username == "") != (c.Password == ""):
		return errors.New("a user needs a password: user:password@host")
	case c.DisableTLS && c.UserCertFile != "":
		return errors.New("it has a certificate and tls=false: over plain text the certificate would not be used")
	case c.DefaultDeadline != nil && *c.DefaultDeadline <= 0:
		return errors.New("defaultDeadline must be a positive number of milliseconds")
	case c.GossipTimeout <= 0:
		return errors.New("gossipTimeout must be a positive number of seconds")
	}
	if err := c.Validate(); err != nil {
		return fmt.Errorf("it is incomplete: %w", err)
	}
	return nil
}
