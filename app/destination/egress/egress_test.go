package egress_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"daybook/app/destination/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func allow(t testing.TB, entries ...string) egress.Allowed {
	t.Helper()
	allowed, err := egress.ParseAllowed(entries)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

func client(t testing.TB, c egress.Config) *egress.Client {
	t.Helper()
	made := egress.New(c)
	t.Cleanup(made.Close)
	return made
}

func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func isRefused(err error) (refused *egress.RefusedError, ok bool) {
	return errors.AsType[*egress.RefusedError](err)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	c := client(t, egress.Config{})
	for _, address := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
		"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:ffff::a00:1",
		"2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:0:53aa:64c::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "5f00::1",
		"100::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fd12:3456:789a::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1",
		"4000::1", "1::1", "8000::", "e000::1",
	} {
		if refused, ok := isRefused(c.CheckURL("https://" + inURL(address) + "/")); !ok || !refused.Blocked || !strings.Contains(refused.Message, "--allow-private") {
			t.Errorf("%s may be reached: %v", address, refused)
		}
	}
	for _, address := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "223.255.255.255",
		"2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2003::1", "::ffff:8.8.8.8",
	} {
		if err := c.CheckURL("https://" + inURL(address) + "/"); err != nil {
			t.Errorf("%s may not be reached: %v", address, err)
		}
	}
}

func inURL(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

func TestURLs(t *testing.T) {
	t.Parallel()
	c := client(t, egress.Config{})
	for _, good := range []string{
		"https://example.com", "http://example.com/", "https://example.com:8443/a/b?c=d&e", "HTTPS://Example.COM/x", "https://xn--bcher-kva.example/",
		"https://a-b_c.example", "https://1.example", "https://[2606:4700::1111]:8443/", "https://example.com/%0d%0aX:y", "https://example.com/a@b", "https://x3.e2e",
	} {
		if err := c.CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "example.com", "//example.com/", "/x", "https:", "https://", "https:///x", "https:example.com", "ftp://example.com", "file:///etc/passwd",
		"gopher://example.com", "javascript:alert(1)", "unix:///var/run/docker.sock", "https+unix://x/",
		"https://user@example.com", "https://user:password@example.com", "https://@example.com", "https://:@example.com", "https://127.0.0.1@example.com",
		"https://example.com#f", "https://example.com#", "https://example.com#@127.0.0.1/",
		"https://example.com.", "https://127.0.0.1.", "https://.example.com", "https://a..b", "https://.", "https://exa mple.com",
		"https://[example.com]", "https://[127.0.0.1]", "https://[::1", "https://[fe80::1%25eth0]", "https://[2606:4700::1111%25eth0]", "https://[[2606:4700::1111]]", "https://[]",
		"https://2130706433", "https://0x7f000001", "https://0x7f.1", "https://0177.0.0.1", "https://127.1", "https://127.0.0.1.0", "https://017700000001", "https://0", "https://1.2.3.256", "https://0X7F.0.0.1",
		"https://example.com:0", "https://example.com:65536", "https://example.com:99999999999", "https://example.com:x", "https://example.com:-1", "https://example.com:",
		"https://bücher.example", "https://127。0。0。1", "https://ⓛocalhost", "https://１２７.0.0.1", "https://exam%70le.com", "https://a%2eb.com", "https://example.com\\@127.0.0.1", "https://example.com\r\nHost: x", "https://example.com/\r\n", "https://example.com/\x00", "https://a,b", "https://a;b", "https://a*b",
		"https://" + strings.Repeat("a", 64) + ".com", "https://" + strings.Repeat("a.", 127) + "com", "https://example.com/" + strings.Repeat("a", 9000),
	} {
		if refused, ok := isRefused(c.CheckURL(bad)); !ok || refused.Message == "" {
			t.Errorf("%.100q was taken", bad)
		}
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"http://10.0.0.1", "10.0.0.1:80", "10.0.0.0/33", "a b", "a.", "::ffff:10.0.0.0/104", "10.0.0.0/8/", "[::1]", "fe80::1%eth0", "*", "*.example.com", "0x7f.1"} {
		if _, err := egress.ParseAllowed([]string{"10.0.0.0/8", bad}); err == nil || !strings.Contains(err.Error(), "CIDR") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, c := range []struct {
		entry, url string
		want       bool
	}{
		{"10.0.0.0/8", "http://10.1.2.3", true},
		{" 10.0.0.7/8 ", "http://10.1.2.3", true},
		{"10.0.0.0/8", "http://[::ffff:10.1.2.3]", true},
		{"10.0.0.0/8", "http://11.1.2.3", false},
		{"10.0.0.0/8", "https://192.168.0.1", false},
		{"127.0.0.1", "http://127.0.0.1:8080/", true},
		{"127.0.0.1", "http://127.0.0.2:8080/", false},
		{"::1", "http://[::1]:8080/", true},
		{"::1", "http://[::2]/", false},
		{"fd00::/8", "http://[fd00::1]/", true},
		{"0.0.0.0/0", "http://[::1]/", false},
		{"169.254.169.254", "http://169.254.169.254/", true},
		{"hooks.internal", "http://hooks.internal/", true},
		{"Hooks.Internal", "http://hooks.INTERNAL/", true},
		{"hooks.internal", "http://x.hooks.internal/", false},
		{"", "http://example.com", false},
		{"", "https://example.com", true},
		{"10.0.0.0/8", "http://hooks.internal/", true}, // known once it is dialled
	} {
		strict := client(t, egress.Config{Allowed: allow(t, c.entry), TLSOnly: true})
		if err := strict.CheckURL(c.url); (err == nil) != c.want {
			t.Errorf("--allow-private %s: %s: %v", c.entry, c.url, err)
		}
	}
}

// A private address is refused where it is dialled, however its name was
// written, and what listens there hears nothing.
func TestNothingPrivateIsReached(t *testing.T) {
	t.Parallel()
	var heard atomic.Int32
	listening, err := url.Parse(serve(t, func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	if err != nil {
		t.Fatal(err)
	}
	names := resolver{"private.example": {"127.0.0.1"}, "mapped.example": {"::ffff:127.0.0.1"}}
	c := client(t, egress.Config{Resolver: names.net()})
	for _, host := range []string{"private.example", "mapped.example", "127.0.0.1", "[::ffff:127.0.0.1]", "localhost"} {
		_, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: "http://" + host + ":" + listening.Port()})
		if refused, ok := isRefused(err); !ok || !refused.Blocked {
			t.Errorf("%s: %v", host, err)
		}
	}
	if heard.Load() != 0 {
		t.Errorf("%d requests arrived", heard.Load())
	}
	for _, opened := range []string{"private.example", "127.0.0.0/8"} {
		c := client(t, egress.Config{Resolver: names.net(), Allowed: allow(t, opened), TLSOnly: true})
		if answer, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: "http://private.example:" + listening.Port()}); err != nil || answer.Status != 200 {
			t.Errorf("allowed by %s: %v", opened, err)
		}
	}
	if heard.Load() != 2 {
		t.Errorf("%d requests arrived", heard.Load())
	}
}

// A name that says a public address when it is asked first, and a private one
// from then on, is judged by the address that is dialled.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var heard atomic.Int32
	listening, err := url.Parse(serve(t, func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	if err != nil {
		t.Fatal(err)
	}
	names := resolver{"rebind.example": {"203.0.114.1", "127.0.0.1", "169.254.169.254", "10.0.0.1"}}
	lookups := names.net()
	first, err := lookups.LookupNetIP(t.Context(), "ip4", "rebind.example")
	if err != nil || first[0] != netip.MustParseAddr("203.0.114.1") {
		t.Fatalf("the first answer is %v, %v", first, err)
	}
	c := client(t, egress.Config{Resolver: lookups})
	target := "http://rebind.example:" + listening.Port()
	if err := c.CheckURL(target); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: target})
		if refused, ok := isRefused(err); !ok || !refused.Blocked {
			t.Errorf("the name that changes: %v", err)
		}
	}
	if heard.Load() != 0 {
		t.Error("what listens on a private address was reached")
	}
	// Who allows a host does not open the credentials of a cloud by it.
	names = resolver{"allowed.example": {"169.254.169.254"}}
	c = client(t, egress.Config{Resolver: names.net(), Allowed: allow(t, "allowed.example")})
	_, err = c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: "http://allowed.example/latest/meta-data"})
	if refused, ok := isRefused(err); !ok || !refused.Blocked {
		t.Errorf("a host that is allowed and says a link-local address: %v", err)
	}
}

func TestNoRedirectIsFollowedAndNoProxyAsked(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	t.Setenv("HTTP_PROXY", other) // not in parallel: the environment is everybody's
	t.Setenv("http_proxy", other)
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other, http.StatusTemporaryRedirect)
	})
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1")})
	answer, err := c.Do(t.Context(), egress.Request{Method: http.MethodPost, URL: here, Body: []byte("{}")})
	if err != nil || answer.Status != http.StatusTemporaryRedirect || elsewhere.Load() != 0 {
		t.Errorf("%d, %v; %d requests went elsewhere", answer.Status, err, elsewhere.Load())
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	here := serve(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1"), UserAgent: "daybook"})
	send := func(h http.Header) error {
		_, err := c.Do(t.Context(), egress.Request{Method: http.MethodPost, URL: here, Header: h, Body: []byte("{}")})
		return err
	}
	for _, name := range []string{"Host", "host", "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "transfer-encoding", "Upgrade", "Content-Length", "Proxy-Authorization", "Proxy-Connection", "X-Forwarded-For", "Forwarded", "Expect", "", "A B", "A:B", "A\r\nB", ":path", "Ä"} {
		if _, ok := isRefused(send(http.Header{name: {"x"}})); !ok {
			t.Errorf("a header %q was sent", name)
		}
	}
	for _, value := range []string{"a\r\nX-Injected: b", "a\nb", "a\rb", "a\x00b", "\x7f"} {
		if _, ok := isRefused(send(http.Header{"X-A": {value}})); !ok {
			t.Errorf("the value %q was sent", value)
		}
	}
	if _, ok := isRefused(send(http.Header{"X-A": {strings.Repeat("a", 20<<10)}})); !ok {
		t.Error("20 KiB of headers were sent")
	}
	if err := send(http.Header{"x-a": {"b\tc"}, "Idempotency-Key": {"k"}, "Authorization": {"Bearer t"}}); err != nil {
		t.Fatal(err)
	}
	h := <-got
	if h.Get("X-A") != "b\tc" || h.Get("Idempotency-Key") != "k" || h.Get("User-Agent") != "daybook" || h.Get("Accept-Encoding") != "" {
		t.Errorf("%v", h)
	}
}

func TestAnswersAreCut(t *testing.T) {
	t.Parallel()
	size := atomic.Int64{}
	here := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("a"), int(size.Load()))) // who asks may be gone
	})
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1")})
	for _, n := range []int{0, 10, egress.MaxAnswer, egress.MaxAnswer + 1, 8 << 20} {
		size.Store(int64(n))
		answer, err := c.Do(t.Context(), egress.Request{Method: http.MethodGet, URL: here})
		if err != nil || len(answer.Body) != min(n, egress.MaxAnswer) || answer.Cut != (n > egress.MaxAnswer) {
			t.Errorf("of %d bytes %d were read, cut %t, %v", n, len(answer.Body), answer.Cut, err)
		}
	}
}

// A request is sent once: not even net/http sends it again by itself, where a
// connection that was used before breaks.
func TestNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	var heard atomic.Int32
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		if heard.Add(1) > 1 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close() // the request was heard, and nobody answers
		}
	})
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1")})
	for _, r := range []egress.Request{
		{Method: http.MethodPost, Body: []byte("{}"), Header: http.Header{"Idempotency-Key": {"k"}}},
		{Method: http.MethodDelete, Header: http.Header{"X-Idempotency-Key": {"k"}}},
		{Method: http.MethodPost, Header: http.Header{"idempotency-key": {"k"}}},
	} {
		heard.Store(0)
		r.URL = here
		if _, err := c.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		_, err := c.Do(t.Context(), r)
		if _, ok := errors.AsType[*egress.UnansweredError](err); !ok || heard.Load() != 2 {
			t.Errorf("%s: %v after %d requests", r.Method, err, heard.Load())
		}
	}
}

func TestWhatFailedSaysWhetherItWasSent(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-block:
		case <-r.Context().Done():
		}
	})
	defer close(block)
	closed := closedPort(t)
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1"), Resolver: resolver{}.net(), Within: 50 * time.Millisecond})
	_, err := c.Do(t.Context(), egress.Request{Method: http.MethodPost, URL: slow, Body: []byte("{}")})
	if _, ok := errors.AsType[*egress.UnansweredError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	for _, address := range []string{"http://" + closed, "https://unknown.example", "https://" + strings.TrimPrefix(slow, "http://")} {
		_, err = c.Do(t.Context(), egress.Request{Method: http.MethodPost, URL: address, Body: []byte("{}")})
		if _, ok := errors.AsType[*egress.NotSentError](err); !ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Do(ctx, egress.Request{Method: http.MethodPost, URL: slow})
	if _, ok := errors.AsType[*egress.NotSentError](err); !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	return listener.Addr().String()
}

// FuzzCheckURL: a URL that is taken has one host, which everybody reads alike,
// and no address that belongs to no host of the Internet.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/a?b", "http://[::1]:80/", "https://user@127.0.0.1", "https://0x7f.1", "https://a%00b", "https://example.com\\@b", "https://127.0.0.1.", "https://[::ffff:a00:1]"} {
		f.Add(seed)
	}
	c := client(f, egress.Config{})
	f.Fuzz(func(t *testing.T, text string) {
		if c.CheckURL(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(u.Host, "@\\/ %\r\n\x00") {
			t.Fatalf("%q was taken", text)
		}
		host := u.Hostname()
		if strings.HasSuffix(host, ".") || host == "" {
			t.Fatalf("%q was taken, with the host %q", text, host)
		}
		addr, err := netip.ParseAddr(host)
		if err == nil && (!addr.IsGlobalUnicast() || addr.Unmap().IsPrivate() || addr.Unmap().IsLoopback()) {
			t.Fatalf("%q was taken, which is at %s", text, addr)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, text, http.NoBody)
		if err != nil || request.Host != u.Host {
			t.Fatalf("%q was taken and cannot be sent: %v", text, err)
		}
	})
}
