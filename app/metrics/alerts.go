package metrics

import "github.com/prometheus/client_golang/prometheus"

// Alerts is what telling people counts.
type Alerts struct {
	open     *prometheus.GaugeVec
	messages *prometheus.CounterVec
}

// NewAlerts registers the metrics of alerts.
func NewAlerts(registerer prometheus.Registerer) *Alerts {
	m := &Alerts{
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "alerts", Name: "open",
			Help: "Alerts that are open, by what they are about; the same on all instances.",
		}, []string{"kind"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "alerts", Name: "messages_total",
			Help: "Attempts of this instance to send a message about an alert, by outcome: sent, failed, or unknown where no answer came.",
		}, []string{"outcome"}),
	}
	registerer.MustRegister(m.open, m.messages)
	return m
}

// Open says how many alerts of each kind are open.
func (m *Alerts) Open(byKind map[string]int) {
	for kind, n := range byKind {
		m.open.WithLabelValues(kind).Set(float64(n))
	}
}

// Message counts an attempt to send a message.
func (m *Alerts) Message(outcome string) { m.messages.WithLabelValues(outcome).Inc() }
