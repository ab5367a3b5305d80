package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Ingest is what POST /in/{token} counts.
type Ingest struct {
	requests *prometheus.CounterVec
	duration prometheus.Histogram
	bytes    prometheus.Counter
	kept     *prometheus.CounterVec
}

// NewIngest registers the metrics of ingest.
func NewIngest(registerer prometheus.Registerer) *Ingest {
	m := &Ingest{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "ingest", Name: "requests_total",
			Help: "Requests to ingest, by how they were answered: accepted, duplicate, or the code of the error; headers_too_large for 431 on any path.",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "ingest", Name: "duration_seconds",
			Help:    "From the end of a request's headers to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "ingest", Name: "body_bytes_total",
			Help: "Bytes of request bodies that were read.",
		}),
		kept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "ingest", Name: "rejections_total",
			Help: "Rejections by what became of them: recorded each for itself, counted with others, or dropped, as the store did not take them.",
		}, []string{"kept"}),
	}
	registerer.MustRegister(m.requests, m.duration, m.bytes, m.kept)
	return m
}

// Answered counts a request, by the code of its answer.
func (m *Ingest) Answered(code string, took time.Duration, bytes int) {
	m.requests.WithLabelValues(code).Inc()
	m.duration.Observe(took.Seconds())
	m.bytes.Add(float64(bytes))
}

// HeadersTooLarge counts a request whose headers were too large to be read.
func (m *Ingest) HeadersTooLarge() { m.requests.WithLabelValues("headers_too_large").Inc() }

// RejectionsRecorded counts rejections that are in the log, each for itself.
func (m *Ingest) RejectionsRecorded(n int) { m.kept.WithLabelValues("recorded").Add(float64(n)) }

// RejectionsCounted counts rejections that are in the log as a number.
func (m *Ingest) RejectionsCounted(n int) { m.kept.WithLabelValues("counted").Add(float64(n)) }

// RejectionsDropped counts rejections that the log does not have.
func (m *Ingest) RejectionsDropped(n int) { m.kept.WithLabelValues("dropped").Add(float64(n)) }
