package views

import (
	"time"

	"daybook/views/ui"
)

// Source is what the tabs of a source share: /sources/{key}/{env}/{tab}.
type Source struct {
	Key, Name, Template, Environment string
	IngestURL                        string
	Secrets                          int // live ones
	Enforced                         bool
	Mappings                         int
}

// SourceMappings is the tab mappings: the list.
//
// POST …/mappings/{mapping}/switch with active ("1" or "0"), POST
// …/mappings/{mapping}/move with direction ("up" or "down"), and POST
// …/mappings/{mapping}/remove, do what they say. A mapping is edited on a page
// of its own; see [MappingEditor].
type SourceMappings struct {
	Page
	Source   Source
	Mappings []Mapping
}

// Mapping is one mapping in the list.
type Mapping struct {
	Key, EventType, When, ActionType string
	Fields                           []Field // the ones that are set
	Active                           bool
	// Paused is why Daybook asks it no more until it is saved changed; empty if
	// it is asked.
	Paused string
}

// SourceSettings is the tab settings.
//
// Saving is POST /sources/{key}/{env}/settings with name, event_type_path,
// timestamp_path, preprocess, idempotency ("on", "hash" or "off"),
// idempotency_key_path, idempotency_window, tolerance, enforce_verification
// ("1"), livemode ("", "true" or "false"), and disabled_event_types (one a
// line). POST …/secrets takes secret; POST …/secrets/{id}/revoke and
// POST …/rotate take grace ("0s", "1h", "24h"); POST …/delete takes confirm,
// which must be the source's key.
type SourceSettings struct {
	Page
	Source  Source
	Form    SettingsForm
	Secrets []Secret
	OldURLs []OldURL
	// SecretHint says where a secret is to be found.
	SecretHint string
	// Timed says that the time is signed, so that the tolerance counts.
	Timed bool
	// SecretError is why a secret was not added.
	SecretError string
	// DeleteError is why the source was not deleted.
	DeleteError string
	Facts       []ui.Fact // created from, revision, last changed …
}

// SettingsForm is the settings as typed.
type SettingsForm struct {
	Name, EventTypePath, TimestampPath, IdempotencyKeyPath string
	Idempotency                                            string // on, hash, off
	Window, Tolerance                                      string
	Windows                                                []Choice // offered; the one typed is always among them
	EnforceVerification                                    bool
	Livemode                                               string // "", true, false
	DisabledEventTypes                                     string
	Preprocess                                             string
	// KeyPaths are offered while the path of the key is typed.
	KeyPaths []string
	Errors   map[string]string
}

// Choice is one offer of a select.
type Choice struct{ Value, Label string }

// Secret is a signing secret, known by its fingerprint only.
type Secret struct {
	ID, Fingerprint string
	CreatedAt       time.Time
	// RevokedAt is when it ends or ended; zero while it is live.
	RevokedAt time.Time
	// UsedAt is when a webhook was last verified by it, to the minute; zero if
	// none was.
	UsedAt time.Time
}

// OldURL is an ingest URL that a newer one replaced and that still works.
type OldURL struct {
	CreatedAt, EndsAt time.Time
	UsedAt            time.Time // as in [Secret]
}
