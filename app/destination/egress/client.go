package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// MaxAnswer is how much of an answer's body is read, in bytes.
const MaxAnswer = 64 << 10

// Limits of time and size.
const (
	dialWithin      = 4 * time.Second
	handshakeWithin = 4 * time.Second
	defaultWithin   = 10 * time.Second
	// Many servers end a connection that waits for 5 s. Who writes on one at that
	// moment does not know whether the request arrived.
	idleWithin       = 4 * time.Second
	maxAnswerHeaders = 32 << 10
	maxConnections   = 64 // to one host
	maxIdle          = 256
)

// Config is what a client is made of; the zero value is good.
type Config struct {
	Allowed Allowed
	// TLSOnly demands https of hosts that are not allowed.
	TLSOnly bool
	// Resolver resolves names; nil for that of the system.
	Resolver *net.Resolver
	// TLS is how servers are spoken to; nil for the usual way.
	TLS *tls.Config
	// Within is how long a request may take in all; 10 s if 0.
	Within    time.Duration
	UserAgent string
}

// Client sends requests. Make one with [New]; it may be used by many goroutines.
type Client struct {
	config    Config
	transport *http.Transport
}

// New returns a client.
func New(c Config) *Client {
	if c.Within == 0 {
		c.Within = defaultWithin
	}
	client := &Client{config: c}
	client.transport = &http.Transport{
		Proxy:                  nil,
		DialContext:            client.dial,
		TLSClientConfig:        c.TLS,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    handshakeWithin,
		ResponseHeaderTimeout:  c.Within,
		MaxResponseHeaderBytes: maxAnswerHeaders,
		DisableCompression:     true, // what is small on the way stays small here
		MaxConnsPerHost:        maxConnections,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxConnections,
		IdleConnTimeout:        idleWithin,
	}
	return client
}

// Close ends the connections that wait for requests.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Request is a request to be sent.
type Request struct {
	Method string
	URL    string
	Header http.Header // checked by [CheckHeaders]
	Body   []byte
}

// Answer is what was answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its first [MaxAnswer] bytes
	// Cut says that there was more.
	Cut bool
}

// CheckURL returns a [RefusedError] for a URL to which nothing is ever sent. A
// name is not resolved for it: what it stands for is judged when it is dialled.
func (c *Client) CheckURL(text string) error {
	_, err := c.parse(text)
	return err
}

func (c *Client) parse(text string) (*url.URL, error) {
	u, err := ParseURL(text)
	if err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		return u, c.judge(target{host: u.Hostname(), scheme: u.Scheme}, addr)
	}
	if c.config.TLSOnly && u.Scheme == "http" && !c.config.Allowed.mayName(u.Hostname()) {
		return nil, plainRefused(u.Hostname())
	}
	return u, nil
}

// Do sends a request once and reads the answer, whatever its status is. It
// returns a [*RefusedError], a [*NotSentError] or an [*UnansweredError].
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	u, err := c.parse(r.URL)
	if err != nil {
		return Answer{}, err
	}
	if err := CheckHeaders(r.Header); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Within)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	ctx = context.WithValue(ctx, targetKey{}, target{host: u.Hostname(), scheme: u.Scheme})
	request, err := c.request(ctx, u, r)
	if err != nil {
		return Answer{}, err
	}
	response, err := c.transport.RoundTrip(request) // which follows no redirect
	if err != nil {
		return Answer{}, classify(err, connected.Load())
	}
	defer func() { _ = response.Body.Close() }() // what it holds beyond is not wanted
	return read(response), nil
}

func (c *Client) request(ctx context.Context, u *url.URL, r Request) (*http.Request, error) {
	var body io.Reader
	if len(r.Body) > 0 {
		// Not a reader that net/http knows how to rewind: it would send again by
		// itself, and nobody would know.
		body = struct{ io.Reader }{bytes.NewReader(r.Body)}
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), body)
	if err != nil {
		return nil, refuse("the request cannot be made: %s", err)
	}
	request.ContentLength = int64(len(r.Body))
	request.Header.Set("User-Agent", c.config.UserAgent)
	for name, values := range r.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	// Under its usual spelling this header is leave for net/http to send again.
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := request.Header[name]; ok {
			delete(request.Header, name)
			request.Header[strings.ToLower(name)] = values
		}
	}
	return request, nil
}

func read(response *http.Response) Answer {
	answer := Answer{Status: response.StatusCode, Header: response.Header}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return answer // what follows is no body, and nobody asked for it
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if len(body) > MaxAnswer {
		body, answer.Cut = body[:MaxAnswer], true
	}
	answer.Body = body
	// The status says what came of the request; a body that breaks off does not
	// take that back.
	answer.Cut = answer.Cut || err != nil
	return answer
}

func classify(err error, connected bool) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused
	}
	if !connected {
		return &NotSentError{err}
	}
	return &UnansweredError{err}
}

// target is what a dial is for.
type target struct{ host, scheme string }

type targetKey struct{}

// dial connects to an address that may be reached. Each address that a name
// stands for is judged for itself.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	to, ok := ctx.Value(targetKey{}).(target)
	if !ok {
		return nil, errors.New("dial for no request")
	}
	dialer := &net.Dialer{
		Timeout:  dialWithin,
		Resolver: c.config.Resolver,
		ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			addr, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return blocked("%s cannot be judged", resolved)
			}
			return c.judge(to, addr.Addr())
		},
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", to.host, err)
	}
	return conn, nil
}

// judge refuses an address that may not be reached.
func (c *Client) judge(to target, addr netip.Addr) error {
	if c.config.Allowed.reaches(to.host, addr) {
		return nil
	}
	if what := whatIs(addr); what != "" {
		return blocked("%s is at %s, which is %s: nothing is sent there; an operator may allow it with --allow-private", to.host, addr, what)
	}
	if c.config.TLSOnly && to.scheme == "http" {
		return plainRefused(to.host)
	}
	return nil
}

func plainRefused(host string) error {
	return blocked("%s would be reached without TLS, and what is sent can be read on the way: write https://, or have an operator allow the host with --allow-private", host)
}
