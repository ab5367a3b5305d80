package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"daybook/domain/signature"
)

func TestTheDestinationOfAnEnvironment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/environments/production"
	h.get("/system").is(http.StatusOK).shows(`href="/environments/development"`, "the local directory")
	h.get(path).is(http.StatusOK).shows("production", `value="local" checked`)
	h.get("/environments/nowhere").is(http.StatusNotFound)
	h.post("/environments/nowhere", url.Values{"kind": {"local"}}).is(http.StatusNotFound)

	form := url.Values{"kind": {"knock"}, "url": {"left aside"}, "idempotency_window": {"24h"}, "api_key": {" "}}
	h.post(path, form).is(http.StatusUnprocessableEntity).shows("begins with sk_", `id="e-api_key"`, `value="knock" checked`, "left aside")
	form.Set("api_key", "sk_test_a_canary_of_the_pages")
	h.post(path, form).leads(path + "?done=destination-saved")
	saved := h.get(path + "?done=destination-saved").is(http.StatusOK)
	saved.shows("The destination is saved", "https://api.knock.app", signature.Fingerprint("sk_test_a_canary_of_the_pages"))
	if strings.Contains(saved.body, "canary") {
		t.Error("the page shows the API key")
	}
	form.Set("api_key", "")
	form.Set("base_url", "https://elsewhere.example")
	h.post(path, form).is(http.StatusUnprocessableEntity).shows("was given for https://api.knock.app")
	h.get("/system").shows("Knock at https://api.knock.app")
}

func TestASigningSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/environments/production"
	secretOn := func(page string) string {
		t.Helper()
		return html.UnescapeString(regexp.MustCompile(`whsec_[^<"]+`).FindString(page))
	}
	form := url.Values{"kind": {"endpoint"}, "url": {"https://hooks.example.com/a?token=canary"}, "idempotency_window": {"soon"}}
	h.post(path, form).is(http.StatusUnprocessableEntity).shows(`id="e-idempotency_window"`, "not a duration")
	form.Set("idempotency_window", "24h")
	first := secretOn(h.post(path, form).is(http.StatusOK).shows("not shown again").body)
	if _, err := signature.NewSecret(first); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	again := h.get(path).is(http.StatusOK).shows(signature.Fingerprint(first), `value="24h" selected`)
	if secretOn(again.body) != "" {
		t.Error("the secret is shown twice")
	}
	h.post(path, form).leads(path + "?done=destination-saved")
	h.post(path+"/rotate", url.Values{"grace": {"never"}}).is(http.StatusUnprocessableEntity)
	second := secretOn(h.post(path+"/rotate", url.Values{"grace": {"1h"}}).is(http.StatusOK).body)
	if second == "" || second == first {
		t.Errorf("rotated to %q", second)
	}
	h.get(path).shows(signature.Fingerprint(first), signature.Fingerprint(second), "ending")
	if page := h.get("/system").is(http.StatusOK); strings.Contains(page.body, "canary") {
		t.Error("/system shows the query of the endpoint's URL")
	}
	h.post("/environments/development/rotate", url.Values{"grace": {"1h"}}).is(http.StatusConflict)
}
