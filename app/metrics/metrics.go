// Package metrics is what Daybook counts, for Prometheus: a registry of its
// own, and for each part of the house that counts something a file with its
// metrics. Nothing is registered globally, so that two Daybooks in one process
// count apart.
//
// A part is given its metrics when it is made:
//
//	registry := metrics.New()
//	handler := ingest.New(ingest.Config{Metrics: metrics.NewIngest(registry), …})
//	mux.Handle("GET /metrics", registry.Handler())
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "daybook"

// Registry holds the metrics of one Daybook. Metrics are made with it as
// [prometheus.Registerer].
type Registry struct {
	*prometheus.Registry
}

// New returns a registry with the metrics of the process and of Go.
func New() Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return Registry{registry}
}

// Handler answers with all metrics in Prometheus' format.
func (r Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.Registry, promhttp.HandlerOpts{Registry: r.Registry})
}
