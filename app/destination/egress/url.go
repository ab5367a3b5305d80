package egress

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL is how long a URL may be, in bytes.
const maxURL = 8 << 10

// ParseURL reads a URL that a request may be sent to, or says in words for a
// person what is wrong with it. Whether its host may be reached is known when
// it is dialled; an address in it is judged by [Client.CheckURL] before.
func ParseURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, refuse("the URL has %d bytes, at most %d can be sent", len(text), maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, refuse("the URL must be a whole one that begins with https:// or http://")
	case u.User != nil:
		return nil, refuse("the URL holds a user or a password; give them in a header")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, refuse("the URL has a fragment (#…), which is never sent; leave it out")
	}
	host, bracketed := u.Hostname(), strings.HasPrefix(u.Host, "[")
	if problem := problemWithHost(host, bracketed); problem != "" {
		return nil, refuse("the host %.100q %s", host, problem)
	}
	if strings.HasSuffix(u.Host, ":") {
		return nil, refuse("the URL has no port after the colon")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, refuse("the port %.20q is none", port)
		}
	}
	return u, nil
}

func refuse(format string, args ...any) *RefusedError {
	return &RefusedError{Message: fmt.Sprintf(format, args...)}
}

func blocked(format string, args ...any) *RefusedError {
	return &RefusedError{Message: fmt.Sprintf(format, args...), Blocked: true}
}

// problemWithHost says what is wrong with the host of a URL. There is one way to
// write each: other ways are how filters are deceived.
func problemWithHost(host string, bracketed bool) string {
	if bracketed {
		addr, err := netip.ParseAddr(host)
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "is no IPv6 address without a zone, which is all that may stand in brackets"
		}
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return problemWithName(host)
}

// problemWithName says what is wrong with the name of a host.
func problemWithName(name string) string {
	if len(name) > 253 {
		return "is longer than the name of a host can be"
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		switch {
		case label == "":
			return "begins or ends with a dot, or has two in a row"
		case len(label) > 63:
			return "has a part longer than 63 characters"
		case strings.ContainsFunc(label, func(r rune) bool { return !isNameRune(r) }):
			return "holds what the name of a host may not hold; write other scripts in Punycode (xn--…)"
		}
	}
	if last := strings.ToLower(labels[len(labels)-1]); last[0] >= '0' && last[0] <= '9' && strings.Trim(last, "0123456789abcdefx") == "" {
		return "ends in a number but is no IPv4 address; write it as 192.0.2.1"
	}
	return ""
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
