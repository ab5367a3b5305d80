package knock

import (
	"net/http"
	"strings"
	"testing"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/domain/webhook"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	c := call{about: "dunning", triggers: true}
	for name, test := range map[string]struct {
		call   call
		status int
		header http.Header
		body   string
		class  webhook.Class
		says   []string
		result string
	}{
		"a run":                  {c, 200, nil, `{"workflow_run_id":"r"}`, "", nil, `{"workflow_run_id":"r"}`},
		"a run with much beside": {c, 200, nil, `{"a":[1],"workflow_run_id":"r"}`, "", nil, `{"workflow_run_id":"r"}`},
		"no run":                 {c, 200, nil, `{"workflow_run_id":7}`, "", nil, ``},
		"a run too long":         {c, 200, nil, `{"workflow_run_id":"` + strings.Repeat("r", 300) + `"}`, "", nil, ``},
		"of no trigger":          {call{}, 200, nil, `{"workflow_run_id":"r"}`, "", nil, ``},

		"no such workflow":    {c, 404, nil, `{"code":"workflow_missing","message":"Not found."}`, webhook.ClassRefused, []string{"404 Not Found: Not found. (workflow_missing). There is no workflow “dunning”"}, ``},
		"inactive":            {c, 422, nil, `{"code":"workflow_inactive","message":"No."}`, webhook.ClassRefused, []string{"Switch the workflow “dunning” on"}, ``},
		"expired":             {c, 401, nil, `{"code":"api_key_expired","message":"No."}`, webhook.ClassRefused, []string{"Make a new API key"}, ``},
		"no words":            {c, 403, nil, ``, webhook.ClassRefused, []string{"403 Forbidden. Check the environment's API key"}, ``},
		"fields":              {c, 422, nil, `{"code":"invalid_params","message":"","errors":[{"field":"email","message":"is wrong"}]}`, webhook.ClassRefused, []string{"email is wrong", "Correct the mapping"}, ``},
		"a key in the words":  {c, 422, nil, `{"code":"x","message":"you sent sk_test_0123456789abcdef"}`, webhook.ClassRefused, []string{"you sent [redacted] (x)"}, ``},
		"many words":          {c, 422, nil, `{"code":"x","message":"` + strings.Repeat("é", 9000) + `"}`, webhook.ClassRefused, []string{"é… (x)"}, ``},
		"somebody else's":     {c, 404, nil, `<html>`, webhook.ClassRefused, []string{"excludes /v1"}, ``},
		"elsewhere":           {c, 308, nil, ``, webhook.ClassRefused, []string{"does not redirect"}, ``},
		"down":                {c, 502, nil, `<html>`, webhook.ClassTemporary, []string{"Knock answered 502 Bad Gateway"}, ``},
		"down, and not again": {c, 500, http.Header{"X-Should-Retry": {"false"}}, ``, webhook.ClassRefused, []string{"500"}, ``},
		"refused, but again":  {c, 400, http.Header{"X-Should-Retry": {"true"}}, ``, webhook.ClassTemporary, []string{"400"}, ``},

		"gone already":           {call{removes: true}, 404, nil, `{"code":"resource_missing"}`, "", nil, ``},
		"gone, says a stranger":  {call{removes: true}, 404, nil, `<html>`, webhook.ClassRefused, []string{"404"}, ``},
		"not removed, not there": {call{}, 404, nil, `{"code":"resource_missing"}`, webhook.ClassRefused, []string{"404"}, ``},
	} {
		outcome := destination.Outcome{Class: webhook.ClassOfStatus(test.status), Error: "the answer was", HTTPStatus: test.status}
		if outcome.Class == "" {
			outcome.Error = ""
		}
		test.call.judge(egress.Answer{Status: test.status, Header: test.header, Body: []byte(test.body)}, &outcome)
		if outcome.Class != test.class || string(outcome.Result) != test.result || (outcome.Error == "") != (test.class == "") || len(outcome.Error) > 2000 {
			t.Errorf("%s: %+v", name, outcome)
		}
		for _, words := range test.says {
			if !strings.Contains(outcome.Error, words) {
				t.Errorf("%s: %q does not say %q", name, outcome.Error, words)
			}
		}
	}
}
