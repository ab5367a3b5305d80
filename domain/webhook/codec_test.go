package webhook_test

import (
	"errors"
	"os"
	"testing"

	"daybook/domain/es"
	"daybook/domain/eventtest"
	"daybook/domain/webhook"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, webhook.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, webhook.Codec(), os.DirFS("testdata/events"))
}

// A body is evidence: a signature was made over exactly these bytes.
func TestABodyIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", " {\n} ", `{"a":"<\u003c\ud800>"}`, "\xff\xfe\x00", `{"n":1.0e+0}`} {
		encoded, err := webhook.Codec().Encode(webhook.Received{Body: []byte(body)}, es.Metadata{})
		if err != nil {
			t.Fatal(err)
		}
		if string(encoded.Data) != body {
			t.Errorf("%q is written as %q", body, encoded.Data)
		}
		fact, err := webhook.Codec().Decode(es.Recorded{Event: encoded})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(fact.Event.(webhook.Received).Body); got != body {
			t.Errorf("%q is read as %q", body, got)
		}
	}
}

func TestWhatALaterVersionWrote(t *testing.T) {
	t.Parallel()
	unknown := es.Recorded{Event: es.Event{Type: "ActionRetried", Data: []byte(`{}`), Metadata: []byte(`{"schema":1}`)}}
	if _, err := webhook.Codec().Decode(unknown); !errors.Is(err, es.ErrUnknownType) {
		t.Errorf("an unknown type: %v", err)
	}
	newer := es.Recorded{Event: es.Event{Type: webhook.TypeWorkClaimed, Data: []byte(`{}`), Metadata: []byte(`{"schema":2}`)}}
	if _, err := webhook.Codec().Decode(newer); !errors.Is(err, es.ErrNewerSchema) {
		t.Errorf("a newer schema: %v", err)
	}
}
