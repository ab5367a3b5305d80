package streams_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/app/store/memory"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/projectiontest"
	"daybook/projections/streams"
)

// TestList: page by page, every stream whose name begins with the prefix is
// there once, by name, as its newest event left it.
func TestList(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	for i := range 7 {
		ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", i), Generation: 1}
		history.Receive(ref, "", "")
		history.Receive(ref, "", "")
	}
	history.Reject("development", "stripe", "malformed_json", 1)
	history.Delete("webhook-development.stripe.evt_3")
	runner := projectiontest.Runner(t, store, streams.Projection())
	history.WaitFor(runner)

	var got []string
	for after, more := "", true; more; {
		page, err := streams.New(runner).List(t.Context(), "webhook-", 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Streams {
			got = append(got, fmt.Sprint(strings.TrimPrefix(string(s.Name), "webhook-development.stripe."), " ", s.Events, " ", s.LastType))
		}
		after, more = page.Next, page.Next != ""
	}
	want := []string{
		"evt_0 2 DuplicateReceived", "evt_1 2 DuplicateReceived", "evt_2 2 DuplicateReceived",
		"evt_4 2 DuplicateReceived", "evt_5 2 DuplicateReceived", "evt_6 2 DuplicateReceived",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

func TestForeignCursors(t *testing.T) {
	t.Parallel()
	runner := projectiontest.Runner(t, memory.New(memory.Options{}), streams.Projection())
	for _, cursor := range []string{"!!", base64.RawURLEncoding.EncodeToString([]byte("webhook-development.stripe.evt_1")), "AQ"} {
		if _, err := streams.New(runner).List(t.Context(), "", 2, cursor); !errors.Is(err, projections.ErrInvalidCursor) {
			t.Errorf("%s: %v, want ErrInvalidCursor", cursor, err)
		}
	}
}
