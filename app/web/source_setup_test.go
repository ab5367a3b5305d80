package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/template"
)

// sourceRows is how many rows of the log the page of a source shows.
const sourceRows = 20

// make makes a source of a template, and returns the page of its setup.
func (h *house) make(template string) (at sources.Place, page string) {
	h.t.Helper()
	at = sources.Place{Key: template, Environment: "development"}
	_, err := h.sources.Put(h.t.Context(), at, sources.Put{Template: template}, "admin")
	check(h.t, err)
	return at, "/sources/" + template + "/development/events"
}

// secret adds a secret by the form of the setup.
func (h *house) secret(at sources.Place, text string) answer {
	h.t.Helper()
	return h.post("/sources/"+at.Key+"/development/secrets", form("secret", text, "from", "events"))
}

func TestASecretIsAskedForWhereItIsNeeded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at, page := h.make("clerk")
	h.get(page).is(http.StatusOK).shows("Until one is here, every request is refused.", "HMAC-SHA256 or ed25519", "it begins with whsec_").lacks("Nothing is signed", "data-copy=\"whsec_")
	h.secret(at, "sk_test_0123456789abcdef").is(http.StatusUnprocessableEntity).
		shows(`id="e-secret"`, "whsec_ and base64 after it", "Waiting for the first webhook", `action="/sources/clerk/development/secrets"`).lacks("sk_test_")
	h.secret(at, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").leads(page + "?done=secret-added#secrets")
	h.get(page).is(http.StatusOK).shows("1 secret", "Add another", "Send test event</button>", `<optgroup label="With a mapping">`)

	// One more, that is refused, when webhooks came already.
	h.post("/sources/clerk/development/trigger", form("type", "user.created")).is(http.StatusSeeOther)
	h.level()
	h.get(page).is(http.StatusOK).shows("It arrived").lacks("Waiting for the first webhook")
	h.secret(at, "short").is(http.StatusUnprocessableEntity).shows(`id="e-secret"`, "too short")
}

// What to choose is suggested, the same until it is added.
func TestASecretIsSuggested(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	suggested := regexp.MustCompile(`data-copy="([0-9a-f]{64})"`)
	seen := map[string]bool{}
	for _, tmpl := range template.All() {
		at, page := h.make(tmpl.Key)
		found := suggested.FindStringSubmatch(h.get(page).is(http.StatusOK).body)
		if (found != nil) != tmpl.SecretIsChosen {
			t.Errorf("%s: suggested %q", tmpl.Key, found)
		}
		if found == nil {
			continue
		}
		h.get(page).shows(found[0], `value="`+found[1]+`"`)
		if seen[found[1]] {
			t.Errorf("%s is suggested what another was", tmpl.Key)
		}
		seen[found[1]] = true
		h.secret(at, found[1]).is(http.StatusSeeOther)
		h.get(page).is(http.StatusOK).lacks(found[1], `data-copy="`+found[1][:8])
	}
	if len(seen) == 0 {
		t.Error("nothing was suggested")
	}
}

func TestWhatProtectsIsSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, page := h.make("posthog")
	h.get(page).is(http.StatusOK).shows("Nothing is signed here.", "the secret itself, in the header X-Webhook-Secret", "https only")

	_, page = h.make("github")
	h.get(page).is(http.StatusOK).shows("HMAC-SHA256 of the body", "No time is signed, so only the idempotency key")
	h.get("/sources/github/development/settings").is(http.StatusOK).shows("this provider signs no time")
	_, page = h.make("workos")
	h.get(page).is(http.StatusOK).lacks("No time is signed")
	h.get("/sources/workos/development/settings").is(http.StatusOK).lacks("signs no time")

	at, page := h.make("custom")
	_, err := h.sources.Put(t.Context(), at, sources.Put{Settings: []byte(`{"enforce_verification":false}`)}, "admin")
	check(t, err)
	h.get(page).is(http.StatusOK).shows("Nothing is verified: whoever knows the URL can send.", "not asked", "Send test event</button>").lacks("every request is refused")
	h.get("/sources").is(http.StatusOK).shows("not asked", "no secret")
	h.post("/sources/custom/development/trigger", form("type", "user.identified")).is(http.StatusSeeOther)
}

// A public key cannot sign samples, so none is offered.
func TestAPublicKeyOffersNoTestEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at, page := h.make("standard_webhooks")
	h.secret(at, "whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").is(http.StatusSeeOther)
	h.get(page).is(http.StatusOK).shows("1 secret", "public key, which cannot sign", "let the sender send a test event").lacks("Send test event</button>")
}

// What was refused is shown beside the steps, and does not end the setup; nor
// does a flood of it begin the setup again.
func TestWhatIsRefusedDoesNotEndTheSetup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const page = "/sources/stripe/development/events"
	h.settle(h.forge())
	h.get(page).is(http.StatusOK).shows("Came, and was refused", "signature_mismatch", `href="/events/rejection.development.stripe.0"`, "Waiting for the first webhook")

	id := h.send(trigger.Sample{Type: "charge.refunded"})
	h.get(page).is(http.StatusOK).shows("It arrived", `href="/events/`+id+`"`, "Map charge.refunded", "event_type=charge.refunded").lacks("Waiting for the first webhook")
	address, err := h.sources.IngestURL(place())
	check(t, err)
	door := http.NewServeMux()
	door.Handle("/in/{token}", h.ingest)
	for n := range 3 * sourceRows { // of several causes, because of each so many a second are told one by one
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
		r.Header.Set("Stripe-Signature", []string{"", "none", "t=1,v1=00"}[n%3])
		door.ServeHTTP(httptest.NewRecorder(), r)
	}
	for { // what is refused is recorded after it was answered
		changed := h.runner.Changed()
		if page := h.get(page).is(http.StatusOK).lacks("Waiting for the first webhook"); !strings.Contains(page.body, "It arrived") {
			return
		}
		h.wait(changed)
	}
}

func TestASecondSourceHasAnotherKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.get("/sources/new?template=stripe&environment=development").is(http.StatusOK).shows(`value="stripe-2"`, `value="Stripe 2"`)
	h.get("/sources/new?template=stripe&environment=production").is(http.StatusOK).shows(`value="Stripe"`).lacks(`value="stripe-2"`)
	_, err := h.sources.Put(t.Context(), sources.Place{Key: "github", Environment: "production"}, sources.Put{Template: "clerk"}, "admin")
	check(t, err)
	h.get("/sources/new?template=github&environment=development").is(http.StatusOK).shows(`value="github-2"`)
}

// Every template says in its card how it is known who sends, and leads to the
// provider's pages and nowhere else.
func TestTheGallery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get("/sources/new").is(http.StatusOK)
	h.get("/sources").is(http.StatusOK).shows("No source here yet.", `href="/sources/new?template=custom`)
	for _, tmpl := range template.All() {
		page.shows(html.EscapeString(tmpl.Description))
		for _, address := range []string{tmpl.WebsiteURL, tmpl.WebhookDocsURL} {
			if address != "" {
				page.shows(`href="` + address + `" rel="noreferrer"`)
			}
		}
	}
	if signed, not := strings.Count(page.body, "Signed: "), strings.Count(page.body, "Not signed: "); signed+not != len(template.All()) || not != 4 {
		t.Errorf("%d are signed, %d are not", signed, not)
	}
}
