package bench

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// target is where requests go: a handler under load.
type target struct {
	name     string
	requests []*request // one for each connection
	conns    []net.Conn
}

func newTarget(b *testing.B, name, addr, path string, made *webhooks, connections int) *target {
	b.Helper()
	t := &target{name: name}
	for range connections {
		conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		t.conns = append(t.conns, conn)
		t.requests = append(t.requests, made.request(b, path))
	}
	return t
}

// burst is what a round of requests took.
type burst struct {
	requests    int
	took        time.Duration
	latencies   []time.Duration
	allocations uint64        // of the whole process; sending makes none
	processor   time.Duration // of the whole process, sending included
}

func (b *burst) add(other burst) {
	b.requests += other.requests
	b.took += other.took
	b.latencies = append(b.latencies, other.latencies...)
	b.allocations += other.allocations
	b.processor += other.processor
}

// send sends all requests over the connections of t, each as soon as the one
// before is answered. Every answer must be 200.
func (t *target) send(b *testing.B, all []signed) burst {
	b.Helper()
	latencies := make([]time.Duration, len(all))
	errs := make(chan error, len(t.conns))
	var next atomic.Int64
	var senders sync.WaitGroup
	runtime.GC()
	allocated, used := allocations(), processorTime()
	began := time.Now()
	for i, conn := range t.conns {
		senders.Go(func() {
			answer := make([]byte, 4<<10)
			for n := next.Add(1) - 1; n < int64(len(all)); n = next.Add(1) - 1 {
				at := time.Now()
				t.requests[i].become(&all[n])
				if err := exchange(conn, t.requests[i].bytes, answer); err != nil {
					errs <- err
					return
				}
				latencies[n] = time.Since(at)
			}
		})
	}
	senders.Wait()
	took := time.Since(began)
	used, allocated = processorTime()-used, allocations()-allocated
	select {
	case err := <-errs:
		b.Fatalf("%s: %v", t.name, err)
	default:
	}
	return burst{len(all), took, latencies, allocated, used}
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// exchange sends a request and reads its answer into the buffer.
func exchange(conn net.Conn, request, answer []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	for n := 0; ; {
		read, err := conn.Read(answer[n:])
		n += read
		switch whole, problem := isWhole(answer[:n]); {
		case problem != nil || whole:
			return problem
		case err != nil:
			return fmt.Errorf("after %q: %w", answer[:n], err)
		case n == len(answer):
			return io.ErrShortBuffer
		}
	}
}

// isWhole reports whether an answer has arrived to its end. It is an error if
// it is not 200.
func isWhole(answer []byte) (bool, error) {
	head, body, found := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !found {
		return false, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		return false, fmt.Errorf("the answer is %q", answer)
	}
	_, length, _ := bytes.Cut(head, []byte("\r\nContent-Length: "))
	digits, _, _ := bytes.Cut(length, []byte("\r\n"))
	size, err := strconv.Atoi(string(digits)) // does not escape: no allocation
	if err != nil {
		return false, fmt.Errorf("the answer has no length: %q", answer)
	}
	return len(body) >= size, nil
}
