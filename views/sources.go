package views

import "time"

// Sources is the list of sources, GET /sources.
type Sources struct {
	Page
	Sources []SourceItem
	// Templates are what the first source can be made of; empty once there is one.
	Templates []Template
}

// SourceItem is one source in one environment.
type SourceItem struct {
	Key, Name, Template, Environment string
	Mappings, Active                 int       // mappings in all, and switched on
	Enforced                         bool      // what is not verified is refused
	Secrets                          int       // live ones
	Webhooks                         int       // received in all
	Attention                        int       // failed or refused in the last 24 hours
	LastAt                           time.Time // zero: none yet
	// Paused are the keys of the mappings that Daybook asks no more.
	Paused []string
}

// SourceNew makes a source: GET /sources/new shows the templates,
// GET /sources/new?template=stripe the form.
//
// The form is POST /sources/new with template, name, key, environment,
// secret, and for each default mapping on.{mapping} ("1" when switched on)
// and workflow.{mapping}.
type SourceNew struct {
	Page
	Templates []Template
	// Chosen is the form; nil while no template is chosen.
	Chosen *SourceForm
}

// Template is one provider to choose.
type Template struct {
	Key, Name, Description string
	Categories             []string
	SecretHint             string // where the secret is to be found
	Way                    string // how a request shows who sent it
	Sent                   bool   // the secret itself is sent, and nothing signed
	WebsiteURL, DocsURL    string // the provider's; empty for none
}

// signing says how requests are signed, or that they are not.
func (t Template) signing() string {
	if t.Sent {
		return "Not signed: " + t.Way
	}
	return "Signed: " + t.Way
}

// SourceForm is the form as typed. A secret is never given back.
type SourceForm struct {
	Template  Template
	Name, Key string
	// Environment is the one chosen, Environments what is offered.
	Environment  string
	Environments []string
	Mappings     []MappingChoice
	Errors       map[string]string // by field name; "" for the whole form
}

// MappingChoice is a default mapping with its switch.
type MappingChoice struct {
	Mapping    string // its key
	EventType  string
	ActionType string
	ID         string // where the id of what it is about stands, if at a path
	When       string // its condition; empty for none
	On         bool
	// TakesWorkflow says that Workflow is asked for.
	TakesWorkflow bool
	Workflow      string
}
