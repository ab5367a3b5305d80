package views

import (
	"net/url"
	"time"
)

// Page is what stands around the content of every page.
type Page struct {
	// Static is the base path of the assets, without a slash at the end:
	// static.Base().
	Static string
	// Environment is the slug of the environment being looked at, or empty for
	// all. Links of the navigation carry it on.
	Environment string
	// Environments is the switch in the head: where this same page stands in
	// each environment.
	Environments []EnvironmentLink
	// Person is who is logged in; empty shows no name.
	Person string
	// Notice tells what the last form did; nil shows nothing.
	Notice *Notice
	// Alerts is how many are open in the environment of the page.
	Alerts int
	// Now is when the page was made. Relative times count from here.
	Now time.Time
}

// EnvironmentLink is one side of the environment switch. An empty slug stands
// for all environments together.
type EnvironmentLink struct {
	Slug string
	URL  string
}

// name is what the switch calls it.
func (e EnvironmentLink) name() string {
	if e.Slug == "" {
		return "all"
	}
	return e.Slug
}

// Notice is one sentence about what was just done or refused.
type Notice struct {
	Bad  bool
	Text string
}

// Section is an entry of the navigation.
type Section string

// The sections, as the navigation names them.
const (
	SectionLog       Section = "Log"
	SectionSources   Section = "Sources"
	SectionActions   Section = "Actions"
	SectionDirectory Section = "Directory"
	SectionStreams   Section = "Streams"
	SectionSystem    Section = "System"
	SectionNone      Section = ""
)

// in is path in the environment of the page.
func (p Page) in(path string) string {
	if p.Environment == "" {
		return path
	}
	return path + "?environment=" + url.QueryEscape(p.Environment)
}
