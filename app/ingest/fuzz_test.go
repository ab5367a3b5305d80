package ingest_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"daybook/domain/webhook"
)

// FuzzEnvelope sends any body to a source that does not verify: it is kept as
// it came, under a key that is one, or refused for a cause, and never both.
func FuzzEnvelope(f *testing.F) {
	for _, body := range []string{
		event("evt_1"), `{}`, `[]`, `null`, ``, `{"id":"a","id":"b"}`, `{"id":1e400,"type":5,"created":"x"}`,
		`{"data":{"object":{"id":"x","id":"x","customer":"cus_1"}}}`, `{"id":"\ud800"}`, "{\"\xff\":1}", "\uFEFF{}",
		`{"created":-9223372036854775808}`, `{"created":1e300}`, `{"id":"\u0000"}`, `{"id":"../~2"}`, `{"a":[[[[{"b":{}}]]]]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newRig(t)
		r.settings(`{"enforce_verification":false}`)
		got := r.do(call{body: bytes.Clone(body)})
		stored := r.stored(webhook.StreamPrefix)
		switch {
		case got.code == 400:
			if len(stored) != 0 {
				t.Errorf("refused as %s, and stored", got.Error.Code)
			}
		case got.code != 200:
			t.Errorf("%d %s", got.code, got.raw)
		case len(stored) != 1:
			t.Errorf("%d events are stored", len(stored))
		case !bytes.Equal(stored[0].Data, body):
			t.Errorf("stored is %q", stored[0].Data)
		case !json.Valid(body):
			t.Error("what is no JSON was accepted")
		default:
			if ref, err := webhook.ParseID(got.ID); err != nil || ref.Stream() != got.Stream {
				t.Errorf("%s: %v", got.raw, err)
			}
		}
	})
}
