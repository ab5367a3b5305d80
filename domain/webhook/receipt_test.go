package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"daybook/domain/es"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

func stripePaths(t *testing.T) webhook.Paths {
	t.Helper()
	return webhook.Paths{EventType: *path(t, "body.type"), Timestamp: path(t, "body.created"), Key: path(t, "body.id")}
}

func path(t *testing.T, text string) *fieldpath.Path {
	t.Helper()
	p, err := fieldpath.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func decode(t *testing.T, raw string) any {
	t.Helper()
	decoded, err := value.Decode([]byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return decoded.Value
}

func TestReadReceipt(t *testing.T) {
	t.Parallel()

	raw := `{
		"id": "evt_1", "type": "invoice.paid", "created": 1700000000,
		"data": {"object": {
			"id": "in_1A", "object": "invoice", "status": "past_due", "billing_reason": "subscription_cycle",
			"customer": "customer number 7", "subscription": "sub_1B", "charge": null, "again": "sub_1B", "self": "in_1A",
			"payment_intent": {"id": "pi_3C", "client_secret": "pi_3C_secret_x1"}, "client_secret": "pi_3C_secret_x1",
			"default_source": "sub_sched_1D", "lines": {"data": []}, "amount_due": 5, "note": "_1", "odd": "x_1-2"
		}}
	}`
	paths := stripePaths(t)
	headers := map[string]string{"user-agent": "Stripe/1.0"}

	got := paths.ReadReceipt([]byte(raw), decode(t, raw), headers)
	want := webhook.Receipt{
		IdempotencyKey: "evt_1",
		EventType:      "invoice.paid",
		EventID:        "evt_1",
		ObjectID:       "in_1A",
		OccurredAt:     es.TimeOf(time.Unix(1700000000, 0)),
		Related:        []string{"sub_1B", "customer number 7", "sub_sched_1D", "pi_3C"}, // by member: again, customer, default_source, …
		Headers:        headers,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
}

// TestThinAndConnectedEvents: a thin event names its object beside it, and both
// kinds name the connected account.
func TestThinAndConnectedEvents(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]webhook.Receipt{
		`{"id":"evt_test_65R","object":"v2.core.event","type":"v2.core.account[configuration.customer].updated","created":"2025-10-04T15:13:32.232083866Z","context":"acct_1A",
			"related_object":{"id":"acct_1B","type":"v2.core.account","url":"/v2/core/accounts/acct_1B"}}`: {
			IdempotencyKey: "evt_test_65R", EventID: "evt_test_65R", EventType: "v2.core.account[configuration.customer].updated",
			ObjectID: "acct_1B", OccurredAt: es.TimeOf(time.UnixMilli(1759590812232)), Related: []string{"acct_1A"},
		},
		`{"id":"evt_2","type":"v1.billing.meter.no_meter_found","created":"2025-10-04T15:13:32Z","related_object":null}`: {
			IdempotencyKey: "evt_2", EventID: "evt_2", EventType: "v1.billing.meter.no_meter_found", OccurredAt: es.TimeOf(time.Unix(1759590812, 0)),
		},
		`{"id":"evt_3","type":"invoice.paid","created":1700000000,"account":"acct_1C","context":"acct_1C","data":{"object":{"id":"in_1","customer":"cus_1"}}}`: {
			IdempotencyKey: "evt_3", EventID: "evt_3", EventType: "invoice.paid", ObjectID: "in_1",
			OccurredAt: es.TimeOf(time.Unix(1700000000, 0)), Related: []string{"acct_1C", "cus_1"},
		},
	} {
		paths := stripePaths(t)
		if diff := cmp.Diff(want, paths.ReadReceipt([]byte(raw), decode(t, raw), nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestReadReceiptTakesWhatItCan(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("é", 256)
	for _, raw := range []string{
		`{}`, `{"id":null,"type":null,"created":null,"data":null}`, `{"data":[]}`, `{"data":{"object":"x"}}`,
		`{"id":7,"type":["x"],"created":{},"data":{"object":{"id":7}}}`,
		`{"id":"` + long + `","type":"` + long + `","created":"` + long + `","data":{"object":{"id":"` + long + `","customer":"` + long + `"}}}`,
	} {
		paths := stripePaths(t)
		got := paths.ReadReceipt([]byte(raw), decode(t, raw), nil)
		if got.KeyProblem == "" {
			t.Errorf("%.60s: a key was found", raw)
		}
		got.KeyProblem = ""
		if diff := cmp.Diff(webhook.Receipt{}, got); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestRelatedIDsAreBounded(t *testing.T) {
	t.Parallel()

	var members []string
	for c := 'a'; c <= 'z'; c++ {
		members = append(members, `"`+string(c)+`":"in_`+string(c)+`1"`)
	}
	raw := `{"data":{"object":{` + strings.Join(members, ",") + `}}}`
	paths := stripePaths(t)
	got := paths.ReadReceipt([]byte(raw), decode(t, raw), nil).Related
	if len(got) != webhook.MaxRelated || got[0] != "in_a1" || got[webhook.MaxRelated-1] != "in_p1" {
		t.Errorf("related: %q", got)
	}
}

func TestOccurredAt(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ created, want string }{
		{`1700000000`, "2023-11-14T22:13:20.000Z"},
		{`1700000000.25`, "2023-11-14T22:13:20.250Z"},
		{`"2025-10-04T15:13:32.232083866Z"`, "2025-10-04T15:13:32.232Z"},
		{`"2025-10-04T17:13:32+02:00"`, "2025-10-04T15:13:32.000Z"},
		{`253402300799`, "9999-12-31T23:59:59.000Z"},
		{`253402300800`, "1978-01-11T21:31:40.800Z"},
		{`1700000000250`, "2023-11-14T22:13:20.250Z"},
		{`253402300799000`, "9999-12-31T23:59:59.000Z"},
		{`253402300799001`, ""},
		{`9223372036854775807`, ""},
		{`1e300`, ""},
		{`-1`, ""},
		{`0`, ""},
		{`"1700000000"`, ""},
		{`"yesterday"`, ""},
		{`true`, ""},
	} {
		raw := `{"created":` + c.created + `}`
		paths := stripePaths(t)
		got := paths.ReadReceipt([]byte(raw), decode(t, raw), nil).OccurredAt
		if text := got.String(); (c.want == "") != got.IsZero() || c.want != "" && text != c.want {
			t.Errorf("created %s: %s, want %q", c.created, text, c.want)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()

	const generated = "~g-01020304-0000-0000-0000-000000000000"
	id := uuid.UUID{1, 2, 3, 4}
	characters := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct {
		raw     string
		problem webhook.KeyProblem
		stream  string // empty: ~ and a hash
	}{
		{`{"id":"evt_1"}`, "", "evt_1"},
		{`{"id":"` + strings.Repeat("a", 200) + `"}`, "", strings.Repeat("a", 200)},
		{`{"id":"` + strings.Repeat("a", 201) + `"}`, "", ""},
		{`{"id":"` + characters(255) + `"}`, "", ""},
		{`{"id":"` + characters(256) + `"}`, webhook.KeyTooLong, generated},
		{`{"id":"a b"}`, "", ""},
		{`{"id":"a/../b"}`, "", ""},
		{`{"id":"\u0000"}`, "", ""},
		{`{"id":"~g-1"}`, "", ""},
		{`{"id":" "}`, "", ""},
		{`{"id":""}`, webhook.KeyEmpty, generated},
		{`{"id":null}`, webhook.KeyMissing, generated},
		{`{"ID":"evt_1"}`, webhook.KeyMissing, generated},
		{`{}`, webhook.KeyMissing, generated},
		{`{"id":1}`, webhook.KeyNotString, generated},
		{`{"id":false}`, webhook.KeyNotString, generated},
		{`{"id":["evt_1"]}`, webhook.KeyNotString, generated},
		{`{"id":{"id":"evt_1"}}`, webhook.KeyNotString, generated},
	} {
		paths := stripePaths(t)
		receipt := paths.ReadReceipt([]byte(c.raw), decode(t, c.raw), nil)
		if receipt.KeyProblem != c.problem || (receipt.IdempotencyKey == "") != (c.problem != "") {
			t.Errorf("%.60s: key %.20q, problem %q, want %q", c.raw, receipt.IdempotencyKey, receipt.KeyProblem, c.problem)
		}
		stream := receipt.StreamKey(id)
		ok := stream == c.stream
		if c.stream == "" {
			ok = strings.HasPrefix(stream, "~") && len(stream) == 65
		}
		if !ok {
			t.Errorf("%.60s: stream key %q, want %q", c.raw, stream, c.stream)
		}
	}
}

func TestKeysFromElsewhere(t *testing.T) {
	t.Parallel()

	body := decode(t, `{"data":[{"id":"a"},{"id":"b"}]}`)
	headers := map[string]string{"svix-id": "msg_1"}
	for name, c := range map[string]struct {
		paths   webhook.Paths
		key     string
		problem webhook.KeyProblem
	}{
		"off":             {webhook.Paths{}, "", webhook.KeyOff},
		"the body's hash": {webhook.Paths{HashesBody: true}, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", ""},
		"a header":        {webhook.Paths{Key: path(t, "headers.Svix-Id")}, "msg_1", ""},
		"no such header":  {webhook.Paths{Key: path(t, "headers.other")}, "", webhook.KeyMissing},
		"an entry":        {webhook.Paths{Key: path(t, "body.data[1].id")}, "b", ""},
		"all entries":     {webhook.Paths{Key: path(t, "body.data[*].id")}, "", webhook.KeyNotString},
		"not yet known":   {webhook.Paths{Key: path(t, "event.id")}, "", webhook.KeyMissing},
	} {
		c.paths.EventType = *path(t, "body.type")
		receipt := c.paths.ReadReceipt([]byte("hello"), body, headers)
		if receipt.IdempotencyKey != c.key || receipt.KeyProblem != c.problem {
			t.Errorf("%s: key %q, problem %q", name, receipt.IdempotencyKey, receipt.KeyProblem)
		}
	}
}

func TestPathsGuardEachOfThem(t *testing.T) {
	t.Parallel()

	paths := webhook.Paths{
		EventType: *path(t, "body.a.type"), Timestamp: path(t, "body.b.time"), Key: path(t, "body.c.key"),
	}
	for _, place := range []string{"a", "a type", "b time", "c key"} {
		if !paths.Guards(strings.Fields(place)) {
			t.Errorf("%q is not guarded", place)
		}
	}
	for _, place := range []string{"d", "a time", "a type deeper"} {
		if paths.Guards(strings.Fields(place)) {
			t.Errorf("%q is guarded", place)
		}
	}
	bare := webhook.Paths{EventType: *path(t, "body.type")}
	if bare.Guards([]string{"id"}) {
		t.Error("a place is guarded that no path leads to")
	}
}

func TestPathsIntoPreprocess(t *testing.T) {
	t.Parallel()
	body := decode(t, `{"table":"users","type":"INSERT","record":{"id":7},"at":"2026-11-24T10:00:00Z"}`)
	headers := map[string]string{"x-try": "1"}
	paths := webhook.Paths{
		EventType: *path(t, "preprocess.type"), Timestamp: path(t, "preprocess.at"), Key: path(t, "preprocess.key"),
	}
	for name, c := range map[string]struct {
		source, eventType, key string
		occurred               bool
		problem                webhook.KeyProblem
	}{
		"all": {
			`{"type": lower(body.table + "." + body.type), "key": string(body.record.id) + headers["x-try"], "at": body.at}`,
			"users.insert", "71", true, "",
		},
		"some":  {`{"type": 5, "key": nil}`, "", "", false, webhook.KeyMissing},
		"fails": {`{"type": body.table, "key": body.none.deeper}`, "", "", false, webhook.KeyPreprocess},
		"spent": {`{"type": body.table, "key": repeat("a", 100000000)}`, "", "", false, webhook.KeyPreprocess},
		"null":  {`body.none`, "", "", false, webhook.KeyPreprocess},
	} {
		var err error
		if paths.Preprocess, err = rule.NewPreprocess(c.source); err != nil {
			t.Fatal(err)
		}
		got := paths.ReadReceipt(nil, body, headers)
		if got.EventType != c.eventType || got.IdempotencyKey != c.key || got.KeyProblem != c.problem || got.OccurredAt.IsZero() == c.occurred {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What a preprocess expression gives may be small and yet have ten thousand
// million entries, being the same list again and again.
func TestPathsCostOnlySoMuch(t *testing.T) {
	t.Parallel()
	paths := stripePaths(t)
	var err error
	paths.Preprocess, err = rule.NewPreprocess(`let a = 1..100; let b = map(a, a); let c = map(a, b); let d = map(a, c); {"deep": map(a, d), "key": "k"}`)
	if err != nil {
		t.Fatal(err)
	}
	deep := path(t, "preprocess.deep[*][*][*][*][*]")
	paths.EventType, paths.Timestamp, paths.Key = *deep, deep, deep
	done := make(chan webhook.Receipt, 1)
	go func() { done <- paths.ReadReceipt(nil, decode(t, `{"id":"evt_1"}`), nil) }()
	select {
	case got := <-done:
		if got.EventType != "" || got.KeyProblem != webhook.KeyNotString || !got.OccurredAt.IsZero() {
			t.Errorf("%+v", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on and on")
	}
}

// A source without paths into it does not run its preprocess expression at the
// door.
func TestPreprocessRunsOnlyWhereAPathLeadsIntoIt(t *testing.T) {
	t.Parallel()
	paths := stripePaths(t)
	var err error
	if paths.Preprocess, err = rule.NewPreprocess(`{"a": body.type}`); err != nil {
		t.Fatal(err)
	}
	if paths.ReadsPreprocess() {
		t.Error("it would run")
	}
	paths.Timestamp = path(t, "preprocess.a")
	if !paths.ReadsPreprocess() {
		t.Error("it would not run")
	}
}
