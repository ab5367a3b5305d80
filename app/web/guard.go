package web

import (
	"net/http"
	"net/url"

	"daybook/app/access"
	"daybook/app/respond"
)

// Refuse answers a request with an error: a page for people, JSON for programs.
type Refuse func(http.ResponseWriter, *http.Request, error)

// OwnHost lets only requests through that are addressed to this server, and
// has the others refused with 421. A page of another site whose name was made
// to point here comes with that name.
func OwnHost(hosts access.Hosts, refuse Refuse) func(http.Handler) http.Handler {
	misdirected := &respond.Problem{
		Status:  http.StatusMisdirectedRequest,
		Code:    "misdirected",
		Message: "this server does not answer to that host; use its own address, or start it with --public-url",
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !hosts.Allows(r) {
				refuse(w, r, misdirected)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// OwnOrigin has every mutation refused with 403 that a browser sends on behalf
// of another site. Programs that are no browsers pass. The public URL's origin
// is this server's own, whatever a proxy made of the Host.
func OwnOrigin(publicURL string, refuse Refuse) func(http.Handler) http.Handler {
	foreign := &respond.Problem{
		Status:  http.StatusForbidden,
		Code:    "forbidden",
		Message: "the request came from another site; open the page here and try again",
	}
	protection := http.NewCrossOriginProtection()
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		// It only fails for what is no origin, and then there is none to trust.
		_ = protection.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if protection.Check(r) != nil {
				refuse(w, r, foreign)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
