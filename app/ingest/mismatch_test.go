package ingest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"daybook/app/sources"
	"daybook/domain/rejection"
)

// A signature that fails is tried with secrets that do not count. The log tells
// whose it was; the sender is told what everybody is told.
func TestWhoseSignatureItWas(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	add := func(at sources.Place, text string) sources.Secret {
		t.Helper()
		if _, err := r.sources.Put(context.Background(), at, sources.Put{}, "admin"); err != nil {
			t.Fatal(err)
		}
		secret, err := r.sources.AddSecret(t.Context(), at, text, "admin")
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	const old, live, shop, gone = "whsec_that_was_revoked", "whsec_of_production", "whsec_of_another_source", "whsec_revoked_elsewhere"
	production, other := sources.Place{Key: "stripe", Environment: "production"}, sources.Place{Key: "shop", Environment: "development"}
	revoked := add(r.at, old)
	if err := r.sources.RevokeSecret(t.Context(), r.at, revoked.ID, 0, "admin"); err != nil {
		t.Fatal(err)
	}
	add(production, live)
	add(other, shop)
	elsewhere := add(other, gone)
	if err := r.sources.RevokeSecret(t.Context(), other, elsewhere.ID, 0, "admin"); err != nil {
		t.Fatal(err)
	}
	add(production, secretText) // the same as here is none of another

	body := event("evt_1")
	send := func(secret string, skew time.Duration) (reply, rejection.RequestRejected) {
		t.Helper()
		r.clock.move(time.Second)
		got := r.do(call{body: []byte(body), header: r.signature(secret, body, skew)})
		r.flush()
		all := r.rejections()
		last, _ := all[len(all)-1].(rejection.RequestRejected)
		return got, last
	}
	stranger, unknown := send("whsec_of_nobody_at_all", 0)
	if unknown.Matching != nil || unknown.OtherSecrets != 4 {
		t.Errorf("a stranger's is told as %+v of %d", unknown.Matching, unknown.OtherSecrets)
	}
	if unknown.Signature == nil || !slices.Equal(unknown.Signature.Parts, []string{"t", "v1"}) || unknown.Signature.Signatures != 1 {
		t.Errorf("the header is told as %+v", unknown.Signature)
	}
	for secret, want := range map[string]rejection.OtherSecret{
		old:  {Source: "stripe", Environment: "development", Fingerprint: revoked.Fingerprint, RevokedAt: 1},
		live: {Source: "stripe", Environment: "production"},
		shop: {Source: "shop", Environment: "development"},
		gone: {Source: "shop", Environment: "development", Fingerprint: elsewhere.Fingerprint, RevokedAt: 1},
	} {
		for _, skew := range []time.Duration{0, -time.Hour} { // too old as well
			got, told := send(secret, skew)
			if got.raw != stranger.raw || got.code != 401 {
				t.Errorf("%s: the sender is answered %d %s, a stranger %s", secret, got.code, got.raw, stranger.raw)
			}
			m := told.Matching
			if m == nil || m.Source != want.Source || m.Environment != want.Environment || m.RevokedAt.IsZero() != want.RevokedAt.IsZero() ||
				want.Fingerprint != "" && m.Fingerprint != want.Fingerprint {
				t.Errorf("%s is told as %+v, want %+v", secret, m, want)
			}
		}
	}
	if _, told := send(secretText, -time.Hour); told.Cause != "signature_expired" || told.OtherSecrets != 0 {
		t.Errorf("what only is too old: %+v", told)
	}
}

// While a source is being flooded nothing is tried, and never more than so many.
func TestTrialsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 12 {
		at := sources.Place{Key: "shop-" + string(rune('a'+i)), Environment: "development"}
		if _, err := r.sources.Put(t.Context(), at, sources.Put{}, "admin"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.sources.AddSecret(t.Context(), at, "whsec_of_shop_number_"+string(rune('a'+i)), "admin"); err != nil {
			t.Fatal(err)
		}
	}
	body := event("evt_1")
	for range 9 {
		r.do(call{body: []byte(body), header: r.signature("whsec_of_nobody_at_all", body, 0)})
	}
	r.flush()
	tried := 0
	for _, e := range r.rejections() {
		told, ok := e.(rejection.RequestRejected)
		switch {
		case !ok || told.OtherSecrets == 0:
		case told.OtherSecrets != 8:
			t.Errorf("%d secrets were tried", told.OtherSecrets)
		default:
			tried++
		}
	}
	if tried != 5 {
		t.Errorf("%d requests of one second were tried, want 5", tried)
	}
}
