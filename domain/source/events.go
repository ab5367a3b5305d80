package source

import (
	"strings"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// StreamPrefix begins the name of every source's stream.
const StreamPrefix = "source-"

// Stream returns the name of the stream of the source with this key.
func Stream(key string) es.Stream { return es.Stream(StreamPrefix + key) }

// Key returns the key of the source whose stream this is.
func Key(stream es.Stream) (string, bool) { return strings.CutPrefix(string(stream), StreamPrefix) }

// Sealed is an encrypted secret or token, as base64 text. Whoever holds the
// master key can open it with the associated data that [SecretContext] or
// [TokenContext] gives.
type Sealed string

// SecretContext is the associated data of a sealed secret: it opens nowhere
// else.
func SecretContext(key, environment, id string) string {
	return string(Stream(key)) + "/" + environment + "/secret/" + id
}

// TokenContext is the associated data of a sealed ingest token.
func TokenContext(key, environment, id string) string {
	return string(Stream(key)) + "/" + environment + "/token/" + id
}

// Event is a fact in a source's stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// Created begins a source; again, where it had left every environment.
type Created struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Template    string `json:"template"`
}

// Described changes what a source is called.
type Described struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Connected gives a source its place in an environment: from now on its
// ingest URL there exists.
type Connected struct {
	Environment string         `json:"environment"`
	Settings    Settings       `json:"settings"`
	Mappings    []rule.Mapping `json:"mappings"`
	Token       Token          `json:"token"`
}

// Disconnected takes a source out of an environment: its ingest URL is gone,
// what it received stays.
type Disconnected struct {
	Environment string `json:"environment"`
}

// SettingsChanged holds the settings as they are from now on, whole.
type SettingsChanged struct {
	Environment string   `json:"environment"`
	Settings    Settings `json:"settings"`
	// Restores is the revision that this brings back, if it does.
	Restores *es.Revision `json:"restores,omitempty"`
}

// MappingsChanged holds the mappings as they are from now on, whole.
type MappingsChanged struct {
	Environment string         `json:"environment"`
	Mappings    []rule.Mapping `json:"mappings"`
	// Restores is the revision that this brings back, if it does.
	Restores *es.Revision `json:"restores,omitempty"`
}

// MappingPaused says that a mapping is not asked any more, until it is saved
// again, changed, or a person resumes it.
type MappingPaused struct {
	Environment string `json:"environment"`
	Mapping     string `json:"mapping"`
	Reason      string `json:"reason"` // for a person
}

// MappingResumed says that a person has a mapping asked again that was paused.
type MappingResumed struct {
	Environment string `json:"environment"`
	Mapping     string `json:"mapping"`
}

// SecretAdded adds a signing secret.
type SecretAdded struct {
	Environment string `json:"environment"`
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"`
	Sealed      Sealed `json:"sealed"`
}

// SecretRevoked ends a signing secret, at once or at a later time.
type SecretRevoked struct {
	Environment string  `json:"environment"`
	ID          string  `json:"id"`
	Until       es.Time `json:"until"`
}

// TokenRotated gives an ingest URL a new token; the earlier ones work until
// then.
type TokenRotated struct {
	Environment string  `json:"environment"`
	Token       Token   `json:"token"`
	Until       es.Time `json:"until"`
}

// Token is the sealed token of an ingest URL.
type Token struct {
	ID     string `json:"id"`
	Sealed Sealed `json:"sealed"`
}

func (Created) isEvent()         {}
func (Described) isEvent()       {}
func (Connected) isEvent()       {}
func (Disconnected) isEvent()    {}
func (SettingsChanged) isEvent() {}
func (MappingsChanged) isEvent() {}
func (MappingPaused) isEvent()   {}
func (MappingResumed) isEvent()  {}
func (SecretAdded) isEvent()     {}
func (SecretRevoked) isEvent()   {}
func (TokenRotated) isEvent()    {}

// The wire names of what begins a source and of what ends it in an environment:
// there is nothing to look at then.
const (
	TypeCreated      = "SourceCreated"
	TypeDisconnected = "SourceDisconnected"
)

// Codec returns the table of a source stream's events. The wire names are in
// the log for ever.
func Codec() es.Codec[Event] {
	return es.NewCodec(
		es.JSON[Created, Event](TypeCreated),
		es.JSON[Described, Event]("SourceDescribed"),
		es.JSON[Connected, Event]("SourceConnected"),
		es.JSON[Disconnected, Event](TypeDisconnected),
		es.JSON[SettingsChanged, Event]("SettingsChanged"),
		es.JSON[MappingsChanged, Event]("MappingsChanged"),
		es.JSON[MappingPaused, Event]("MappingPaused"),
		es.JSON[MappingResumed, Event]("MappingResumed"),
		es.JSON[SecretAdded, Event]("SecretAdded"),
		es.JSON[SecretRevoked, Event]("SecretRevoked"),
		es.JSON[TokenRotated, Event]("TokenRotated"),
	)
}
