// Package access says who may come in: programs with the admin token, people
// with a session that a log-in gave them, and requests that are addressed to
// this server and come from its own pages.
//
// Sessions are signed, not stored: every instance of one log accepts those of
// the others, because the key follows from the master key they share.
package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"daybook/app/keyring"
)

// How long things last.
const (
	SessionLife = 7 * 24 * time.Hour
	CodeLife    = 10 * time.Minute
)

// CookieName is the cookie that holds a session.
const CookieName = "daybook_session"

// maxCodes bounds the log-in codes that wait to be used.
const maxCodes = 64

// Access decides who may come in. Make one with [New].
type Access struct {
	admin   [sha256.Size]byte
	session []byte
	now     func() time.Time
	secure  bool
	// failures bounds how fast tokens can be tried, over all addresses: one
	// can come from many.
	failures *rate.Limiter

	mu    sync.Mutex
	codes map[string]code
}

type code struct {
	until    time.Time
	reusable bool
}

// New returns an Access for the admin token and the keys. Cookies are marked
// Secure if secure is set.
func New(adminToken string, keys *keyring.Keyring, secure bool, now func() time.Time) *Access {
	return &Access{
		admin:    sha256.Sum256([]byte(adminToken)),
		session:  keys.Derive("session", 32),
		now:      now,
		secure:   secure,
		failures: rate.NewLimiter(10, 20),
		codes:    map[string]code{},
	}
}

// Token reports whether text is the admin token, in a time that does not
// depend on the text.
func (a *Access) Token(text string) bool {
	sum := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(sum[:], a.admin[:]) == 1
}

// MayFail counts a failed log-in and reports whether another may be tried yet.
func (a *Access) MayFail() bool { return a.failures.AllowN(a.now(), 1) }

// Bearer reports whether a request has an Authorization header, and whether it
// holds the admin token.
func (a *Access) Bearer(r *http.Request) (present, ok bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return false, false
	}
	scheme, token, _ := strings.Cut(header, " ")
	return true, strings.EqualFold(scheme, "bearer") && a.Token(strings.TrimSpace(token))
}

// NewCode makes a log-in code to be printed: good once, for [CodeLife]. A
// reusable one is good any number of times while the process runs.
func (a *Access) NewCode(reusable bool) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for text, c := range a.codes {
		if !c.reusable && (a.now().After(c.until) || len(a.codes) >= maxCodes) {
			delete(a.codes, text)
		}
	}
	text := keyring.NewToken()
	a.codes[text] = code{until: a.now().Add(CodeLife), reusable: reusable}
	return text
}

// UseCode reports whether a log-in code is good, and uses it up.
func (a *Access) UseCode(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.codes[text]
	if !ok {
		return false
	}
	if !c.reusable {
		delete(a.codes, text)
	}
	return c.reusable || !a.now().After(c.until)
}

// Begin gives the browser a session.
func (a *Access) Begin(w http.ResponseWriter) {
	cookie := a.cookie(a.sign(a.now().Add(SessionLife)))
	cookie.MaxAge = int(SessionLife.Seconds())
	http.SetCookie(w, cookie)
}

// End takes the session away from the browser.
func (a *Access) End(w http.ResponseWriter) {
	cookie := a.cookie("")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

func (a *Access) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name:     CookieName,
		Value:    value,
		Path:     "/",
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
		Secure:   a.secure,
	}
}

// Session reports whether a request has a session that is in force.
func (a *Access) Session(r *http.Request) bool {
	cookie, err := r.Cookie(CookieName)
	if err != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(raw) != 8+sha256.Size {
		return false
	}
	if !hmac.Equal(raw[8:], a.mac(raw[:8])) {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)
	return a.now().Before(until)
}

func (a *Access) sign(until time.Time) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(raw, a.mac(raw)...))
}

func (a *Access) mac(raw []byte) []byte {
	h := hmac.New(sha256.New, a.session)
	h.Write(raw)
	return h.Sum(nil)
}
