package source

import (
	"encoding/json"
	"time"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Command is something that is asked of a source.
//
//sumtype:decl
type Command interface{ isCommand() }

// Put makes a source what it says, in one environment: it is created or
// connected where it is not, and changed where it differs. What is absent
// stays as it is.
type Put struct {
	Environment string
	Name        *string
	Description *string
	// Settings is a JSON object that is laid over the settings in force.
	Settings json.RawMessage
	// Mappings replace all mappings, if not nil.
	Mappings *[]rule.Mapping
	// Defaults are the template's, for a source or environment that is new.
	Defaults Defaults
	// Token is the sealed token for an environment that is new.
	Token Token
	// IfNew refuses the command if the source is already connected to the
	// environment.
	IfNew bool
}

// Defaults are what a template gives to a source that is made from it.
type Defaults struct {
	Template string
	Name     string
	Settings Settings
	Mappings []rule.Mapping
}

// SaveMapping adds a mapping, or changes the one whose key is Replaces.
type SaveMapping struct {
	Environment string
	Mapping     rule.Mapping
	Replaces    string
}

// RemoveMapping removes a mapping.
type RemoveMapping struct {
	Environment string
	Key         string
}

// SwitchMapping makes a mapping active or inactive.
type SwitchMapping struct {
	Environment string
	Key         string
	Active      bool
}

// PauseMapping has a mapping asked no more until it is saved again, changed. It
// is stale if the rules were changed after Revision, a revision of the source:
// what speaks against the mapping may be mended then. A mapping that is paused
// already stays so.
type PauseMapping struct {
	Environment string
	Key         string
	Reason      string
	Revision    es.Revision
}

// ResumeMapping has a mapping asked again that is paused, as it is.
type ResumeMapping struct {
	Environment string
	Key         string
}

// MoveMapping moves a mapping down by so many places, or up where By is
// negative; at most to an end.
type MoveMapping struct {
	Environment string
	Key         string
	By          int
}

// AddSecret adds a signing secret.
type AddSecret struct {
	Environment string
	ID          string
	Fingerprint string
	Sealed      Sealed
	At          es.Time
}

// RevokeSecret ends a signing secret after a grace period, which may be 0.
type RevokeSecret struct {
	Environment string
	ID          string
	At          es.Time
	Grace       time.Duration
}

// RotateToken gives the ingest URL a new token; the earlier ones work for a
// grace period, which may be 0, and is refused where [MaxTokens] work already.
type RotateToken struct {
	Environment string
	Token       Token
	At          es.Time
	Grace       time.Duration
}

// Disconnect takes the source out of an environment.
type Disconnect struct {
	Environment string
}

func (Put) isCommand()           {}
func (SaveMapping) isCommand()   {}
func (RemoveMapping) isCommand() {}
func (SwitchMapping) isCommand() {}
func (MoveMapping) isCommand()   {}
func (PauseMapping) isCommand()  {}
func (ResumeMapping) isCommand() {}
func (AddSecret) isCommand()     {}
func (RevokeSecret) isCommand()  {}
func (RotateToken) isCommand()   {}
func (Disconnect) isCommand()    {}
