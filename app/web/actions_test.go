package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"daybook/app/destination"
	"daybook/app/trigger"
	"daybook/domain/webhook"
	"daybook/projections/actions"
)

// moody is a destination that does what it is told to.
type moody struct {
	mu   sync.Mutex
	next destination.Outcome
}

func (*moody) Terms(destination.Action) destination.Terms {
	return destination.Terms{Lane: "http crm.example.com:443"}
}

func (m *moody) CarryOut(context.Context, destination.Action) destination.Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next
}

func (m *moody) will(o destination.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = o
}

func down() destination.Outcome {
	return destination.Outcome{
		Class: webhook.ClassTemporary, HTTPStatus: 503, Error: "it answered 503 <b>later</b>",
		Request: "POST /hook\n\n{}", Answer: "503 Service Unavailable",
	}
}

func lost() destination.Outcome {
	return destination.Outcome{Class: webhook.ClassUnknown, Error: "the connection was lost"}
}

// openHouse is a house with a webhook whose one action ended as o, so that it
// stands as status.
func openHouse(t *testing.T, o destination.Outcome, status webhook.Status) (h *house, to *moody, event string, found actions.Item) {
	t.Helper()
	to = &moody{next: o}
	h = newHouseWith(t, to)
	h.connect()
	h.maps("http_request", `{"url":"https://crm.example.com/hook","method":"POST"}`)
	sender, err := h.trigger.Sender(place().Key, place().Environment)
	check(t, err)
	sent, err := sender.Send(t.Context(), trigger.Sample{Type: "customer.created"})
	check(t, err)
	return h, to, sent[0].ID, h.stands(status, 1)
}

// stands waits until an action stands so after so many attempts.
func (h *house) stands(status webhook.Status, attempts int) actions.Item {
	h.t.Helper()
	list := actions.New(h.runner)
	for {
		changed := h.runner.Changed()
		page, err := list.List(h.t.Context(), actions.Filter{Status: status}, 1, "")
		check(h.t, err)
		if len(page.Items) > 0 && page.Items[0].Attempts == attempts {
			return page.Items[0]
		}
		h.wait(changed)
	}
}

func TestAnActionWaitsAndIsRetriedFromThePage(t *testing.T) {
	t.Parallel()
	h, to, event, item := openHouse(t, down(), webhook.StatusWaiting)
	retry := "/actions/" + item.ID + "/retry"
	h.get("/actions").is(http.StatusOK).shows(
		"waiting", "request", "https://crm.example.com/hook", "temporary 503", "it answered 503 &lt;b&gt;later", `href="/events/`+event+`"`,
		`action="`+retry+`"`, "Retry now", "Give up", `title="Logged in`, `aria-current="page">Actions</a>`,
	)
	h.get("/events/"+event).is(http.StatusOK).shows(
		"Failed, and waits", "Being sent", "temporary 503", "POST /hook", "503 Service Unavailable", `action="`+retry+`"`, `value="/events/`+event+`"`,
	)
	h.get("/destinations/development").is(http.StatusOK).shows("the built-in directory", "com:443", "failing", "1 sent, 1 failed", "status=waiting")
	h.get("/destinations/nowhere").is(http.StatusNotFound)
	h.get("/system").is(http.StatusOK).shows(`href="/destinations/production"`)

	to.will(destination.Outcome{})
	h.post(retry, form("next", "/events/"+event)).leads("/events/" + event + "?done=action-retried")
	h.settle(event)
	h.get("/events/"+event+"?done=action-retried").is(http.StatusOK).shows("The action is tried again.", "Begun anew", ", by admin", "Carried out").lacks(`action="` + retry + `"`)
	h.get("/actions").is(http.StatusOK).shows("All is done.")
	h.post(retry, form()).is(http.StatusNotFound)
}

func TestAnUncertainActionIsRetriedWithLeaveOnly(t *testing.T) {
	t.Parallel()
	h, _, event, item := openHouse(t, lost(), webhook.StatusUncertain)
	retry := "/actions/" + item.ID + "/retry"
	h.get("/actions?status=uncertain").is(http.StatusOK).shows("uncertain", "it may happen twice", `name="may_repeat" value="1"`)
	h.get("/events/"+event).shows("it may happen twice", "the connection was lost")
	h.post(retry, form()).is(http.StatusUnprocessableEntity).shows("done twice")
	h.post(retry, form("may_repeat", "1", "next", "//evil.example/")).leads("/?done=action-retried")
	h.stands(webhook.StatusUncertain, 2)
}

func TestAnActionIsGivenUp(t *testing.T) {
	t.Parallel()
	refused := destination.Outcome{Class: webhook.ClassRefused, HTTPStatus: 400, Error: "it answered 400"}
	h, _, event, item := openHouse(t, refused, webhook.StatusParked)
	h.post("/actions/"+item.ID+"/skip", form("note", strings.Repeat("n", 2000))).is(http.StatusUnprocessableEntity)
	h.post("/actions/"+item.ID+"/skip", form("note", "done by <hand>")).leads("/actions?done=action-skipped")
	h.get("/actions?done=action-skipped").shows("given up, and counts as done", "All is done.")
	h.get("/events/"+event).shows("Given up", "done by &lt;hand&gt;, by admin", "skipped", "succeeded")
	h.post("/actions/"+item.ID+"/skip", form()).is(http.StatusNotFound)
	h.post("/events/"+event+"/replan", form()).is(http.StatusConflict)
}

func TestManyAreRetriedAfterAQuestion(t *testing.T) {
	t.Parallel()
	refused := destination.Outcome{Class: webhook.ClassRefused, Error: "it said no"}
	h, to, event, _ := openHouse(t, refused, webhook.StatusParked)
	h.get("/actions?mapping=none").is(http.StatusOK).shows("No action matches.", "Remove the filter Mapping")
	h.get("/actions?status=nonsense&class=refused").is(http.StatusOK).shows("status: is one of", "it said no")
	h.get("/actions?after=nonsense").is(http.StatusOK).shows("this is the newest")
	h.get("/actions/retry?status=nonsense").leads("/actions?status=nonsense")
	h.get("/actions?class=refused").shows(`href="/actions/retry?class=refused"`)
	h.get("/actions/retry?class=refused&environment=development").is(http.StatusOK).shows(
		"Retry 1 action?", `name="class" value="refused"`, `name="environment" value="development"`,
	)
	h.post("/actions/retry", form("status", "nonsense")).is(http.StatusUnprocessableEntity)
	to.will(destination.Outcome{})
	path := "/actions?" + url.Values{"class": {"refused"}, "environment": {"development"}}.Encode()
	h.post("/actions/retry", form("class", "refused", "environment", "development")).leads(path + "&done=retries-begun")
	h.settle(event)
	page := h.get(path+"&done=retries-begun").is(http.StatusOK).shows("They are being tried again.", "Retry of many")
	for strings.Contains(page.body, "running") && t.Context().Err() == nil {
		page = h.get(path)
	}
	page.shows("1 to be tried again, 0 left")
}
