package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Every change of a source is refused if the source is not what the sender has
// seen; and says what it is then.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	secrets := items(t, h.want(200, h.get("/sources/stripe/secrets?environment=development")))
	id, _ := secrets[0]["id"].(string)
	seen := h.want(200, h.get(stripe)).header.Get("ETag")
	h.want(200, h.put(stripe, `{"source":{"description":"changed"}}`))
	now := h.want(200, h.get(stripe)).header.Get("ETag")
	for _, c := range []call{
		{method: "PUT", path: stripe, body: `{"source":{"name":"a"}}`},
		{method: "PUT", path: "/sources/stripe?environment=production", body: `{}`},
		{method: "POST", path: "/sources/stripe/rotate?environment=development"},
		{method: "POST", path: "/sources/stripe/secrets?environment=development", body: `{"secret":"whsec_one_more_secret"}`},
		{method: "DELETE", path: "/sources/stripe/secrets/" + id + "?environment=development"},
		{method: "DELETE", path: stripe},
	} {
		for _, tag := range []string{seen, `"99999"`, `"x"`} {
			c.header = http.Header{"If-Match": {tag}}
			if a := h.do(c); a.status != 412 || read[problem](t, a).Error.Code != "stale" {
				t.Errorf("%s %s with %s: %d %s", c.method, c.path, tag, a.status, a.body)
			}
		}
		c.header = http.Header{"If-Match": {now}}
		a := h.do(c)
		if next := a.header.Get("ETag"); a.status > 299 || next == now || next == "" {
			t.Fatalf("%s %s: %d %s, ETag from %s to %s", c.method, c.path, a.status, a.body, now, next)
		}
		now = a.header.Get("ETag")
	}
	if a := h.do(call{method: "PUT", path: "/sources/new?environment=development", body: "{}", header: http.Header{"If-Match": {`"0"`}}}); a.status != 412 {
		t.Errorf("a revision of what does not exist: %d %s", a.status, a.body)
	}
}

// What a change is answered with names that change, and not another's that was
// made a moment later.
func TestEachChangeHasItsOwnETag(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	var mu sync.Mutex
	tags := map[string]int{}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			a := h.do(call{method: "PUT", path: stripe, body: fmt.Sprintf(`{"source":{"description":"by %d"}}`, i)})
			mu.Lock()
			defer mu.Unlock()
			tags[a.header.Get("ETag")]++
		})
	}
	all.Wait()
	if len(tags) != 16 {
		t.Errorf("16 changes have the revisions %v", tags)
	}
}

// Of many that make a source which must not be there, one does.
func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	h := open(t)
	create := call{method: "PUT", path: stripe, body: `{}`, header: http.Header{"If-None-Match": {"*"}}}
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch a := h.do(create); a.status {
			case 201:
				made.Add(1)
			case 412:
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d made it, %d were refused", made.Load(), refused.Load())
	}
	create.path = "/sources/stripe?environment=production"
	h.want(201, h.do(create))
	create.header = http.Header{"If-None-Match": {`"5"`}}
	h.want(422, h.do(create))
}

// Names count as they are written, inside settings and parameters too.
func TestNamesAreNotGuessed(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	for _, body := range []string{
		`{"settings":{"Tolerance":"2m"}}`,
		`{"settings":{"tolerance":"2m","tolerance":"3m"}}`,
		`{"settings":{"TOLERANCE":"2m","tolerance":"3m"}}`,
		`{"Settings":{"tolerance":"2m"}}`,
		`{"mappings":[{"Event_Type":"a","action_type":"users_delete","action_parameters":{"id":"body.id"}}]}`,
		`{"mappings":[{"event_type":"a","action_type":"users_delete","action_parameters":{"ID":"body.id"}}]}`,
		`{"mappings":[{"event_type":"a","action_type":"users_delete","action_parameters":{"id":{"Path":"body.id"}}}]}`,
		`{"mappings":[{"event_type":"a","action_type":"users_delete","action_parameters":{"id":{"path":"body.id","Default":"a"}}}]}`,
	} {
		if a := h.put(stripe, `{"source":{"environment_settings":{"development":`+body+`}}}`); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := h.get(stripe); !strings.Contains(string(a.body), `"tolerance":"5m"`) {
		t.Errorf("it is %s", a.body)
	}
}

func TestKnocksJSONIsReadAsKnockWritesIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	const script = `{"source":{"environment_settings":{"development":{"settings":{"preprocess_script":{"language":"javascript","source":"x"}}}}}}`
	a := h.want(422, h.put(stripe, script))
	if p := read[problem](t, a); len(p.Errors) != 1 || p.Errors[0].Field != "source.environment_settings.development.settings.preprocess_script" {
		t.Errorf("%s", a.body)
	}
	a = h.want(201, h.put("/sources/orders?environment=development", `{"source":{"preconfigured_provider":"custom_http"}}`))
	if at(t, a, "source", "preconfigured_provider") != "custom" {
		t.Errorf("%s", a.body)
	}
}
