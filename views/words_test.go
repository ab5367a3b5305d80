package views

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryCauseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, code := range causes() {
		known := causeOf(code)
		if known.short == code || known.todo == "" {
			t.Errorf("%s is not explained", code)
		}
		if line := RejectedLine(code, "").String(); !strings.HasPrefix(line, code+" ") || !strings.Contains(line, known.short) {
			t.Errorf("the line of %s is %q", code, line)
		}
	}
	if got := RejectedLine("new_code", "").String(); got != "new_code" {
		t.Errorf("an unknown code is %q", got)
	}
	if got := RejectedLine("malformed_json", "cut off at byte 9").String(); got != "malformed_json cut off at byte 9" {
		t.Errorf("with a detail: %q", got)
	}
}

func TestIgnoredLine(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"no_mapping":         "no mapping for invoice.paid",
		"condition_false":    "dunning did not match: 1200 > 5000 is false",
		"mapping_paused":     "dunning is paused",
		"type_disabled":      "invoice.paid is switched off in the settings",
		"event_type_missing": "no event type could be taken from this body",
		"wrong_mode":         "test mode and live mode are kept apart, and this is of the other",
		"of_later":           "of_later",
	} {
		if got := IgnoredLine(reason, "invoice.paid", "dunning", "1200 > 5000 is false").String(); got != want {
			t.Errorf("%s reads %q, want %q", reason, got, want)
		}
	}
}

func TestActionLine(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"trigger invoice-paid → cus_9f2 ✓":              ActionLine("workflows_trigger", "invoice-paid", "cus_9f2", "succeeded", "").String(),
		"identify cus_9f2 ✓":                            ActionLine("users_identify", "", "cus_9f2", "succeeded", "").String(),
		"trigger dunning parked: recipients is missing": ActionLine("workflows_trigger", "dunning", "", "parked", "recipients is missing").String(),
		"audiences add member":                          ActionLine("audiences_add_member", "", "", "", "").String(),
		"identify a ✓ · trigger b planned":              JoinLines(ActionLine("users_identify", "", "a", "succeeded", ""), ActionLine("workflows_trigger", "b", "", "planned", "")).String(),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFiltersAreLinks(t *testing.T) {
	t.Parallel()
	f := Filters{Environment: "development", Type: "invoice.*", Q: "a&b=c", Status: "failed"}
	query := func(link string) url.Values {
		t.Helper()
		u, err := url.Parse(link)
		if err != nil || u.Path != "/" {
			t.Fatalf("%q: %v", link, err)
		}
		return u.Query()
	}
	want := url.Values{"environment": {"development"}, "type": {"invoice.*"}, "q": {"a&b=c"}, "status": {"failed"}}
	if diff := cmp.Diff(want, query(f.url(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var names []string
	for _, a := range f.active() {
		names = append(names, a.name)
		if got := query(a.without); got.Has(a.name) || len(got) != len(want)-1 {
			t.Errorf("without %s: %v", a.name, got)
		}
	}
	if diff := cmp.Diff([]string{"q", "type", "status"}, names); diff != "" {
		t.Errorf("active (-want +got):\n%s", diff)
	}
	if got := f.none(); got != "/?environment=development" {
		t.Errorf("without filters: %s", got)
	}
	if got := (Filters{}).url(nil); got != "/" {
		t.Errorf("nothing at all: %s", got)
	}
}

func TestChosenIsAlwaysOffered(t *testing.T) {
	t.Parallel()
	offered := []string{"a", "b"}
	if diff := cmp.Diff([]string{"a", "b", "x"}, withChosen(offered, "x")); diff != "" {
		t.Error(diff)
	}
	if len(withChosen(offered, "b")) != 2 || len(withChosen(offered, "")) != 2 || len(offered) != 2 {
		t.Error("an offer was added that was there")
	}
}

func TestDaysBegin(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	rows := []Row{{At: midnight}, {At: midnight.In(time.FixedZone("", -3600))}, {At: midnight.Add(-time.Millisecond)}}
	for i, want := range []bool{true, false, true} {
		if newDay(rows, i) != want {
			t.Errorf("row %d: %v", i, !want)
		}
	}
}
