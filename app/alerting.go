package app

import (
	"os"
	"path/filepath"

	"daybook/app/alerts"
	"daybook/app/destination/egress"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/projections/actions"
	"daybook/projections/eventlog"
)

// newAlerts makes what tells people.
func (a *App) newAlerts(keys *keyring.Keyring, instance string, m *metrics.Alerts) *alerts.Alerts {
	c := a.config
	a.messenger = egress.New(egress.Config{Allowed: c.AllowPrivate, TLSOnly: true, UserAgent: "Daybook/" + c.Version})
	return alerts.New(alerts.Config{
		Store: a.store, Configuration: a.configuration, ReadModels: a.readModels, Events: eventlog.New(a.readModels),
		Actions: actions.New(a.readModels), Keys: keys, Client: a.messenger, Metrics: m, Logger: c.Logger, Now: c.Now,
		Instance: instance, Machine: machine(c.Data), Data: c.Data, PublicURL: c.PublicURL,
	})
}

// machine names where an instance runs, the same at each start: several may run
// on one host, each with a directory of its own.
func machine(data string) string {
	if whole, err := filepath.Abs(data); err == nil {
		data = whole
	}
	host, err := os.Hostname()
	if err != nil {
		return data
	}
	return host + ":" + data
}
