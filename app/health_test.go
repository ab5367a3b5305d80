package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// Webhooks can be taken when the store answers and the configuration is
// loaded; how far the read models are is told, and decides nothing.
func TestReady(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		closed, loaded bool
		applied        es.Position
		status         int
		want           readiness
	}{
		{"ready", false, true, 2, http.StatusOK, readiness{"ready", "reachable", "loaded", lag{2, 2, 0}}},
		{"behind", false, true, 0, http.StatusOK, readiness{"ready", "reachable", "loaded", lag{0, 2, 2}}},
		{"loading", false, false, 2, http.StatusServiceUnavailable, readiness{"not_ready", "reachable", "loading", lag{2, 2, 0}}},
		{"store gone", true, true, 2, http.StatusServiceUnavailable, readiness{"not_ready", "unreachable", "loaded", lag{2, 0, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := memory.New(memory.Options{})
			for range 2 {
				if _, err := store.Append(t.Context(), "stream", es.Any(), es.Event{ID: uuid.New(), Type: "Happened"}); err != nil {
					t.Fatal(err)
				}
			}
			if c.closed {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
			}
			h := health{
				store: store, loaded: func() bool { return c.loaded }, applied: func() es.Position { return c.applied },
				logger: slog.New(slog.DiscardHandler),
			}
			w := httptest.NewRecorder()
			h.ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			var got readiness
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || got != c.want {
				t.Errorf("%d, %+v; want %d, %+v", w.Code, got, c.status, c.want)
			}
		})
	}
}
