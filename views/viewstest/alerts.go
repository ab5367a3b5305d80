package viewstest

import (
	"time"

	"daybook/views"
)

// Alerts are open and over, with messages that were sent and not taken.
func Alerts() views.Alerts {
	frame := page()
	frame.Environment, frame.Alerts = "production", 3
	return views.Alerts{
		Page: frame, Open: openAlerts(),
		Over: []views.Alert{
			{
				ID: "a4", Environment: "production", Title: "Silence of shop", Text: "The source shop has fallen silent: nothing has come since 23 Nov 2026 09:12 UTC.",
				Href: "/sources/shop/production/events", Status: "over", Since: Now().Add(-5 * time.Hour),
			},
			{
				ID: "a5", Title: "Disk nearly full", Text: "The disk of ledger-1:/var/lib/daybook is 93 % full.",
				Href: "/system", Status: "over", Since: Now().Add(-50 * time.Hour), By: "admin",
			},
		},
		Form: views.AlertsForm{
			Host: "hooks.slack.com", Refusals: "10", Silence: "24h", SilenceOf: "shop 168h\nstripe 1h",
		},
	}
}

// AlertsRefused is Daybook's own form with what cannot be, and nothing open.
func AlertsRefused() views.Alerts {
	frame := page()
	frame.Environment = ""
	return views.Alerts{Page: frame, Form: views.AlertsForm{
		URL: "http://10.0.0.1/", Lag: "1m", DiskFree: "ten",
		Errors: map[string]string{"url": "10.0.0.1 is a private address: nothing is sent there.", "disk_free": "Give a whole number."},
	}}
}

func openAlerts() []views.Alert {
	return []views.Alert{
		{
			ID: "a1", Environment: "production", Title: "Actions of stripe", Href: "/actions?environment=production&source=stripe", Status: "open",
			Text:    "3 actions of stripe are not carried out and wait for a person: the newest is parked, attempts_exhausted.",
			Since:   Now().Add(-7 * time.Minute),
			Message: "A message was not taken: the answer was 503 Service Unavailable. It is sent again in 2 min.", Failed: true,
		},
		{
			ID: "a2", Environment: "production", Title: "Refused requests to stripe", Href: "/?environment=production&source=stripe&status=rejected", Status: "acknowledged",
			Text: "214 requests to stripe were refused within 5 minutes.", Since: Now().Add(-40 * time.Minute), By: "admin",
			Message: "A message was sent 39 min ago.",
		},
		{
			ID: "a3", Title: "Read models behind the log", Href: "/system", Status: "open",
			Text: "The pages of ledger-1:/var/lib/daybook are 2m10s behind the log.", Since: Now().Add(-2 * time.Minute),
		},
	}
}
