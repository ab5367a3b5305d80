package web

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

func TestWhatARowSays(t *testing.T) {
	t.Parallel()
	did := func(kind action.Type, name, target string, status webhook.Status, note string) eventlog.ActionSummary {
		return eventlog.ActionSummary{Type: kind, Name: name, Target: target, Status: status, Note: note}
	}
	for name, c := range map[string]struct {
		item eventlog.Item
		want string
	}{
		"a rejection":       {eventlog.Item{Kind: eventlog.KindRejection, Cause: "malformed_json"}, "malformed_json the body is not JSON"},
		"no mapping":        {eventlog.Item{Status: "ignored", Reason: rule.NoMapping, EventType: "a.b"}, "no mapping for a.b"},
		"a false condition": {eventlog.Item{Status: "ignored", Reason: rule.ConditionFalse, Summary: eventlog.Summary{Mapping: "big", Because: "n > 5: 1 > 5 → false"}}, "big did not match: n > 5: 1 > 5 is false"},
		"done":              {eventlog.Item{Status: "succeeded", Actions: webhook.Counts{Total: 1}, Summary: eventlog.Summary{Actions: []eventlog.ActionSummary{did(action.WorkflowsTrigger, "paid", "cus_1", "succeeded", "")}}}, "trigger paid → cus_1 ✓"},
		"several": {eventlog.Item{Status: "failed", Actions: webhook.Counts{Total: 5}, Summary: eventlog.Summary{Actions: []eventlog.ActionSummary{
			did(action.UsersIdentify, "", "cus_1", "succeeded", ""), did(action.WorkflowsTrigger, "paid", "", "parked", "recipients is required"),
		}}}, "identify cus_1 ✓ · trigger paid parked: recipients is required · 3 more"},
		"a condition that failed": {eventlog.Item{Status: "failed", Summary: eventlog.Summary{Mapping: "big", Because: "1:2: no"}}, "big failed: 1:2: no"},
		"not planned":             {eventlog.Item{Status: "failed", Summary: eventlog.Summary{Explanation: "the rules cannot be used"}}, "the rules cannot be used"},
		"just received":           {eventlog.Item{Status: "processing"}, ""},
	} {
		if got := whatOf(c.item).String(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	at := es.TimeOf(time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC))
	item := eventlog.Item{Kind: eventlog.KindWebhook, Status: "succeeded", Environment: "development", ReceivedAt: at, WorkedAt: at + 38, Deliveries: 2}
	if row := rowOf(item, false); row.Took != 38*time.Millisecond || row.Deliveries != 2 || row.Count != 0 || row.Environment != "" {
		t.Errorf("a webhook: %+v", row)
	}
	if row := rowOf(item, true); row.Environment != "development" {
		t.Errorf("among others: %+v", row)
	}
	item.Status = "processing"
	if row := rowOf(item, false); row.Took != 0 {
		t.Errorf("one that is not done took %s", row.Took)
	}
	item.Kind = eventlog.KindRejection
	if row := rowOf(item, false); row.Count != 2 || row.Deliveries != 0 {
		t.Errorf("a rejection: %+v", row)
	}
}

func TestChartSpan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) es.Time { return es.TimeOf(now.Add(-d)) }
	oldest := func(d time.Duration) []eventlog.Item {
		return []eventlog.Item{{ReceivedAt: ago(0)}, {ReceivedAt: ago(d)}}
	}
	for name, c := range map[string]struct {
		filter eventlog.Filter
		items  []eventlog.Item
		want   stretch
	}{
		"nothing there":   {eventlog.Filter{}, nil, stretch{ago(time.Hour), ago(0)}},
		"minutes":         {eventlog.Filter{}, oldest(59 * time.Minute), stretch{ago(time.Hour), ago(0)}},
		"hours":           {eventlog.Filter{}, oldest(61 * time.Minute), stretch{ago(6 * time.Hour), ago(0)}},
		"days":            {eventlog.Filter{}, oldest(50 * time.Hour), stretch{ago(7 * 24 * time.Hour), ago(0)}},
		"years":           {eventlog.Filter{}, oldest(9999 * time.Hour), stretch{ago(365 * 24 * time.Hour), ago(0)}},
		"asked for":       {eventlog.Filter{From: 1000, To: 2000}, oldest(time.Hour), stretch{1000, 2000}},
		"from alone":      {eventlog.Filter{From: 1000}, nil, stretch{1000, ago(0)}},
		"until alone":     {eventlog.Filter{To: ago(48 * time.Hour)}, oldest(50 * time.Hour), stretch{ago(54 * time.Hour), ago(48 * time.Hour)}},
		"from the future": {eventlog.Filter{}, oldest(-time.Hour), stretch{ago(time.Hour), ago(0)}},
	} {
		if got := chartSpan(c.filter, c.items, now); got != c.want {
			t.Errorf("%s: %s to %s, want %s to %s", name, got.from, got.to, c.want.from, c.want.to)
		}
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	of := func(n int64) *int64 { return &n }
	for want, seconds := range map[string]*int64{
		"": nil,
		"signed in the second in which it arrived":          of(0),
		"signed 2 s before it arrived":                      of(-2),
		"signed 5 m 00 s after it arrived, by our clock":    of(300),
		"signed 106751 days before it arrived":              of(math.MinInt64),
		"signed 106751 days after it arrived, by our clock": of(math.MaxInt64),
	} {
		if got := skewWords(seconds); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLives(t *testing.T) {
	t.Parallel()
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 2}
	if got := generationsOf(ref, 1); got != nil {
		t.Errorf("one life is shown as %v", got)
	}
	var said, led string
	for _, span := range generationsOf(ref, 3) {
		said, led = said+span.Text, led+" "+span.Href
	}
	if said != "1 · 2 (this one) · 3" || led != " /events/development.stripe.evt_1    /events/development.stripe.evt_1~3" {
		t.Errorf("%q, %q", said, led)
	}
	if n := len(generationsOf(ref, 1000)); n > 2*maxLives {
		t.Errorf("1000 lives are %d spans", n)
	}
}

func TestActionLines(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"key":"paid","recipients":["cus_1"]}`:                    "trigger paid → cus_1",
		`{"key":"paid","recipients":[{"id":"cus_1"},"cus_2","c"]}`: "trigger paid → cus_1 and 2 more",
		`{"key":"paid"}`: "trigger paid",
		`{"method":"POST","url":"https://a.example"}`: "trigger POST → https://a.example",
		``:                   "trigger",
		`[1]`:                "trigger",
		`{"recipients":[7]}`: "trigger",
	} {
		if got := actionLine("workflows_trigger", []byte(payload)).String(); got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"a.b", "c"}, lines(" a.b \r\n\r\n\tc")); diff != "" {
		t.Error(diff)
	}
	if got := lines(""); got == nil || len(got) != 0 {
		t.Errorf("no lines are %#v; settings want an empty list", got)
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{"": "", "a thing": "A thing.", "Done.": "Done.", "é": "É.", "why?": "Why?", "users_delete needs id": "users_delete needs id.", "sorry.": "Sorry."} {
		if got := sentence(message); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/?q=1", "//x", `/\x`, "/\tx", "https://x", "/a/../b", "/%2f%2fx", "/é", "/#x", "/login"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		path := localPath(next)
		if path == "" || path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
			t.Fatalf("%q leads to %q", next, path)
		}
		for _, c := range []byte(path) {
			if c <= ' ' || c == 0x7f || c == '\\' {
				t.Fatalf("%q leads to %q", next, path)
			}
		}
		if again := localPath(path); again != path && path != "/" {
			t.Fatalf("%q leads to %q, which leads to %q", next, path, again)
		}
	})
}
