package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/domain/template"
)

const now = es.Time(1_764_000_000_000)

func seed(t testing.TB, of template.Template, shared map[string]string) template.Seed {
	t.Helper()
	return template.Seed{Now: now, NewID: of.IDs(rand.NewPCG(1, uint64(len(t.Name()))).Uint64), Shared: shared}
}

func sample(t testing.TB, of template.Template, eventType string, seed template.Seed) []byte {
	t.Helper()
	body, err := of.Sample(eventType, seed)
	if err != nil {
		t.Fatalf("sample %s: %v", eventType, err)
	}
	return body
}

func TestEverySampleIsAnEventAsStripeSendsIt(t *testing.T) {
	t.Parallel()
	if n := len(snapshotTypes(t)); n != 40 {
		t.Errorf("%d samples, want 40", n)
	}

	for _, eventType := range snapshotTypes(t) {
		t.Run(eventType, func(t *testing.T) {
			t.Parallel()
			body := sample(t, stripe(t), eventType, seed(t, stripe(t), nil))

			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Fatalf("not JSON: %v\n%s", err, body)
			}
			if diff := cmp.Diff(pretty.String(), string(body)); diff != "" {
				t.Errorf("not set out with two spaces (-want +got):\n%s", diff)
			}
			event := decode(t, body)
			want := map[string]any{
				"object": "event", "type": eventType, "livemode": false, "pending_webhooks": 1.0,
				"api_version": "2025-08-27.basil", "created": float64(now.Time().Unix()),
			}
			for name, value := range want {
				if event[name] != value {
					t.Errorf("%s is %v, want %v", name, event[name], value)
				}
			}
			if id, _ := event["id"].(string); !regexp.MustCompile(`^evt_1[0-9A-Za-z]{23}$`).MatchString(id) {
				t.Errorf("id %q", id)
			}
			if _, ok := at(event, "request").(map[string]any); !ok {
				t.Errorf("request is %v", event["request"])
			}
			if previous := at(event, "data.previous_attributes"); strings.HasSuffix(eventType, ".updated") && previous == nil {
				t.Error("no previous_attributes")
			}
			if kind, _ := at(event, "data.object.object").(string); !strings.HasPrefix(eventType, kind) && kind != "subscription" && kind != "dispute" {
				t.Errorf("an object %q", kind)
			}
			checkFresh(t, "", event)
		})
	}
}

// snapshotTypes are the event types whose samples hold the object itself, and
// thinTypes the others.
func snapshotTypes(t testing.TB) []string {
	t.Helper()
	return slices.DeleteFunc(stripe(t).SampleTypes, isThin)
}

func thinTypes(t testing.TB) []string {
	t.Helper()
	return slices.DeleteFunc(stripe(t).SampleTypes, func(s string) bool { return !isThin(s) })
}

func isThin(eventType string) bool {
	return strings.HasPrefix(eventType, "v1.") || strings.HasPrefix(eventType, "v2.")
}

// TestEveryThinSampleNamesItsObject: thin events have other members, and their
// time is a text.
func TestEveryThinSampleNamesItsObject(t *testing.T) {
	t.Parallel()
	if n := len(thinTypes(t)); n != 3 {
		t.Errorf("%d thin samples, want 3", n)
	}
	for _, eventType := range thinTypes(t) {
		body := sample(t, stripe(t), eventType, seed(t, stripe(t), nil))
		event := decode(t, body)
		created, err := time.Parse(time.RFC3339Nano, event["created"].(string))
		if err != nil || !created.Equal(now.Time()) {
			t.Errorf("%s: created %v (%v)", eventType, event["created"], err)
		}
		id, _ := at(event, "related_object.id").(string)
		url, _ := at(event, "related_object.url").(string)
		if event["object"] != "v2.core.event" || event["type"] != eventType || id == "" || !strings.HasSuffix(url, "/"+id) || event["data"] != nil {
			t.Errorf("%s is %s", eventType, body)
		}
		checkFresh(t, "", event)
	}
}

// TestConnectedAccount: what comes from a connected account says so.
func TestConnectedAccount(t *testing.T) {
	t.Parallel()
	event := decode(t, sample(t, stripe(t), "account.updated", seed(t, stripe(t), nil)))
	if account, _ := event["account"].(string); !strings.HasPrefix(account, "acct_1") || at(event, "data.object.id") != account {
		t.Errorf("the account is %v, of %v", event["account"], at(event, "data.object.id"))
	}
}

// checkFresh finds times that are not near now and placeholders that are left.
func checkFresh(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			checkFresh(t, path+"."+name, value)
			seconds, ok := value.(float64)
			timed := name == "created" || strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_start") || strings.HasSuffix(name, "_end")
			if ok && timed {
				if off := seconds - float64(now.Time().Unix()); off < -100*86400 || off > 32*86400 {
					t.Errorf("%s.%s is %.0f s from now", path, name, off)
				}
			}
		}
	case []any:
		for i, value := range v {
			checkFresh(t, path+"["+strconv.Itoa(i)+"]", value)
		}
	case string:
		if strings.ContainsAny(v, "{}") || v == "" {
			t.Errorf("%s is %q", path, v)
		}
	}
}

func TestSamplesAreFreshEachTime(t *testing.T) {
	t.Parallel()
	s := seed(t, stripe(t), nil)
	first, second := sample(t, stripe(t), "invoice.paid", s), sample(t, stripe(t), "invoice.paid", s)

	for _, path := range []string{"id", "data.object.id", "data.object.customer"} {
		if a, b := at(decode(t, first), path), at(decode(t, second), path); a == b {
			t.Errorf("%s is %v both times", path, a)
		}
	}
}

// With shared values the samples tell one story: the same customer,
// subscription, invoice, payment and amount, and moments that do not move.
func TestSharedValuesMakeAStory(t *testing.T) {
	t.Parallel()
	s := seed(t, stripe(t), map[string]string{"amount": "12900", "email": "kim@example.com", "name": `Kim "K" Ō`})
	seen := map[string]map[string]string{} // by id prefix or field, value to where
	note := func(what, value, where string) {
		if seen[what] == nil {
			seen[what] = map[string]string{}
		}
		seen[what][value] = where
	}
	ids := regexp.MustCompile(`\b(cus|sub|in|si|price|prod|pi|ch|pm|acct)_[0-9A-Za-z]{14,}\b`)
	events := map[string]bool{}
	var created []float64
	types := slices.DeleteFunc(snapshotTypes(t), func(s string) bool { return s == "account.updated" || s == "invoice.upcoming" })
	for i, eventType := range types {
		s.Now = now.Add(0) + es.Time(i*60_000)
		body := sample(t, stripe(t), eventType, s)
		for _, id := range ids.FindAllStringSubmatch(string(body), -1) {
			note(id[1], id[0], eventType)
		}
		event := decode(t, body)
		for _, name := range []string{"amount_due", "amount", "amount_total", "total"} {
			if amount, ok := at(event, "data.object."+name).(float64); ok {
				note("amount", strconv.Itoa(int(amount)), eventType)
			}
		}
		for _, path := range []string{"data.object.email", "data.object.customer_email", "data.object.billing_details.email", "data.object.customer_details.email"} {
			if email, ok := at(event, path).(string); ok {
				note("email", email, eventType)
			}
		}
		events[event["id"].(string)] = true
		if strings.HasPrefix(eventType, "invoice.") {
			seconds, _ := at(event, "data.object.created").(float64)
			created = append(created, seconds)
		}
	}
	for what, values := range seen {
		if len(values) != 1 {
			t.Errorf("several of %s: %v", what, values)
		}
	}
	if len(seen) != 12 {
		t.Errorf("saw only %v", slices.Sorted(maps.Keys(seen)))
	}
	if _, ok := seen["amount"]["12900"]; !ok {
		t.Errorf("amount %v", seen["amount"])
	}
	if len(events) != len(types) {
		t.Errorf("%d events of %d have an id of their own", len(events), len(types))
	}
	if slices.Sort(created); len(created) < 9 || created[0] != created[len(created)-1] {
		t.Errorf("the invoice was created at %v", created)
	}
}

func TestSampleRefuses(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		eventType string
		shared    map[string]string
		field     string
		says      string
	}{
		"a slip":                 {"invoice.payed", nil, "type", "did you mean invoice.paid?"},
		"a type without sample":  {"invoice.sent", nil, "type", "Stripe sends invoice.sent, but there is no sample"},
		"the same thing":         {"charge.captured", nil, "type", "did you mean charge.succeeded or charge.refunded or charge.failed or charge.dispute.created or charge.dispute.closed?"},
		"a part of the name":     {"subscription.created", nil, "type", "customer.subscription.created"},
		"nothing like it":        {"zebra", nil, "type", "charge.refunded, customer.subscription.deleted, and 31 more"},
		"a path":                 {"../stripe/invoice.paid", nil, "type", "no sample"},
		"a very long name":       {strings.Repeat("x", 1<<20), nil, "type", "no sample"},
		"nothing":                {"", nil, "type", "choose one of"},
		"an unknown shared name": {"invoice.paid", map[string]string{"custmer": "cus_1"}, "shared.custmer", "customer"},
		"an amount in words":     {"invoice.paid", map[string]string{"amount": "a lot"}, "shared.amount", "give one"},
		"a time in words":        {"invoice.paid", map[string]string{"invoice_created": "today"}, "shared.invoice_created", "give one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := stripe(t).Sample(tt.eventType, seed(t, stripe(t), tt.shared))
			var refusal *es.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%v, %s", err, body)
			}
			if refusal.Code != es.Invalid || refusal.Field != tt.field || !strings.Contains(refusal.Message, tt.says) {
				t.Errorf("refused %s, %s; want %s, %q", refusal.Field, refusal.Message, tt.field, tt.says)
			}
			if len(refusal.Message) > 600 {
				t.Errorf("the message has %d bytes", len(refusal.Message))
			}
		})
	}
}

func TestStripeIDs(t *testing.T) {
	t.Parallel()
	newID := stripe(t).IDs(rand.NewPCG(3, 4).Uint64)

	for prefix, pattern := range map[string]string{
		"evt": `evt_1`, "sub": `sub_1`, "in": `in_1`, "price": `price_1`, "pm": `pm_1`,
		"ch": `ch_3`, "pi": `pi_3`,
	} {
		if id := newID(prefix); !regexp.MustCompile(`^` + pattern + `[0-9A-Za-z]{23}$`).MatchString(id) {
			t.Errorf("%s: %s", prefix, id)
		}
	}
	for prefix, pattern := range map[string]string{
		"cus": `^cus_[0-9A-Za-z]{14}$`, "req": `^req_[0-9A-Za-z]{14}$`, "acct": `^acct_1[0-9A-Za-z]{15}$`, "cs_test": `^cs_test_a1[0-9A-Za-z]{56}$`,
	} {
		if id := newID(prefix); !regexp.MustCompile(pattern).MatchString(id) {
			t.Errorf("%s: %s", prefix, id)
		}
	}
	used := map[string]bool{}
	for range 10_000 {
		used[newID("evt")] = true
	}
	if len(used) != 10_000 {
		t.Errorf("%d of 10000 ids differ", len(used))
	}
}
