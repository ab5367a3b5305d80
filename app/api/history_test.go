package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheHistoryOfASource(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.want(201, h.put(stripe, `{}`))
	h.want(201, h.post("/sources/stripe/secrets?environment=development", `{"secret":"whsec_of_the_history_tests"}`))
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"settings":{"tolerance":"2m"},"mappings":[]}}}}`))
	h.want(201, h.put("/sources/stripe?environment=production", `{}`))

	all := items(t, h.want(200, h.get("/sources/stripe/history")))
	var types []string
	for _, c := range all {
		types = append(types, c["type"].(string))
		if c["actor"] != "admin" {
			t.Errorf("%v was not by admin", c)
		}
	}
	if got := strings.Join(types, " "); got != "SourceConnected MappingsChanged SettingsChanged SecretAdded SourceConnected SourceCreated" {
		t.Errorf("the history is %s", got)
	}
	whole := h.get("/sources/stripe/history")
	if strings.Contains(string(whole.body), "whsec_") || !strings.Contains(string(whole.body), `"before":"5m","after":"2m"`) {
		t.Errorf("%s", whole.body)
	}
	if here := items(t, h.want(200, h.get("/sources/stripe/history?environment=development"))); len(here) != 5 {
		t.Errorf("%d changes in development", len(here))
	}
	first := h.want(200, h.get("/sources/stripe/history?limit=4"))
	next, _ := at(t, first, "next").(string)
	rest := h.want(200, h.get("/sources/stripe/history?limit=4&after="+next))
	if len(items(t, rest)) != 2 || at(t, rest, "next") != nil {
		t.Errorf("after %q: %s", next, rest.body)
	}
	for _, limit := range []string{"1", "2", "3"} {
		var walked []map[string]any
		for after := ""; ; {
			page := h.want(200, h.get("/sources/stripe/history?limit="+limit+after))
			walked = append(walked, items(t, page)...)
			next, more := at(t, page, "next").(string)
			if !more {
				break
			}
			after = "&after=" + next
		}
		if diff := cmp.Diff(all, walked); diff != "" {
			t.Errorf("by pages of %s (-whole +walked)\n%s", limit, diff)
		}
	}
	one := items(t, h.want(200, h.get("/sources/stripe/history?environment=development&mapping=invoice-paid")))
	if len(one) != 2 || one[0]["summary"] == "" {
		t.Errorf("of one mapping: %v", one)
	}

	past := h.want(200, h.get("/sources/stripe/history/2?environment=development"))
	mappings, _ := at(t, past, "mappings").([]any)
	since, _ := at(t, past, "since_then", "settings").([]any)
	if len(mappings) != 3 || at(t, past, "settings", "tolerance") != "5m" || len(since) != 1 {
		t.Errorf("at revision 2: %s", past.body)
	}
	restored := h.want(200, h.post("/sources/stripe/history/2/restore?environment=development", `{"settings":false}`))
	settings := at(t, restored, "source", "environment_settings", "development", "settings").(map[string]any)
	mappings, _ = at(t, restored, "source", "environment_settings", "development", "mappings").([]any)
	if settings["tolerance"] != "2m" || len(mappings) != 3 {
		t.Errorf("restored: %s", restored.body)
	}
	newest := items(t, h.get("/sources/stripe/history?limit=1"))[0]
	if newest["restores"] != 2.0 || newest["actor"] != "admin" || newest["type"] != "MappingsChanged" {
		t.Errorf("the restoration is told as %v", newest)
	}
	h.want(200, h.post("/sources/stripe/history/2/restore?environment=development", ""))
	if n := len(items(t, h.get("/sources/stripe/secrets?environment=development"))); n != 1 {
		t.Errorf("there are %d secrets", n)
	}

	h.want(404, h.get("/sources/none/history"))
	h.want(404, h.get("/sources/stripe/history/99?environment=development"))
	h.want(404, h.get("/sources/stripe/history/0?environment=development"))
	h.want(404, h.get("/sources/stripe/history/x?environment=development"))
	h.want(422, h.get("/sources/stripe/history/2"))
	h.want(422, h.get("/sources/stripe/history?after=x"))
	h.want(422, h.post("/sources/stripe/history/2/restore?environment=development", `{"settings":false,"mappings":false}`))
	h.want(404, h.post("/sources/stripe/history/99/restore?environment=development", `{}`))
	h.want(204, h.delete(stripe))
	h.want(204, h.delete("/sources/stripe?environment=production"))
	if gone := items(t, h.want(200, h.get("/sources/stripe/history?limit=1"))); gone[0]["type"] != "SourceDisconnected" {
		t.Errorf("a source that is gone: %v", gone)
	}
	h.want(404, h.post("/sources/stripe/history/2/restore?environment=development", `{}`))
}
