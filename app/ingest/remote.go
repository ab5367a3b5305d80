package ingest

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// remoteOf returns the address of whoever sent r. A trusted proxy is believed
// about the address that it added to X-Forwarded-For, and about nothing that
// stands before it: that, the sender wrote.
func remoteOf(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	remote := peer.Addr().Unmap().WithZone("")
	if len(trusted) == 0 || !isTrusted(remote, trusted) {
		return remote
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return remote
		}
		remote = addr.Unmap().WithZone("")
		if !isTrusted(remote, trusted) {
			return remote
		}
	}
	return remote
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// network returns what stands for a sender where senders are counted: one
// host's IPv6 addresses are as many as it likes, within its /64.
func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all of these are counted together
	}
	return prefix
}

// addressText is empty for no address.
func addressText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
