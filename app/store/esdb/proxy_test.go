package esdb

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands between the adapter and the server, and is as bad as a network.
type proxy struct {
	t       testing.TB
	target  string
	address string
	group   sync.WaitGroup
	ends    context.CancelFunc

	accepted atomic.Int64 // connections, ever

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	links    map[*link]bool
	pause    time.Duration // before each piece that is passed on
	frozen   bool          // nothing is passed on, by new links neither
}

// link is one connection through the proxy.
type link struct {
	client, server *net.TCPConn
	frozen         chan struct{} // closed when nothing is to be passed on any more
	once           sync.Once
}

func (l *link) freeze() { l.once.Do(func() { close(l.frozen) }) }

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &proxy{t: t, target: target, address: "127.0.0.1:0", ends: cancel, links: make(map[*link]bool)}
	p.accept(ctx)
	t.Cleanup(func() {
		cancel()
		p.refuse()
		p.group.Wait()
	})
	return p
}

// accept takes connections until refuse.
func (p *proxy) accept(ctx context.Context) {
	listener := listen(ctx, p.t, p.address)
	p.address = listener.Addr().String()
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	p.group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.accepted.Add(1)
			p.group.Go(func() { p.serve(ctx, conn.(*net.TCPConn)) })
		}
	})
}

func (p *proxy) serve(ctx context.Context, client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.target)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer func() { _ = server.Close() }()
	l := &link{client: client, server: server, frozen: make(chan struct{})}
	p.mu.Lock()
	p.links[l] = true
	if p.frozen {
		l.freeze()
	}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	var both sync.WaitGroup
	both.Go(func() { p.pass(ctx, l, server, client) })
	both.Go(func() { p.pass(ctx, l, client, server) })
	both.Wait()
}

// pass copies from one side to the other until either ends.
func (p *proxy) pass(ctx context.Context, l *link, to, from *net.TCPConn) {
	defer func() { _ = to.CloseWrite() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		pause := p.pause
		p.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-l.frozen:
		case <-ctx.Done():
		}
		timer.Stop()
		select {
		case <-l.frozen:
			continue // it is swallowed
		default:
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) each(do func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		do(l)
	}
}

// cut resets all connections.
func (p *proxy) cut() {
	p.each(func(l *link) {
		for _, conn := range []*net.TCPConn{l.client, l.server} {
			_ = conn.SetLinger(0)
			_ = conn.Close()
		}
	})
}

// halfClose ends what the server says, but not what it is told.
func (p *proxy) halfClose() {
	p.each(func(l *link) { _ = l.client.CloseWrite() })
}

// halfCloseServer ends what the server is told, but not what it says.
func (p *proxy) halfCloseServer() {
	p.each(func(l *link) { _ = l.server.CloseWrite() })
}

// freeze lets nothing through any more, while the connections stay.
func (p *proxy) freeze() { p.each((*link).freeze) }

// blackHole does so for new connections too, until it is called with false.
func (p *proxy) blackHole(on bool) {
	if on {
		p.freeze()
	}
	p.mu.Lock()
	p.frozen = on
	p.mu.Unlock()
}

// delay makes each piece that passes wait.
func (p *proxy) delay(d time.Duration) {
	p.mu.Lock()
	p.pause = d
	p.mu.Unlock()
}

// refuse takes no further connections and cuts those there are.
func (p *proxy) refuse() {
	p.mu.Lock()
	listener := p.listener
	p.listener = nil
	p.mu.Unlock()
	if listener != nil {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			p.t.Error(err)
		}
	}
	p.cut()
}
