package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

// Events is the log of a busy hour.
func Events() views.Events {
	return views.Events{
		Page:       page(),
		Filters:    filters(),
		Rows:       rows(),
		Chart:      hour(),
		Total:      2114,
		OlderURL:   "/?after=c2",
		TailURL:    "/tail?environment=development&after=c1",
		HasSources: true,
		TestURL:    "/sources/stripe/development/events",
	}
}

// EventsFiltered is a later page of a narrow question.
func EventsFiltered() views.Events {
	m := Events()
	m.Filters.Type, m.Filters.Status, m.Filters.Q = "invoice.*", "failed", "cus_9f2"
	m.Filters.From = "yesterday"
	m.Filters.Errors = map[string]string{"from": "“yesterday” is not a time; write 2026-11-24T14:00:00Z."}
	m.Rows = m.Rows[4:9]
	m.TailURL, m.OlderURL, m.Paged, m.Total = "", "", true, -1
	m.Environment, m.Filters.Environment = "", "" // of all environments
	m.Environments = append([]views.EnvironmentLink{{URL: "/"}}, m.Environments...)
	m.Notice = &views.Notice{Text: "One filter could not be used and was left out.", Bad: true}
	return m
}

// EventsNoMatch is a question without an answer.
func EventsNoMatch() views.Events {
	m := Events()
	m.Filters.Object = "cus_none"
	m.Rows, m.Chart, m.TailURL, m.OlderURL = nil, views.Chart{}, "", ""
	return m
}

// EventsNoSource is the first page that a new house shows.
func EventsNoSource() views.Events {
	return views.Events{Page: page(), Filters: views.Filters{Environment: "development", Actions: actionTypes()}}
}

// EventsWaiting has a source but no webhook yet.
func EventsWaiting() views.Events {
	m := EventsNoSource()
	m.HasSources, m.TailURL, m.TestURL = true, "/tail?environment=development", "/sources/stripe/development/events"
	return m
}

func filters() views.Filters {
	return views.Filters{
		Environment: "development",
		Sources:     []string{"clerk", "stripe"},
		Types:       []string{"charge.refunded", "customer.created", "invoice.paid", "invoice.payment_failed"},
		Mappings:    []string{"dunning", "invoice-paid"},
		Actions:     actionTypes(),
	}
}

func actionTypes() []string {
	return []string{
		"users_identify", "users_delete", "objects_set", "objects_delete", "tenants_set", "tenants_delete",
		"objects_subscribe", "objects_unsubscribe", "audiences_add_member", "audiences_remove_member",
		"workflows_cancel", "workflows_trigger", "http_request",
	}
}

// hour is a chart of sixty minutes with a quiet stretch and a bad one.
func hour() views.Chart {
	end := Now().Truncate(time.Minute)
	chart := views.Chart{From: end.Add(-time.Hour), To: end}
	for i := range 60 {
		from := chart.From.Add(time.Duration(i) * time.Minute)
		b := views.Bucket{From: from, To: from.Add(time.Minute), Succeeded: 12 + (i*7)%23 + (i*i)%11, Ignored: 4 + (i*5)%9}
		switch {
		case i > 20 && i < 24:
			b.Succeeded, b.Ignored = 0, 0
		case i > 40 && i < 46:
			b.Failed, b.Succeeded = 3+i%3, b.Succeeded/3
		case i%9 == 0:
			b.Rejected = 1
		}
		chart.Buckets = append(chart.Buckets, b)
	}
	return chart
}

// rows are a page of the log, each kind of row at least once, over a midnight.
func rows() []views.Row {
	at := func(s string) time.Time {
		t, err := time.Parse("2006-01-02 15:04:05.000", s)
		if err != nil {
			panic(err)
		}
		return t
	}
	row := func(when, id, status, kind, object string, took time.Duration, what ui.Line) views.Row {
		return views.Row{
			ID: "development.stripe." + id, At: at(when), Status: status, Type: kind, Object: object,
			Source: "stripe", What: what, Took: took, Deliveries: 1,
		}
	}
	invoicePaid := views.ActionLine("workflows_trigger", "invoice-paid", "cus_9f2", "succeeded", "")
	all := []views.Row{
		row("2026-11-24 14:02:11.482", "evt_1QXg2pLk", "succeeded", "invoice.paid", "in_1QXg2p", 38*time.Millisecond, invoicePaid),
		row("2026-11-24 14:02:09.117", "evt_1QXg2oLk", "ignored", "invoice.payment_failed", "in_1QXg2o", 4*time.Millisecond, views.IgnoredLine("condition_false", "", "dunning", "1200 > 5000 is false")),
		{ID: "rejection.development.stripe.41", At: at("2026-11-24 14:02:08.940"), Status: "rejected", Source: "stripe", Count: 14, What: views.RejectedLine("signature_mismatch", "it matches the secret revoked yesterday (whsec_…4c1a)")},
		row("2026-11-24 14:02:05.301", "evt_1QXg2kLk", "succeeded", "customer.created", "cus_9f2", 41*time.Millisecond, views.ActionLine("users_identify", "", "cus_9f2", "succeeded", "")),
		row("2026-11-24 14:02:01.006", "evt_1QXg2jLk", "processing", "customer.subscription.updated", "sub_7Hq", 0, views.ActionLine("workflows_trigger", "plan-changed", "cus_9f2", "waiting", "503, again in 2 min (attempt 4 of 15)")),
		row("2026-11-24 14:01:58.220", "evt_1QXg2iLk", "failed", "charge.refunded", "ch_3Lk", 6*time.Millisecond, views.ActionLine("workflows_trigger", "refund-notice", "", "parked", "recipients is missing (body.data.object.customer is null)")),
		row("2026-11-24 14:01:57.002", "evt_1QXg2hLk", "succeeded", "checkout.session.completed", "cs_test_a1B", 212*time.Millisecond, views.JoinLines(
			views.ActionLine("users_identify", "", "cus_9f2", "succeeded", ""),
			views.ActionLine("workflows_trigger", "welcome", "cus_9f2", "succeeded", ""))),
		row("2026-11-24 14:01:49.870", "evt_1QXg2gLk", "ignored", "payment_intent.created", "pi_3Zz", 2*time.Millisecond, views.IgnoredLine("no_mapping", "payment_intent.created", "", "")),
		row("2026-11-24 14:01:45.115", "evt_1QXg2fLk~2", "succeeded", "invoice.paid", "in_1QXg2a", 35*time.Millisecond, invoicePaid),
		row("2026-11-24 14:01:40.004", "~4be91f", "ignored", "", "", time.Millisecond, views.IgnoredLine("event_type_missing", "", "", "")),
		{ID: "rejection.development.stripe.40", At: at("2026-11-24 14:01:12.000"), Status: "rejected", Source: "stripe", What: views.RejectedLine("malformed_json", "")},
		row("2026-11-23 23:59:58.910", "evt_1QXf9zLk", "ignored", "product.updated", "prod_44x", 2*time.Millisecond, views.IgnoredLine("type_disabled", "product.updated", "", "")),
		row("2026-11-23 23:58:01.300", "evt_1QXf9yLk", "succeeded", "invoice.created", "in_1QXf9y", 130*time.Second, views.ActionLine("workflows_trigger", "invoice-created", "cus_77a", "succeeded", "")),
	}
	all[3].Deliveries = 2
	all[8].Deliveries = 3
	return all
}
