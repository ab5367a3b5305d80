package replay_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/command"
	"daybook/app/replay"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

// received records n webhooks of invoices, of rising amounts from 0, each
// third without a customer; it returns their ids, the newest first.
func (h *house) received(n int) []string {
	h.t.Helper()
	var ids []string
	for i := range n {
		customer := `"customer":"cus_1",`
		if i%3 == 2 {
			customer = ""
		}
		key := fmt.Sprintf("evt_%d", i)
		ref := webhook.Ref{Environment: "development", Source: "stripe", Key: key, Generation: 1}
		body := fmt.Sprintf(`{"id":%q,"type":"invoice.paid","data":{"object":{%s"amount_due":%d}}}`, key, customer, i)
		_, err := h.webhook.Handle(h.t.Context(), ref.Stream(), webhook.Receive{
			At: es.TimeOf(time.Now()), Body: []byte(body), Receipt: webhook.Receipt{EventType: "invoice.paid", IdempotencyKey: key},
		}, command.Meta{})
		if err != nil {
			h.t.Fatal(err)
		}
		ids = append([]string{ref.ID()}, ids...)
	}
	return ids
}

func (h *house) backtest(draft rule.Mapping, replaces string, ids []string) replay.Backtest {
	h.t.Helper()
	b, err := h.replay.Backtest(h.t.Context(), replay.Draft{Source: "stripe", Environment: "development", Mapping: draft, Replaces: replaces}, ids)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// tally is a backtest in short.
func tally(b replay.Backtest) string {
	return fmt.Sprintf("%d: %d/%d/%d (%d) +%d -%d ~%d =%d", b.Looked, b.Matched, b.Missed, b.Failed, b.NewlyFailed, b.Added, b.Dropped, b.Changed, b.Unchanged)
}

func TestBacktest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.received(9)
	head := h.head()
	same := trigger("paid", `"body.data.object.customer"`)
	fallback := trigger("paid", `{"path":"body.data.object.customer","default":"nobody"}`)
	when := func(m rule.Mapping, condition string) rule.Mapping {
		m.When = condition
		return m
	}
	renamed := trigger("other", `"body.data.object.customer"`)
	unnamed := same
	unnamed.Key = ""
	off := same
	off.Active = rule.Off
	elsewhere := same
	elsewhere.EventType = "invoice.created"
	for name, c := range map[string]struct {
		draft    rule.Mapping
		replaces string
		want     string
	}{
		"as it is":                  {same, "paid", "9: 6/0/3 (0) +0 -0 ~0 =9"},
		"as it is, without its key": {unnamed, "paid", "9: 6/0/3 (0) +0 -0 ~0 =9"},
		"switched off, as if on":    {off, "paid", "9: 6/0/3 (0) +0 -0 ~0 =9"},
		"with a fallback":           {fallback, "paid", "9: 9/0/0 (0) +0 -0 ~3 =6"},
		"on a condition":            {when(same, "body.data.object.amount_due > 5"), "paid", "9: 2/6/1 (0) +0 -6 ~0 =3"},
		"on a condition that fails": {when(same, "body.data.object.amount_due > body.id"), "paid", "9: 0/0/9 (6) +0 -9 ~0 =0"},
		"under another key":         {renamed, "paid", "9: 6/0/3 (0) +9 -9 ~0 =0"},
		"a new one":                 {renamed, "", "9: 6/0/3 (3) +9 -0 ~0 =0"},
		"a new one without a key":   {unnamed, "", "9: 6/0/3 (3) +9 -0 ~0 =0"},
		"for another type":          {elsewhere, "paid", "9: 0/9/0 (0) +0 -9 ~0 =0"},
	} {
		if got := tally(h.backtest(c.draft, c.replaces, ids)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	b := h.backtest(fallback, "paid", ids)
	if len(b.Changes) != 3 || len(b.Others) != replay.MaxChanges-3 || b.Changes[0].ID != "development.stripe.evt_8" {
		t.Fatalf("%+v", b)
	}
	first := b.Changes[0]
	if !strings.Contains(first.Before.Problem, "recipients is required") || !first.Before.Failed() ||
		first.After.Failed() || first.After.Subject.Target != "nobody" || first.EventType != "invoice.paid" || first.ReceivedAt.IsZero() {
		t.Errorf("%+v", first)
	}
	if b := h.backtest(elsewhere, "paid", ids); len(b.Changes) != replay.MaxChanges || len(b.Others) != 0 || b.Changes[0].After.Reason != rule.NoMapping {
		t.Errorf("for another type: %+v", b)
	}
	if h.head() != head {
		t.Error("a backtest appended something")
	}
}

func TestBacktestIsBoundedAndRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.received(replay.MaxBacktest + 5)
	same := trigger("paid", `"body.data.object.customer"`)
	if b := h.backtest(same, "paid", ids); b.Looked != replay.MaxBacktest || b.Stopped {
		t.Errorf("%s", tally(b))
	}
	if b := h.backtest(same, "paid", []string{"development.stripe.gone", "nothing", ids[0]}); b.Looked != 1 {
		t.Errorf("of webhooks that are gone: %s", tally(b))
	}
	bad := same
	bad.When = "1 +"
	for name, c := range map[string]struct {
		draft replay.Draft
		code  es.RefusalCode
		field string
	}{
		"a draft that cannot be used": {replay.Draft{Source: "stripe", Environment: "development", Mapping: bad}, es.Invalid, "mappings[0].when"},
		"no such mapping":             {replay.Draft{Source: "stripe", Environment: "development", Mapping: same, Replaces: "x"}, es.NotFound, ""},
		"no such source":              {replay.Draft{Source: "nobody", Environment: "development", Mapping: same}, es.NotFound, ""},
		"not connected":               {replay.Draft{Source: "stripe", Environment: "production", Mapping: same}, es.NotFound, ""},
	} {
		_, err := h.replay.Backtest(t.Context(), c.draft, ids)
		refusals := es.RefusalsOf(err)
		if len(refusals) != 1 || refusals[0].Code != c.code || refusals[0].Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// slow is a store that takes a while to read a stream.
type slow struct{ es.Store }

func (s slow) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	if _, err := webhook.ParseStream(stream); err == nil {
		time.Sleep(300 * time.Millisecond)
	}
	return s.Store.ReadStream(ctx, stream, from, dir)
}

func TestABacktestStopsAndSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		ids := h.received(20)
		h.replay = replay.New(replay.Config{Store: slow{h.store}, Configuration: h.config})
		b := h.backtest(trigger("paid", `"body.data.object.customer"`), "paid", ids)
		if b.Looked != 7 || !b.Stopped {
			t.Errorf("%s, stopped: %t", tally(b), b.Stopped)
		}
		d := replay.Draft{Source: "stripe", Environment: "development", Mapping: trigger("paid", `"a"`), Within: 700 * time.Millisecond}
		if b, err := h.replay.Backtest(t.Context(), d, ids); err != nil || b.Looked != 3 || !b.Stopped {
			t.Errorf("within less: %s, stopped: %t, %v", tally(b), b.Stopped, err)
		}
	})
}
