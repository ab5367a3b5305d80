package web

import (
	"net/http"
	"net/url"
	"strings"
)

// maxNext is the longest address that a log-in leads back to, in bytes.
const maxNext = 2048

// localPath returns next if it is a path on this server, and "/" otherwise:
// what comes after a log-in is named in an address that anybody can write. The
// log-in itself is nowhere to lead to.
//
// Browsers take a backslash for a slash and pass over tabs and line ends, so
// /\evil.example and "/\t/evil.example" name another host to them.
func localPath(next string) string {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, unsafe) {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	if u.Path == "/login" || u.Path == "/logout" || strings.Contains(u.Path, "//") {
		return "/"
	}
	// Escaped, an address can be three times as long as it was written.
	if path := u.RequestURI(); len(path) <= maxNext {
		return path
	}
	return "/"
}

// unsafe reports whether r has no place in an address that a browser follows.
func unsafe(r rune) bool { return r == '\\' || r <= ' ' || r == 0x7f }

// see answers that the outcome is at a path on this server.
func see(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // what comes from outside has been through localPath
}
