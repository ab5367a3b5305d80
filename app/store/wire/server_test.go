package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
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
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"daybook/app/store/memory"
)

func TestConfig(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	certified := &tls.Config{Certificates: make([]tls.Certificate, 1)}
	for name, c := range map[string]struct {
		config Config
		says   string // nothing, if it is fine
	}{
		"the least":                     {Config{Store: store}, ""},
		"TLS":                           {Config{Store: store, TLS: certified}, ""},
		"TLS, a user and a password":    {Config{Store: store, TLS: certified, User: "admin", Password: "changeit"}, ""},
		"no store":                      {Config{}, "there is no store"},
		"a user alone":                  {Config{Store: store, TLS: certified, User: "admin"}, "give both or neither"},
		"a password alone":              {Config{Store: store, TLS: certified, Password: "changeit"}, "give both or neither"},
		"a password without TLS":        {Config{Store: store, User: "admin", Password: "changeit"}, "a password needs a certificate"},
		"TLS without a certificate":     {Config{Store: store, TLS: &tls.Config{}}, "TLS needs a certificate"},
		"the password is not mentioned": {Config{Store: store, Password: "changeit"}, "give both or neither"},
	} {
		server, err := New(c.config)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "changeit") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
		if server != nil {
			server.Stop(t.Context())
		}
	}
}

func TestOnlyLoopbackIsOpen(t *testing.T) {
	t.Parallel()

	open := Config{}
	closed := Config{TLS: &tls.Config{}, Password: "changeit"}
	half := Config{TLS: &tls.Config{}}
	for _, c := range []struct {
		addr net.Addr
		open bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, true},
		{&net.TCPAddr{IP: net.IPv4(127, 9, 9, 9)}, true},
		{&net.TCPAddr{IP: net.IPv6loopback}, true},
		{&net.UnixAddr{Name: "/run/daybook"}, true},
		{&net.TCPAddr{IP: net.IPv4zero}, false},
		{&net.TCPAddr{IP: net.IPv6unspecified}, false},
		{&net.TCPAddr{}, false},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, false},
		{&net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}, false}, // of a kind that is not expected
	} {
		if err := closed.allows(c.addr); err != nil {
			t.Errorf("%v, with TLS and a password: %v", c.addr, err)
		}
		for _, config := range []Config{open, half} {
			if err := config.allows(c.addr); (err == nil) != c.open {
				t.Errorf("%v: %v", c.addr, err)
			}
		}
	}
}

func TestServeRefusesOpenAddress(t *testing.T) {
	t.Parallel()

	server, err := New(Config{Store: memory.New(memory.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop(t.Context())
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(l); err == nil || !strings.Contains(err.Error(), "can be reached from elsewhere") {
		t.Errorf("got %v", err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("the address is still listened on")
	}
}

func TestStopTwice(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	b.server.Stop(b.ctx)
	b.server.Stop(b.ctx)
}

func TestServerFeatures(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.plain()
	got, err := client.GetServerVersion()
	b.must(err)
	if got.Major != 24 || got.Minor != 10 || got.Patch != 0 {
		t.Errorf("the version is %+v", got)
	}
	supported, err := serverfeatures.NewServerFeaturesClient(b.conn()).GetSupportedMethods(b.ctx, &shared.Empty{})
	b.must(err)
	names := make(map[string]bool)
	for _, m := range supported.GetMethods() {
		names[m.GetServiceName()+"/"+m.GetMethodName()] = true
	}
	for _, want := range []string{"read", "append", "batchappend", "delete", "tombstone"} {
		if !names["event_store.client.streams.streams/"+want] {
			t.Errorf("%s is not among %v", want, names)
		}
	}
	if len(names) != 5 {
		t.Errorf("the methods are %v", names)
	}
}

// What the server does not have it answers as a server that does not have it.
func TestUnimplemented(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	err := b.plain().CreatePersistentSubscription(b.ctx, "a", "group", esdb.PersistentStreamSubscriptionOptions{})
	b.mustBe(err, esdb.ErrorCodeUnsupportedFeature)
	_, err = persistent.NewPersistentSubscriptionsClient(b.conn()).GetInfo(b.ctx, &persistent.GetInfoReq{})
	wantStatus(t, err, codes.Unimplemented)
}

// A client that looks for a cluster finds one, of one node, where it found it.
func TestDiscovery(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	b.stored("a", events(2)...)
	_, port, err := net.SplitHostPort(b.addr)
	b.must(err)
	for _, connection := range []string{
		"esdb+discover://" + b.addr + "?tls=false",
		"esdb+discover://localhost:" + port + "?tls=false&nodePreference=follower",
		"esdb://" + b.addr + "," + b.addr + "?tls=false",
	} {
		client := b.connect(connection)
		b.same(b.all(client.ReadAll(b.ctx, esdb.ReadAllOptions{From: esdb.Start{}}, 9)), b.log())
	}
	cluster, err := gossip.NewGossipClient(b.conn()).Read(b.ctx, &shared.Empty{})
	b.must(err)
	end := cluster.GetMembers()[0].GetHttpEndPoint()
	if got := net.JoinHostPort(end.GetAddress(), port); got != b.addr {
		t.Errorf("the node says that it is at %s, not %s", got, b.addr)
	}
	if host, port, ok := hostAndPort("no port"); ok {
		t.Errorf("got %s:%d", host, port)
	}
}

// certificate returns a certificate for 127.0.0.1 and the file of its authority.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

func TestPassword(t *testing.T) {
	t.Parallel()

	const user, password = "daybook", "p@ss: wörd"
	var said strings.Builder
	certified, ca := certificate(t)
	b := serve(t, Config{
		Store: memory.New(memory.Options{}), TLS: certified, User: user, Password: password,
		Logger: slog.New(slog.NewTextHandler(&said, nil)),
	})
	b.stored("a", events(2)...)
	read := func(login *url.Userinfo) error {
		at := &url.URL{Scheme: "esdb", User: login, Host: b.addr, RawQuery: "tlsCaFile=" + ca}
		if login == nil {
			_, err := tryAll(b.connect(at.String()).ReadAll(b.ctx, esdb.ReadAllOptions{From: esdb.Start{}}, 9))
			return err
		}
		given, _ := login.Password()
		options := esdb.ReadAllOptions{From: esdb.Start{}, Authenticated: &esdb.Credentials{Login: login.Username(), Password: given}}
		at.User = nil
		_, err := tryAll(b.connect(at.String()).ReadAll(b.ctx, options, 9))
		return err
	}
	b.must(read(url.UserPassword(user, password)))
	for _, wrong := range []*url.Userinfo{
		nil,
		url.UserPassword(user, ""),
		url.UserPassword(user, password+" "),
		url.UserPassword("Daybook", password),
		url.UserPassword(user+":", password[1:]),
	} {
		b.mustBe(read(wrong), esdb.ErrorCodeUnauthenticated)
	}
	_, err := b.connect("esdb://" + b.addr + "?tlsCaFile=" + ca).GetServerVersion() // which clients ask before they log in
	b.must(err)
	b.server.Stop(b.ctx)
	if text := said.String(); !strings.Contains(text, "wrong user or password") || strings.Contains(text, "wörd") || strings.Contains(text, "Basic") {
		t.Errorf("the log says %s", text)
	}
}

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()

	l := newLogin("admin", "changeit")
	for _, c := range []struct {
		header []string
		want   codes.Code
	}{
		{[]string{"Basic YWRtaW46Y2hhbmdlaXQ="}, codes.OK},
		{[]string{"basic  YWRtaW46Y2hhbmdlaXQ="}, codes.OK},
		{[]string{"Basic YWRtaW46Y2hhbmdlaXQ"}, codes.Unauthenticated},
		{[]string{"Bearer YWRtaW46Y2hhbmdlaXQ="}, codes.Unauthenticated},
		{[]string{"YWRtaW46Y2hhbmdlaXQ="}, codes.Unauthenticated},
		{[]string{"Basic YWRtaW46Y2hhbmdlaXQ=", "Basic YWRtaW46Y2hhbmdlaXQ="}, codes.Unauthenticated},
		{[]string{""}, codes.Unauthenticated},
		{[]string{"Basic"}, codes.Unauthenticated},
		{nil, codes.Unauthenticated},
	} {
		md := metadata.MD{}
		md.Append("authorization", c.header...)
		wantStatus(t, l.check(metadata.NewIncomingContext(context.Background(), md), slog.New(slog.DiscardHandler)), c.want)
	}
}
