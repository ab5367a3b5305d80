package access

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Hosts are the names by which this server lets itself be addressed. A page of
// another site whose name was made to point here (DNS rebinding) comes with
// its own name, and is turned away.
type Hosts struct {
	names map[string]bool
}

// NewHosts returns the hosts of a listen address and a public URL, and every
// loopback name.
func NewHosts(listen, publicURL string) Hosts {
	h := Hosts{names: map[string]bool{"localhost": true}}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
		h.names[strings.ToLower(host)] = true
	}
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		h.names[strings.ToLower(u.Hostname())] = true
	}
	return h
}

// Allows reports whether a request is addressed to this server.
func (h Hosts) Allows(r *http.Request) bool {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if h.names[name] {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}
