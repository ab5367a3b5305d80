package web

import (
	"net/http"
	"net/url"

	"daybook/app/respond"
	"daybook/static"
	"daybook/views"
)

// person is who is logged in, until there are people.
const person = "admin"

// withSession lets only requests through that have a session. Others are led
// to the log-in, and from there back to where they wanted to go; a script,
// which would take the log-in for what it asked for, is told so.
func (s *Web) withSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.Access.Session(r):
			next.ServeHTTP(w, r)
		case r.Header.Get("Sec-Fetch-Dest") == "empty":
			s.Refuse(w, r, respond.Unauthorized())
		default:
			see(w, r, "/login?next="+url.QueryEscape(wanted(r)))
		}
	})
}

// wanted is where somebody without a session wanted to go. A form that was
// sent too late cannot be sent again: its page is where it leads back to.
func wanted(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return localPath(r.URL.RequestURI())
	}
	referer, err := url.Parse(r.Referer())
	if err != nil || referer.Host != r.Host {
		return "/"
	}
	return localPath(referer.RequestURI())
}

// showLogin is GET /login. With a code it logs in at once.
func (s *Web) showLogin(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	next := localPath(query.Get("next"))
	if code := query.Get("code"); code != "" && r.Method == http.MethodGet {
		if s.Access.UseCode(code) {
			s.Access.Begin(w)
			see(w, r, next)
			return nil
		}
		if s.Access.Session(r) { // the same link twice in one browser
			see(w, r, next)
			return nil
		}
		s.Access.MayFail()
		return s.loginForm(w, r, http.StatusUnauthorized, next, "This link was used, or is too old. Log in with the admin token.")
	}
	return s.loginForm(w, r, http.StatusOK, next, "")
}

// login is POST /login with token and next.
func (s *Web) login(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	next := localPath(form.Get("next"))
	switch {
	case s.Access.Token(form.Get("token")):
		s.Access.Begin(w)
		see(w, r, next)
		return nil
	case !s.Access.MayFail():
		w.Header().Set("Retry-After", "1")
		return s.loginForm(w, r, http.StatusTooManyRequests, next, "Too many wrong tokens were tried. Wait a second, then try again.")
	default:
		return s.loginForm(w, r, http.StatusUnauthorized, next, "This is not the admin token.")
	}
}

func (s *Web) loginForm(w http.ResponseWriter, r *http.Request, status int, next, problem string) error {
	page := views.Page{Static: static.Base(), Now: s.Now()}
	return s.render(w, r, status, views.LoginPage(views.Login{Page: page, Next: next, Error: problem}))
}

// logout is POST /logout.
func (s *Web) logout(w http.ResponseWriter, r *http.Request) error {
	s.Access.End(w)
	see(w, r, "/login")
	return nil
}

// icon is GET /favicon.ico, which browsers ask for whatever the page says.
func icon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, static.Path("img/icon.svg"), http.StatusFound)
}

// readForm reads a form of at most [respond.MaxRequest] bytes.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, respond.MaxRequest)
	if err := r.ParseForm(); err != nil {
		return nil, formProblem(err)
	}
	return r.PostForm, nil
}
