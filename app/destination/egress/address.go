package egress

import (
	"net/netip"
	"sync"
)

// reserved are the blocks that belong to no host of the public Internet, each
// with what it is. IPv4 addresses that are written as IPv6 are judged as IPv4.
// The first block that holds an address names it.
var reserved = sync.OnceValue(func() []block {
	return blocks(
		"0.0.0.0/8", "of this very host",
		"127.0.0.0/8", "a loopback address",
		"10.0.0.0/8", "private",
		"172.16.0.0/12", "private",
		"192.168.0.0/16", "private",
		"100.64.0.0/10", "private to a provider",
		"169.254.0.0/16", "link-local, where clouds keep their credentials",
		"192.0.0.0/24", "reserved",
		"192.0.2.0/24", "for documentation",
		"198.51.100.0/24", "for documentation",
		"203.0.113.0/24", "for documentation",
		"192.88.99.0/24", "a relay into other networks",
		"198.18.0.0/15", "for benchmarks",
		"224.0.0.0/4", "multicast",
		"240.0.0.0/4", "reserved",

		"::/128", "of this very host",
		"::1/128", "a loopback address",
		"::/96", "an IPv4 address in disguise",
		"::ffff:0:0:0/96", "an IPv4 address in disguise",
		"64:ff9b::/96", "an IPv4 address in disguise",
		"64:ff9b:1::/48", "an IPv4 address in disguise",
		"2002::/16", "an IPv4 address in disguise",
		"2001::/32", "an IPv4 address in disguise",
		"2001::/23", "reserved",
		"2001:db8::/32", "for documentation",
		"3fff::/20", "for documentation",
		"5f00::/16", "reserved",
		"100::/64", "a black hole",
		"fd00:ec2::254/128", "where clouds keep their credentials",
		"fc00::/7", "private",
		"fe80::/10", "link-local",
		"fec0::/10", "private",
		"ff00::/8", "multicast",
	)
})

// global is where IPv6 hands out addresses to hosts; all else is kept back.
var global = sync.OnceValue(func() netip.Prefix { return netip.MustParsePrefix("2000::/3") })

type block struct {
	prefix netip.Prefix
	what   string
}

func blocks(pairs ...string) []block {
	list := make([]block, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, block{netip.MustParsePrefix(pairs[i]), pairs[i+1]})
	}
	return list
}

// whatIs says what an address is that belongs to no host of the public
// Internet; empty for one that may.
func whatIs(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	for _, b := range reserved() {
		if b.prefix.Contains(addr) {
			return b.what
		}
	}
	switch {
	case !addr.IsValid():
		return "no address"
	case addr.Is6() && !global().Contains(addr):
		return "reserved"
	default:
		return ""
	}
}
