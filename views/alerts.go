package views

import "time"

// Alerts is what needs people, GET /system/alerts, and the form of what leads to
// alerts, POST /system/alerts, in the environment of the page, or for Daybook as
// a whole where it shows all.
type Alerts struct {
	Page
	Open []Alert
	Over []Alert
	Form AlertsForm
}

// Alert is one alert. It is acknowledged by POST /system/alerts/{ID}/acknowledge
// and closed by POST /system/alerts/{ID}/resolve.
type Alert struct {
	ID          string
	Environment string // empty for Daybook as a whole
	Title       string // what it is about, in a few words
	Text        string
	Href        string // the page of what it is about
	Status      string // open, acknowledged, over
	// Since is when it began, for one that is over when it ended. By is who
	// acknowledged or closed it; empty for nobody.
	Since time.Time
	By    string
	// Message tells what became of the newest message; empty if there was none.
	Message string
	Failed  bool // it was not taken
}

// AlertsForm is what leads to alerts, as it is or as it was typed.
type AlertsForm struct {
	Host      string // of the address that is set; empty: none
	URL       string // as it was typed
	Refusals  string
	Silence   string
	SilenceOf string // a source and a time on each line
	Lag       string
	DiskFree  string
	Errors    map[string]string
}

// endpointHint says where messages go.
func endpointHint(m Alerts) string {
	const what = "One message for each alert and hour, by POST, as JSON that Slack takes: {\"text\": …}. The address is kept as a secret."
	switch {
	case m.Form.Host != "":
		return "Set: an address at " + m.Form.Host + ". Empty: it stays. " + what
	case m.Environment == "":
		return "Empty: messages go where those of an environment go, production first. " + what
	default:
		return "Empty: nobody is told beyond these pages. " + what
	}
}

func alertTone(status string) string {
	switch status {
	case "open":
		return "bad"
	case "acknowledged":
		return "wait"
	default:
		return "ok"
	}
}
