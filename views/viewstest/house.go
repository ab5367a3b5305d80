package viewstest

import (
	"time"

	"daybook/views"
)

// System has one projection behind and a rebuild running.
func System() views.System {
	frame := page()
	frame.Alerts = 3
	return views.System{
		Alerts: openAlerts(),
		Page:   frame, Version: "0.1.0", Store: "embedded", StoreDetail: "./data/log.db", LogID: "01935d1c-0000-7000-8000-3c1d2e4f5a6b",
		Head: "184467", Instance: "ledger-1", StartedAt: Now().Add(-3*time.Hour - 12*time.Minute), PublicURL: "http://127.0.0.1:8080",
		Projections: []views.Projection{
			{Name: "eventlog", Version: 3, Position: "184467"},
			{Name: "directory", Version: 2, Position: "184467", Lag: 4 * time.Millisecond},
			{Name: "worklist", Version: 2, Position: "184001", Behind: 466, Lag: 1200 * time.Millisecond},
			{Name: "search", Version: 1, Position: "9", Behind: -1, Lag: 2 * time.Hour},
		},
		Environments: []views.EnvironmentItem{
			{Slug: "development", Destination: "the local directory", Health: views.Health{Tone: "ok", Words: "always there"}},
			{Slug: "production", Destination: "Knock at https://api.knock.app", Health: views.Health{Tone: "bad", Words: "down, left alone"}},
		},
		Work:   &views.LongWork{ID: "w1", Kind: "Rebuild", Status: "running", Done: 112000, Total: 184467, StartedAt: Now().Add(-6 * time.Second)},
		Counts: []views.Count{{Label: "webhooks", N: 2114}, {Label: "rejections", N: 42}, {Label: "streams", N: 2160}, {Label: "recorded events", N: 184467}},
		Paused: []views.PausedMapping{{
			Source: "stripe", Environment: "development", Mapping: "dunning", At: Now().Add(-40 * time.Minute),
			Reason: "It ran out of its budget 10 times in a row; what it computes costs too much, so change it.",
		}},
	}
}

func windows() []views.Choice {
	return []views.Choice{{Value: "", Label: "no, it may act again"}, {Value: "24h", Label: "for 24 hours"}, {Value: "forever", Label: "for ever"}}
}

// EnvironmentKnock sends to Knock, and the form has something wrong in it.
func EnvironmentKnock() views.Environment {
	return views.Environment{
		Page: page(), Slug: "production", KeyFingerprint: "0f1e2d3c",
		Form: views.DestinationForm{
			Kind: "knock", BaseURL: "https://api.knock.app/v1", Windows: windows(),
			Errors: map[string]string{"base_url": "Leave /v1 out; it is put after the base URL."},
		},
	}
}

// EnvironmentEndpoint sends to an endpoint, whose secret was just rotated.
func EnvironmentEndpoint() views.Environment {
	return views.Environment{
		Page: page(), Slug: "staging", NewSecret: "whsec_c2FtcGxlIHNlY3JldCBvZiB0aGUgcGFnZXMgdGVzdHM=",
		Form: views.DestinationForm{Kind: "endpoint", URL: "https://hooks.example.com/actions", Window: "24h", Windows: windows()},
		Secrets: []views.Secret{
			{ID: "b", Fingerprint: "a1b2c3d4", CreatedAt: Now()},
			{ID: "a", Fingerprint: "0f1e2d3c", CreatedAt: Now().Add(-48 * time.Hour), RevokedAt: Now().Add(24 * time.Hour)},
		},
	}
}
