package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daybook/app/metrics"
)

func TestRegistriesCountApart(t *testing.T) {
	t.Parallel()

	first, second := metrics.New(), metrics.New()
	ingest := metrics.NewIngest(first)
	metrics.NewIngest(second)
	ingest.Answered("accepted", 3*time.Millisecond, 100)
	ingest.Answered("duplicate", time.Minute, 50)
	ingest.HeadersTooLarge()
	ingest.RejectionsDropped(2)

	page := pageOf(t, first)
	for _, want := range []string{
		`daybook_ingest_requests_total{code="accepted"} 1`,
		`daybook_ingest_requests_total{code="duplicate"} 1`,
		`daybook_ingest_requests_total{code="headers_too_large"} 1`,
		`daybook_ingest_duration_seconds_bucket{le="0.005"} 1`,
		`daybook_ingest_duration_seconds_count 2`,
		`daybook_ingest_body_bytes_total 150`,
		`daybook_ingest_rejections_total{kept="dropped"} 2`,
		`go_goroutines `,
		`process_resident_memory_bytes `,
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("%s is not there", want)
		}
	}
	if page := pageOf(t, second); strings.Contains(page, `code="accepted"`) {
		t.Error("one registry counted what another was told")
	}
}

func pageOf(t *testing.T, r metrics.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}
