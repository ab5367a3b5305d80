package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

const byPreprocess = `{"event_type_path":"preprocess.type","idempotency_key_path":"preprocess.key","timestamp_path":"preprocess.at",
	"preprocess":"{\"type\": lower(body.table + \".\" + body.type), \"key\": body.table + \":\" + string(body.record.id), \"at\": body.at}"}`

func TestWhatARequestSaysOfItselfMayBePreprocessed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.settings(byPreprocess)
	body := `{"table":"users","type":"INSERT","record":{"id":7},"at":"2026-11-24T10:00:00Z"}`
	first, again := s.send(s.signed(body)), s.send(s.signed(body))
	if first.Status != "accepted" || first.ID != "development.stripe.users:7" || again.Status != "duplicate" || again.ID != first.ID {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	got := s.webhook(first.Stream).Current().Received.Receipt
	if got.EventType != "users.insert" || got.OccurredAt != es.TimeOf(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)) || got.KeyProblem != "" {
		t.Errorf("%+v", got)
	}

	// What decides here is what is stored: the rules come to the same later.
	stored := s.webhook(first.Stream).Current()
	paths := stored.Input(webhook.Ref{}, nil)
	if diff := cmp.Diff(got.Headers, paths.Headers); diff != "" {
		t.Errorf("(-seen +stored):\n%s", diff)
	}
}

func TestAPreprocessExpressionThatFailsRefusesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.settings(byPreprocess)
	spent := `{"preprocess":"{\"type\": body.type, \"key\": string(len(filter(1..90000, all(1..90000, true))))}"}`
	for name, c := range map[string]struct{ settings, body string }{
		"a type error": {`{}`, `{"type":"x"}`},
		"no object":    {`{"preprocess":"body.type"}`, `{"type":"x"}`},
		"its budget":   {spent, `{"type":"x"}`},
	} {
		s.settings(c.settings)
		got := s.send(s.signed(c.body))
		if got.Status != "accepted" || !strings.Contains(got.ID, "~g-") {
			t.Errorf("%s: %d %s", name, got.code, got.raw)
			continue
		}
		receipt := s.webhook(got.Stream).Current().Received.Receipt
		if receipt.EventType != "" || receipt.KeyProblem != webhook.KeyPreprocess {
			t.Errorf("%s: %+v", name, receipt)
		}
	}
}
