package action_test

import (
	"encoding/json"
	"testing"

	"daybook/domain/action"
)

func TestSubjectOf(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]action.Subject{
		`{"key":"dunning","recipients":["cus_1",{"id":"cus_2"},"cus_3"]}`:    {Name: "dunning", Target: "cus_1", More: 2},
		`{"key":"dunning","recipients":[{"id":"cus_2","name":"Jo"}]}`:        {Name: "dunning", Target: "cus_2"},
		`{"key":"team","members":["cus_1","cus_2"]}`:                         {Name: "team", Target: "cus_1", More: 1},
		`{"key":"team","members":[{"user":{"id":"cus_1"},"tenant":"acme"}]}`: {Name: "team", Target: "cus_1"},
		`{"cancellation_key":"in_1","key":"dunning"}`:                        {Name: "dunning"},
		`{"id":"cus_1","name":"Jo"}`:                                         {Target: "cus_1"},
		`{"collection":"shops","id":"s1","recipients":["a","b"]}`:            {Target: "s1", More: 1},
		`{"body":{"id":"no"},"method":"POST","url":"https://a.example"}`:     {Name: "POST", Target: "https://a.example"},
		`{"data":{"id":"no","key":"no"},"recipients":[]}`:                    {},
		`{"key":5,"recipients":"cus_1"}`:                                     {},
		`null`:                                                               {},
		``:                                                                   {},
	} {
		if got := action.SubjectOf([]byte(payload)); got != want {
			t.Errorf("%s is about %+v, want %+v", payload, got, want)
		}
	}
}

func TestRecipientID(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"cus_1"`: "cus_1", `{"id":"cus_2","collection":"$users"}`: "cus_2", `{"name":"Jo"}`: "", `""`: "", `null`: "", `5`: "", ``: "",
	} {
		if got := action.RecipientID(json.RawMessage(raw)); got != want {
			t.Errorf("%s is the id %q, want %q", raw, got, want)
		}
	}
}
