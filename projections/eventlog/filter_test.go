package eventlog_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/projections/eventlog"
)

func TestParseFilter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query string
		want  eventlog.Filter
	}{
		{"", eventlog.Filter{}},
		{"status=&q=+&limit=7&after=x", eventlog.Filter{}},
		{"source=stripe&environment=production", eventlog.Filter{Source: "stripe", Environment: "production"}},
		{"type=invoice.*&status=duplicate&cause=signature_mismatch", eventlog.Filter{Type: "invoice.*", Status: "duplicate", Cause: "signature_mismatch"}},
		{"object=cus_1&key=evt_1&mapping=welcome&action=users_identify&q=Cus", eventlog.Filter{
			Object: "cus_1", Key: "evt_1", Mapping: "welcome", Action: "users_identify", Q: "Cus",
		}},
		{"from=2026-11-24T14:00:00Z&to=2026-11-24T16:00:00%2B01:00", eventlog.Filter{From: 1_795_528_800_000, To: 1_795_532_400_000}},
		{"from=2026-11-24&to=2026-11-24", eventlog.Filter{From: 1_795_478_400_000, To: 1_795_478_400_000}},
		{"from=2026-11-24&to=2026-11-24T14:00", eventlog.Filter{From: 1_795_478_400_000, To: 1_795_528_800_000}},
	} {
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := eventlog.ParseFilter(values)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
		again, err := eventlog.ParseFilter(got.Values())
		if err != nil || again != got {
			t.Errorf("%s: written as %s it is read as %+v, %v", c.query, got.Values().Encode(), again, err)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	t.Parallel()
	for query, fields := range map[string]string{
		"status=gone":                          "status",
		"source=No+Slug":                       "source",
		"environment=..":                       "environment",
		"environment=rejection":                "environment",
		"cause=DROP+TABLE":                     "cause",
		"action=rm":                            "action",
		"from=yesterday":                       "from",
		"from=1970-01-01T00:00:00Z":            "from",
		"from=2026-11-24&to=2026-11-23":        "to",
		"type=a&type=b":                        "type",
		"q=%FF":                                "q",
		"key=" + strings.Repeat("k", 301):      "key",
		"status=x&action=y&to=z&source=%20%20": "source status action to",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = eventlog.ParseFilter(values)
		var refusals es.Refusals
		if !errors.As(err, &refusals) {
			t.Errorf("%s: %v, want refusals", query, err)
			continue
		}
		var got []string
		for _, r := range refusals {
			got = append(got, r.Field)
			if r.Code != es.Invalid || r.Message == "" {
				t.Errorf("%s: %+v", query, r)
			}
		}
		if strings.Join(got, " ") != fields {
			t.Errorf("%s: fields %v, want %s", query, got, fields)
		}
	}
}

func TestIsParameter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"source", "q", "to"} {
		if !eventlog.IsParameter(name) {
			t.Errorf("%s is a filter", name)
		}
	}
	for _, name := range []string{"limit", "after", "Source", ""} {
		if eventlog.IsParameter(name) {
			t.Errorf("%s is no filter", name)
		}
	}
}
