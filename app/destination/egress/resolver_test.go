package egress_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// resolver is a name server: to each question for a name it gives the next of
// its addresses, and the last for ever. What it does not know is not there.
type resolver map[string][]string

// net returns a resolver that asks r.
func (r resolver) net() *net.Resolver {
	var mu sync.Mutex
	asked := map[string]int{}
	next := func(name string) (netip.Addr, bool) {
		mu.Lock()
		defer mu.Unlock()
		addresses := r[strings.TrimSuffix(name, ".")]
		if len(addresses) == 0 {
			return netip.Addr{}, false
		}
		n := min(asked[name], len(addresses)-1)
		asked[name]++
		return netip.MustParseAddr(addresses[n]), true
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer func() { _ = ours.Close() }() // a pipe closes without an error
			serveName(ours, next)
		}()
		return theirs, nil
	}}
}

// serveName answers one question over a stream: two bytes of length, and a
// message.
func serveName(conn net.Conn, next func(string) (netip.Addr, bool)) {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	raw := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return
	}
	var question dnsmessage.Message
	if question.Unpack(raw) != nil {
		return
	}
	asked := question.Questions[0]
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: question.Questions,
	}
	header := dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET, Type: asked.Type}
	switch asked.Type {
	case dnsmessage.TypeA:
		addr, known := next(asked.Name.String())
		if !known {
			answer.RCode = dnsmessage.RCodeNameError
			break
		}
		answer.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: addr.Unmap().As4()}}}
	default: // no IPv6 here
	}
	packed, err := answer.Pack()
	if err != nil {
		return
	}
	binary.BigEndian.PutUint16(size[:], uint16(len(packed)))
	_, _ = conn.Write(append(size[:], packed...)) // who asked may be gone
}
