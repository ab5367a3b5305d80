package esdb

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/go-cmp/cmp"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

func TestConnectionStrings(t *testing.T) {
	t.Parallel()

	plain := func(change func(*esdb.Configuration)) esdb.Configuration {
		c := esdb.Configuration{
			Address: "db:2113", NodePreference: esdb.NodePreferenceLeader,
			GossipTimeout: 5, KeepAliveInterval: 10 * time.Second, KeepAliveTimeout: 10 * time.Second,
		}
		change(&c)
		return c
	}
	for given, want := range map[string]esdb.Configuration{
		"esdb://db":               plain(func(*esdb.Configuration) {}),
		"kurrentdb://db:2113":     plain(func(*esdb.Configuration) {}),
		"KurrentDB://db?TLS=true": plain(func(*esdb.Configuration) {}),
		"esdb://db:1?tls=false":   plain(func(c *esdb.Configuration) { c.Address, c.DisableTLS = "db:1", true }),
		"kurrentdb+discover://db": plain(func(c *esdb.Configuration) { c.DnsDiscover = true }),
		"esdb+discover://admin:a%2F%40b@db?nodePreference=follower&gossipTimeout=2&maxDiscoverAttempts=7&discoveryInterval=3": plain(func(c *esdb.Configuration) {
			c.DnsDiscover, c.Username, c.Password, c.NodePreference, c.GossipTimeout = true, "admin", "a/@b", esdb.NodePreferenceFollower, 2
		}),
		"esdb://a:1,b:2,c?tlsVerifyCert=false&connectionName=daybook": plain(func(c *esdb.Configuration) {
			c.Address, c.SkipCertificateVerification = "", true
			c.GossipSeeds = []*esdb.EndPoint{{Host: "a", Port: 1}, {Host: "b", Port: 2}, {Host: "c", Port: 2113}}
		}),
		"esdb://db?userCertFile=/c&userKeyFile=/k&keepAliveInterval=-1": plain(func(c *esdb.Configuration) {
			c.UserCertFile, c.UserKeyFile, c.KeepAliveInterval = "/c", "/k", -1
		}),
	} {
		got, err := parse(given, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		want.MaxDiscoverAttempts = 1
		got.Logger = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", given, diff)
		}
		if !IsConnectionString(given) {
			t.Errorf("%s is not taken for a connection string", given)
		}
	}
	for _, s := range []string{"", "embedded", "postgres://db", "esdb", "/var/esdb://x"} {
		if IsConnectionString(s) {
			t.Errorf("%q is taken for a connection string", s)
		}
	}
}

// The secret is in every string, and in no message.
func TestConnectionStringsThatAreRefused(t *testing.T) {
	t.Parallel()

	for given, says := range map[string]string{
		"postgres://admin:SECRET@db":                            "must begin with",
		"admin:SECRET@db":                                       "must begin with",
		"esdb://admin:SECRET@db?tls=false":                      "over plain text",
		"esdb://admin:SECRET@db?tls=maybe":                      "true or false",
		"esdb://admin:SEC/RET@db":                               "%2F",
		"esdb://admin:12/SECRET@db":                             "%2F",
		"esdb://admin:SEC?RET@db":                               "%40",
		"esdb://admin:12?SECRET@db":                             "%40",
		"esdb://admin:12#SECRET@db":                             "%40",
		"esdb://admin:SEC%RET@db":                               "hexadecimal",
		"esdb://admin:SECRET@":                                  "host",
		"esdb://admin:SECRET@db:port":                           "port",
		"esdb://SECRET@db":                                      "needs a password",
		"esdb://:SECRET@db":                                     "cannot be read",
		"esdb://admin:SECRET@db/path":                           "path",
		"esdb://admin:SECRET@db?nodePreference=best":            "best",
		"esdb://admin:SECRET@db?userCertFile=a":                 "userKeyFile",
		"esdb://admin:SECRET@db?defaultDeadline=soon":           "defaultDeadline",
		"esdb://admin:SECRET@db?gossipTimeout=0":                "gossipTimeout",
		"esdb://admin:SECRET@db?tlsCaFile=/no/such":             "/no/such",
		"esdb://db?tls=false&userCertFile=a&userKeyFile=SECRET": "certificate",
	} {
		_, err := Open(t.Context(), given, Options{})
		if err == nil {
			t.Errorf("%s was taken", given)
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %q does not say %q", given, err, says)
		}
		for _, part := range []string{"SECRET", "SEC", "RET"} {
			if strings.Contains(err.Error(), part) && !strings.HasPrefix(given, "esdb://db") && given != "esdb://SECRET@db" {
				t.Errorf("%s: %q shows the password", given, err)
			}
		}
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()

	for given, want := range map[string]string{
		"esdb://db:2113?tls=false":          "esdb://db:2113?tls=false",
		"esdb://admin:changeit@a,b?tls=1":   "esdb://admin:…@a,b?tls=1",
		"kurrentdb+discover://admin:x@a:1":  "kurrentdb+discover://admin:…@a:1",
		"esdb://admin@db":                   "esdb://admin@db",
		"esdb://admin:a@b:c@db":             "esdb://admin:…@db",
		"esdb://admin:a?b@db":               "esdb://admin:…@db",
		"admin:changeit@db":                 "(not a connection string)",
		"":                                  "(not a connection string)",
		"esdb://admin:://@db/?tlsCaFile=/x": "esdb://admin:…@db/?tlsCaFile=/x",
	} {
		if got := Redacted(given); got != want {
			t.Errorf("Redacted(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzConnectionString(f *testing.F) {
	for _, s := range []string{"esdb://admin:%s@db", "esdb://admin:%s@db?tls=false", "kurrentdb+discover://%s@a,b:1", "esdb://a:%s@b:c@d", "esdb://u:%s@[::1]", ":%s@://"} {
		f.Add(s)
	}
	const password = "pass7W0rd"
	f.Fuzz(func(t *testing.T, pattern string) {
		if strings.Count(pattern, "%s") != 1 || !strings.Contains(pattern, ":%s@") {
			t.Skip("it has no password")
		}
		given := strings.Replace(pattern, "%s", password, 1)
		if got := Redacted(given); strings.Contains(got, password) {
			t.Errorf("Redacted(%q) = %q", given, got)
		}
		if _, err := parse(given, slog.New(slog.DiscardHandler)); err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", given, err)
		}
	})
}

// Over TLS, with user and password.
func TestTLS(t *testing.T) {
	t.Parallel()

	certificate, file := selfSigned(t)
	server := serve(t, newMemory(t, memory.Options{}))
	server.stop()
	server.config.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.config.User, server.config.Password = "admin", "s&cret/@"
	server.start()
	open := func(user, password, file string) error {
		store, err := Open(t.Context(), "esdb+discover://"+url.UserPassword(user, password).String()+"@"+server.address+"?tlsCaFile="+file, Options{timing: impatient()})
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		must(t, store, "a-1", es.Any(), one("over TLS"))
		return nil
	}
	if err := open("admin", "s&cret/@", file); err != nil {
		t.Error(err)
	}
	err := open("admin", "wr0ng", file)
	if !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "Unauthenticated") || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("a wrong password: %v", err)
	}
}

// selfSigned returns a certificate for 127.0.0.1, and a file that says to trust it.
func selfSigned(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a server for tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
