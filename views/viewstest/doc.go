// Package viewstest holds models of every page, filled as a busy house would
// fill them. The goldens are made of them, and so are the pictures.
package viewstest

import (
	"time"

	"github.com/a-h/templ"

	"daybook/static"
	"daybook/views"
)

// Now is when all sample pages were made.
func Now() time.Time { return time.Date(2026, 11, 24, 14, 2, 12, 0, time.UTC) }

// Sample is one page, ready to be drawn.
type Sample struct {
	Name string
	Page templ.Component
}

// Samples are all pages, most of them in more than one state.
func Samples() []Sample {
	return []Sample{
		{"events", views.EventsPage(Events())},
		{"events_filtered", views.EventsPage(EventsFiltered())},
		{"events_no_match", views.EventsPage(EventsNoMatch())},
		{"events_no_source", views.EventsPage(EventsNoSource())},
		{"events_waiting", views.EventsPage(EventsWaiting())},
		{"event_ignored", views.EventPage(EventIgnored())},
		{"event_failed", views.EventPage(EventFailed())},
		{"event_raw", views.EventPage(EventRaw())},
		{"event_replay", views.EventPage(EventReplay())},
		{"event_rejected_other_secret", views.EventPage(EventRejectedOther())},
		{"event_rejected", views.EventPage(EventRejected())},
		{"event_plan_parked", views.EventPage(EventParkedPlan())},
		{"actions", views.ActionsPage(Actions())},
		{"actions_none", views.ActionsPage(ActionsNone())},
		{"actions_confirm", views.ActionsConfirmPage(ActionsConfirm())},
		{"destination", views.DestinationPage(Destination())},
		{"streams", views.StreamsPage(Streams())},
		{"streams_none", views.StreamsPage(StreamsNone())},
		{"stream", views.StreamPage(Stream())},
		{"sources", views.SourcesPage(Sources())},
		{"sources_none", views.SourcesPage(views.Sources{Page: page()})},
		{"source_new", views.SourceNewPage(SourceNew())},
		{"source_new_stripe", views.SourceNewPage(SourceNewStripe())},
		{"source_waiting", views.SourceEventsPage(SourceWaiting())},
		{"source_waiting_unsigned", views.SourceEventsPage(SourceWaitingUnsigned())},
		{"source_waiting_verified", views.SourceEventsPage(SourceWaitingVerified())},
		{"source_events", views.SourceEventsPage(SourceEvents())},
		{"source_mappings", views.SourceMappingsPage(SourceMappings())},
		{"source_mappings_none", views.SourceMappingsPage(SourceMappingsNone())},
		{"mapping_edit", views.MappingPage(MappingEdit())},
		{"mapping_dry", views.MappingPage(MappingDry())},
		{"mapping_new", views.MappingPage(MappingNew())},
		{"mapping_refused", views.MappingPage(MappingRefused())},
		{"source_settings", views.SourceSettingsPage(SourceSettings())},
		{"source_types", views.SourceTypesPage(SourceTypes())},
		{"source_history", views.SourceHistoryPage(SourceHistory())},
		{"source_history_at", views.SourceHistoryPage(SourceHistoryAt())},
		{"directory_users", views.DirectoryPage(DirectoryUsers())},
		{"directory_objects", views.DirectoryPage(DirectoryObjects())},
		{"directory_tenants_none", views.DirectoryPage(DirectoryTenants())},
		{"directory_audiences", views.DirectoryPage(DirectoryAudiences())},
		{"directory_runs", views.DirectoryPage(DirectoryRuns())},
		{"directory_user", views.DirectoryEntryPage(DirectoryUser())},
		{"directory_object", views.DirectoryEntryPage(DirectoryObject())},
		{"directory_unknown", views.DirectoryEntryPage(DirectoryUnknown())},
		{"help_actions", views.HelpActionsPage(HelpActions())},
		{"help_mappings", views.HelpMappingsPage(HelpMappings())},
		{"login", views.LoginPage(views.Login{Page: views.Page{Static: static.Base()}, Next: "/?status=failed", Error: "This is not the token."})},
		{"error_404", views.ErrorPage(views.Error{Page: page(), Status: 404})},
		{"error_500", views.ErrorPage(views.Error{Page: page(), Status: 500})},
		{"system", views.SystemPage(System())},
		{"environment_knock", views.EnvironmentPage(EnvironmentKnock())},
		{"environment_endpoint", views.EnvironmentPage(EnvironmentEndpoint())},
		{"alerts", views.AlertsPage(Alerts())},
		{"alerts_refused", views.AlertsPage(AlertsRefused())},
	}
}

// page is the frame of the samples.
func page() views.Page {
	return views.Page{
		Static:      static.Base(),
		Environment: "development",
		Environments: []views.EnvironmentLink{
			{Slug: "development", URL: "?environment=development"},
			{Slug: "production", URL: "?environment=production"},
		},
		Person: "admin",
		Now:    Now(),
	}
}
