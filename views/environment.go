package views

// Environment is where an environment's actions are carried out, GET
// /environments/{slug}. "Save" is POST there, "rotate" POST …/rotate with grace.
type Environment struct {
	Page
	Slug string
	Form DestinationForm
	// KeyFingerprint is that of the API key in force; empty without one.
	KeyFingerprint string
	// Secrets are those that sign, the newest first.
	Secrets []Secret
	// NewSecret is the signing secret that was made just now: it is shown this
	// once.
	NewSecret string
}

// DestinationForm is the destination as typed, but for the API key.
type DestinationForm struct {
	Kind, BaseURL, URL string
	Window             string // empty: none
	Windows            []Choice
	Errors             map[string]string
}

// EnvironmentItem is one environment among the others.
type EnvironmentItem struct {
	Slug, Destination string
	Health            Health
}
