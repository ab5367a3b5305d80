package web

import "testing"

func TestBecause(t *testing.T) {
	t.Parallel()
	for trace, want := range map[string]string{
		"": "",
		"body.data.object.amount_due > 5000: 1200 > 5000 → false":            "amount_due is 1200, and 1200 > 5000 is false",
		"body.a > body.b[0]: 1 > 2 → false":                                  "a is 1, b[0] is 2, and 1 > 2 is false",
		`body.status == "a: b": "open" == "a: b" → false; body.live → false`: `status is "open", and "open" == "a: b" is false; body.live is false`,
		`"eur" in body?.list: "eur" in [2 entries] → true`:                   `list is [2 entries], and "eur" in [2 entries] is true`,
		"headers.x == null: null == null → true":                             "x is null, and null == null is true",
		"(body.amount ?? 0) > 5000: 1200 > 5000 → false":                     "(body.amount ?? 0) > 5000: 1200 > 5000 is false",
		"body > 1: {2 members} > 1 → false":                                  "body > 1: {2 members} > 1 is false",
		"1 > 2 → false":                                                      "1 > 2 is false",
		"body.a.b > 1: ":                                                     "body.a.b > 1: ",
		": ":                                                                 ": ",
		"body.a > 1: 0 < 1 → true":                                           "body.a > 1: 0 < 1 is true",
	} {
		if got := because(trace); got != want {
			t.Errorf("because(%q):\n got %s\nwant %s", trace, got, want)
		}
	}
}
