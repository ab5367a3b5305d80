package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Worker is what planning and working webhooks counts.
type Worker struct {
	planned    *prometheus.CounterVec
	parked     *prometheus.CounterVec
	actions    *prometheus.CounterVec
	takenOver  prometheus.Counter
	left       prometheus.Counter
	paused     prometheus.Counter
	pending    prometheus.Gauge
	evaluation prometheus.Histogram
}

// NewWorker registers the metrics of the worker.
func NewWorker(registerer prometheus.Registerer) *Worker {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: namespace, Subsystem: "worker", Name: name, Help: help}
	}
	m := &Worker{
		planned: prometheus.NewCounterVec(counter("plans_total",
			"Webhooks that were planned, by whether there was something to do."), []string{"actions"}),
		parked: prometheus.NewCounterVec(counter("plans_parked_total",
			"Webhooks that could not be planned, by the reason."), []string{"reason"}),
		actions: prometheus.NewCounterVec(counter("actions_total",
			"Actions that ended, by type and outcome: succeeded, or the reason for which they were parked."), []string{"type", "outcome"}),
		takenOver: prometheus.NewCounter(counter("takeovers_total",
			"Webhooks whose work was taken over from an instance that made no progress.")),
		left: prometheus.NewCounter(counter("overflow_total",
			"Webhooks for which the queue had no room, left to be found in the worklist.")),
		paused: prometheus.NewCounter(counter("mappings_paused_total",
			"Mappings that were paused because they ran out of their budgets again and again.")),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "worker", Name: "held",
			Help: "Webhooks that wait in the queue or are being worked.",
		}),
		evaluation: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "worker", Name: "evaluation_seconds",
			Help:    "How long the rules took for one webhook.",
			Buckets: []float64{.00001, .000025, .0001, .00025, .001, .0025, .01, .1, 1, 10},
		}),
	}
	registerer.MustRegister(m.planned, m.parked, m.actions, m.takenOver, m.left, m.paused, m.pending, m.evaluation)
	return m
}

// Planned counts a plan with so many actions.
func (m *Worker) Planned(actions int) {
	label := "some"
	if actions == 0 {
		label = "none"
	}
	m.planned.WithLabelValues(label).Inc()
}

// PlanParked counts a plan that could not be made.
func (m *Worker) PlanParked(reason string) { m.parked.WithLabelValues(reason).Inc() }

// ActionEnded counts an action that succeeded, or, with a reason, was parked.
func (m *Worker) ActionEnded(actionType, parked string) {
	if parked == "" {
		parked = "succeeded"
	}
	m.actions.WithLabelValues(actionType, parked).Inc()
}

// TakenOver counts a webhook whose work was taken over.
func (m *Worker) TakenOver() { m.takenOver.Inc() }

// LeftToWorklist counts a webhook for which there was no room.
func (m *Worker) LeftToWorklist() { m.left.Inc() }

// MappingPaused counts a mapping that was paused.
func (m *Worker) MappingPaused() { m.paused.Inc() }

// Held says how many webhooks wait or are being worked.
func (m *Worker) Held(n int) { m.pending.Set(float64(n)) }

// Evaluated observes how long the rules took.
func (m *Worker) Evaluated(took time.Duration) { m.evaluation.Observe(took.Seconds()) }
