package ingest

import (
	"bytes"
	"net"
	"net/http"
	"time"

	"daybook/app/metrics"
)

// The limits of a connection. A request may take longer than ReadHeaderTimeout
// to arrive, but not its headers; [Config] limits the body.
const (
	ReadHeaderTimeout = 5 * time.Second
	// WriteTimeout is for a whole answer, from the end of the headers of its
	// request: longer than a body may take and an append after it. An answer
	// that streams must lift it ([http.ResponseController.SetWriteDeadline]).
	WriteTimeout = 30 * time.Second
	IdleTimeout  = 60 * time.Second
	// MaxHeaderBytes is the size of a request's headers, its first line
	// included, over which the answer is 431.
	MaxHeaderBytes = 16 << 10
)

// headerSlop is what net/http adds to [http.Server.MaxHeaderBytes].
const headerSlop = 4 << 10

// Limit sets the limits of a server that serves ingest.
func Limit(s *http.Server) {
	s.ReadHeaderTimeout = ReadHeaderTimeout
	s.WriteTimeout = WriteTimeout
	s.IdleTimeout = IdleTimeout
	s.MaxHeaderBytes = MaxHeaderBytes - headerSlop
}

// CountLargeHeaders returns a listener that serves as l does, and counts
// answers of 431. The server gives them by itself, before there is a request
// that a handler could see.
func CountLargeHeaders(l net.Listener, m *metrics.Ingest) net.Listener {
	return &countingListener{Listener: l, metrics: m}
}

type countingListener struct {
	net.Listener
	metrics *metrics.Ingest
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: c, metrics: l.metrics}, nil
}

type countingConn struct {
	net.Conn
	metrics *metrics.Ingest
}

func (c *countingConn) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("HTTP/1.1 431 ")) {
		c.metrics.HeadersTooLarge()
	}
	return c.Conn.Write(b)
}

// CloseWrite lets the server end an answer while it still reads, so that the
// answer arrives whole.
func (c *countingConn) CloseWrite() error {
	if inner, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return inner.CloseWrite()
	}
	return nil
}
