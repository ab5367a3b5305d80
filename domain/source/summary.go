package source

import (
	"fmt"
	"strings"

	"daybook/domain/es"
)

// maxSummarised bounds how many changes a summary names.
const maxSummarised = 3

// EnvironmentOf returns which environment a fact is about; empty for one about
// the source itself.
func EnvironmentOf(e Event) string {
	switch e := e.(type) {
	case Created, Described:
		return ""
	case Connected:
		return e.Environment
	case Disconnected:
		return e.Environment
	case SettingsChanged:
		return e.Environment
	case MappingsChanged:
		return e.Environment
	case MappingPaused:
		return e.Environment
	case MappingResumed:
		return e.Environment
	case SecretAdded:
		return e.Environment
	case SecretRevoked:
		return e.Environment
	case TokenRotated:
		return e.Environment
	}
	return ""
}

// RestoredBy returns the revision that a fact brings back, nil for none.
func RestoredBy(e Event) *es.Revision {
	switch e := e.(type) {
	case SettingsChanged:
		return e.Restores
	case MappingsChanged:
		return e.Restores
	default:
		return nil
	}
}

// Summarise says in one line what the fact changed that follows on s.
func (s State) Summarise(f es.Fact[Event]) string {
	d := Compare(s, Evolve(s, f), EnvironmentOf(f.Event))
	text := s.summary(f.Event, d)
	if restored := RestoredBy(f.Event); restored != nil {
		text += fmt.Sprintf("; as at revision %d", *restored)
	}
	return text
}

func (s State) summary(e Event, d Difference) string {
	switch e := e.(type) {
	case Created:
		return "made from the template " + e.Template
	case Described:
		return "described anew: " + fieldsSummary(d.Fields)
	case Connected:
		return fmt.Sprintf("connected to %s, with %s", e.Environment, countOf(len(e.Mappings), "mapping"))
	case Disconnected:
		return "taken out of " + e.Environment
	case SettingsChanged:
		return fieldsSummary(d.Settings)
	case MappingsChanged:
		return mappingsSummary(d.Mappings)
	case MappingPaused:
		return e.Mapping + " paused: " + e.Reason
	case MappingResumed:
		return e.Mapping + " resumed"
	case SecretAdded:
		return "secret " + e.Fingerprint + " added"
	case SecretRevoked:
		return "secret " + s.fingerprint(e) + " revoked, ends " + e.Until.String()
	case TokenRotated:
		return "a new ingest URL; the old one ends " + e.Until.String()
	}
	return ""
}

func (s State) fingerprint(e SecretRevoked) string {
	for _, secret := range s.Environments[e.Environment].Secrets {
		if secret.ID == e.ID {
			return secret.Fingerprint
		}
	}
	return e.ID
}

// fieldsSummary names what changed, and a single short change with its values.
func fieldsSummary(changes []FieldChange) string {
	const short = 40
	if len(changes) == 1 && len(changes[0].Before) <= short && len(changes[0].After) <= short {
		return fmt.Sprintf("%s: %s → %s", changes[0].Field, changes[0].Before, changes[0].After)
	}
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Field
	}
	return listed(names)
}

func mappingsSummary(changes []MappingChange) string {
	said := make([]string, len(changes))
	for i, c := range changes {
		said[i] = c.Key + " " + string(c.Change)
		if c.Change == Changed {
			names := make([]string, len(c.Fields))
			for j, f := range c.Fields {
				names[j] = f.Field
			}
			said[i] += " (" + listed(names) + ")"
		}
	}
	return listed(said)
}

// listed is the first few of many, and how many more.
func listed(said []string) string {
	if len(said) == 0 {
		return "nothing that this version knows"
	}
	if more := len(said) - maxSummarised; more > 0 {
		return strings.Join(said[:maxSummarised], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(said, ", ")
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
