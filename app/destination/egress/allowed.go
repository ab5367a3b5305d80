package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Allowed are the hosts and networks that actions may reach although they are
// private, and without TLS. The zero value allows none.
type Allowed struct {
	hosts    []string
	networks []netip.Prefix
}

// ParseAllowed reads hosts, addresses and CIDRs as an operator writes them.
func ParseAllowed(entries []string) (Allowed, error) {
	var a Allowed
	for _, entry := range entries {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "" {
			continue
		}
		if network, ok := parseNetwork(entry); ok {
			a.networks = append(a.networks, network)
			continue
		}
		if strings.ContainsAny(entry, "/:") || problemWithName(entry) != "" {
			return Allowed{}, fmt.Errorf("%.100q is neither a host such as hooks.internal nor a CIDR such as 10.0.0.0/8; give it without a scheme, a port or a path", entry)
		}
		a.hosts = append(a.hosts, entry)
	}
	return a, nil
}

// parseNetwork reads a CIDR, or an address, which is a network of its own.
func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return prefix.Masked(), true
}

// reaches reports whether an operator allows that address of that host. A host
// that is allowed may be anywhere that hosts can be: a link-local address, where
// clouds keep their credentials, is opened by its network only.
func (a Allowed) reaches(host string, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if slices.ContainsFunc(a.networks, func(n netip.Prefix) bool { return n.Contains(addr) }) {
		return true
	}
	isHosts := addr.IsPrivate() || addr.IsLoopback() || carrier().Contains(addr) || whatIs(addr) == ""
	return isHosts && slices.Contains(a.hosts, strings.ToLower(host))
}

// mayName reports whether some address of that host may be allowed: which one it
// has is known when it is dialled.
func (a Allowed) mayName(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return a.reaches(host, addr)
	}
	return len(a.networks) > 0 || slices.Contains(a.hosts, strings.ToLower(host))
}

// carrier is the block that providers share among their customers.
func carrier() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) }
