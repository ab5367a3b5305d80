package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app"
	"daybook/app/store/esdb"
	"daybook/app/trigger"
	"daybook/domain/es"
)

const esdbPassword = "canary-password-for-tests"

// certificate makes one for 127.0.0.1, and returns its files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: made},
		keyFile:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// The embedded log can be read by EventStoreDB clients, and only read; the
// address is let go of with the App, whatever subscribes.
func TestTheEmbeddedLogIsReadOverTheProtocol(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t)
	for name, c := range map[string]struct{ cert, key, password, connection string }{
		"plain": {connection: "esdb://{addr}?tls=false"},
		"TLS and a password": {
			certFile, keyFile, esdbPassword,
			"esdb://" + app.EsdbUser + ":" + esdbPassword + "@{addr}?tlsCaFile=" + certFile,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config(t)
			config.EsdbAddr, config.EsdbCertFile, config.EsdbKeyFile, config.EsdbPassword = "127.0.0.1:0", c.cert, c.key, c.password
			r := run(t, config)
			sent := send(t, newClient(t), r.LocalURL()+connect(t, r.LocalURL()), "invoice.paid")
			store := openThere(t, strings.ReplaceAll(c.connection, "{addr}", r.EsdbAddr()))

			n := 0
			for e, err := range store.ReadStream(t.Context(), es.Stream(sent.Stream), es.FirstRevision, es.Forward) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				if e.Revision == 0 && e.Type != "WebhookReceived" {
					t.Errorf("the first event is %s", e.Type)
				}
			}
			if n == 0 {
				t.Error("the stream of the webhook is empty")
			}
			_, err := store.Append(t.Context(), "webhook-development.stripe.forged", es.Any(), es.Event{ID: uuid.New(), Type: "Forged"})
			if err == nil || !strings.Contains(err.Error(), "PermissionDenied") {
				t.Errorf("a client could write: %v", err)
			}

			following := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				defer close(following)
				for batch, err := range store.Subscribe(ctx, es.Start, es.Filter{}) {
					if err != nil {
						t.Error(err)
					}
					if err != nil || batch.CaughtUp {
						return
					}
				}
			}()
			<-following
			r.end(t)
			if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.EsdbAddr()); err == nil {
				t.Error("it still listens")
			}
		})
	}
}

// Whoever has not the password reads nothing, and neither it nor theirs is
// logged.
func TestAWrongPasswordReadsNothing(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	c := config(t)
	c.EsdbAddr, c.EsdbPassword = "127.0.0.1:0", esdbPassword
	c.EsdbCertFile, c.EsdbKeyFile = certificate(t)
	c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := run(t, c)
	for _, user := range []string{"", "admin:canary-guess@"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := esdb.Open(ctx, "esdb://"+user+r.EsdbAddr()+"?tlsCaFile="+c.EsdbCertFile, esdb.Options{})
		cancel()
		if err == nil || !strings.Contains(err.Error(), "Unauthenticated") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", user, err)
		}
	}
	r.end(t)
	if strings.Contains(log.String(), "canary") {
		t.Error("a password was logged")
	}
}

func TestWhatTheProtocolNeedsMayBeMissing(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	c := config(t)
	c.EsdbAddr = taken.Addr().String()
	if _, err := app.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "--esdb-addr") {
		t.Errorf("an address that is taken: %v", err)
	}
	c.EsdbAddr, c.EsdbCertFile, c.EsdbKeyFile = "127.0.0.1:0", "nowhere.pem", "nowhere.pem"
	if _, err := app.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "DAYBOOK_ESDB_TLS_CERT") {
		t.Errorf("a certificate that is not there: %v", err)
	}
	c.EsdbCertFile, c.EsdbKeyFile = "", ""
	run(t, c).end(t) // nothing is held
}

// A store that cannot be reached stops the start, after a while, with what to
// do and without the password; nothing is left behind.
func TestAStoreThatCannotBeReached(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	c := config(t)
	c.Store = "esdb://admin:canary@127.0.0.1:1?tlsVerifyCert=false"
	c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := app.New(ctx, c)
	if !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "DAYBOOK_STORE") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("it gave up after %s", took)
	}
	c.Store = app.DefaultStore
	run(t, c).end(t)
	if strings.Contains(err.Error()+log.String(), "canary") {
		t.Errorf("the password is shown: %v\n%s", err, log.String())
	}
}

// A store that is not there yet is waited for.
func TestAStartWaitsForTheStore(t *testing.T) {
	t.Parallel()
	store := share(t)
	store.down(t)
	served := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() { store.serve(t); close(served) })
	r := run(t, store.config(t))
	<-served
	r.end(t)
}

// An outage is answered with 503, and survived; a stop in one ends in time.
func TestAnOutageOfTheStore(t *testing.T) {
	t.Parallel()
	store := share(t)
	r := run(t, store.config(t))
	client := newClient(t)
	s := sender(t, client, r.LocalURL()+connect(t, r.LocalURL()))
	first, err := s.Make(trigger.Sample{Type: "invoice.paid"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Post(t.Context(), first); err != nil {
		t.Fatal(err)
	}

	store.down(t)
	waitUntil(t, func() bool {
		status, _ := get(t, client, r.LocalURL()+"/readyz", "")
		return status == http.StatusServiceUnavailable
	})
	if status, _ := get(t, client, r.LocalURL()+"/healthz", ""); status != http.StatusOK {
		t.Errorf("alive? %d", status)
	}
	second, err := s.Make(trigger.Sample{Type: "invoice.paid"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := s.Post(t.Context(), second)
		answered <- err
	}()
	store.serve(t)
	if err := <-answered; err != nil {
		t.Errorf("a webhook that came in a short outage: %v", err)
	}
	sent, err := s.Post(t.Context(), first)
	if err != nil || sent.Status != "duplicate" {
		t.Errorf("after the outage: %+v, %v", sent, err)
	}
	waitUntilDone(t, r.LocalURL())

	store.down(t)
	r.end(t)
}
