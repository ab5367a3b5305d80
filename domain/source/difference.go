package source

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Difference is how a source in one environment differs from what it was. It
// holds no secret and no token: they are told apart by fingerprint and id.
type Difference struct {
	// Fields are those of the source itself: what it is called, its template.
	Fields   []FieldChange   `json:"fields"`
	Settings []FieldChange   `json:"settings"`
	Mappings []MappingChange `json:"mappings"`
	Secrets  []KeyChange     `json:"secrets"`
	Tokens   []KeyChange     `json:"tokens"`
}

// FieldChange is a field that is another. What was not there, or is not any
// more, is null.
type FieldChange struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// ChangeKind is what became of a mapping, a secret or a token.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
	Moved   ChangeKind = "moved"
	Stopped ChangeKind = "paused"
	Resumed ChangeKind = "resumed"
	Revoked ChangeKind = "revoked"
)

// MappingChange is a mapping that is another, or stands elsewhere.
type MappingChange struct {
	Key    string     `json:"key"`
	Change ChangeKind `json:"change"`
	// From and To are its places in the list, from 0; nil where it is not in it.
	From *int `json:"from"`
	To   *int `json:"to"`
	// Moved says that it stands elsewhere among the others, and not only because
	// some of them came or went.
	Moved  bool          `json:"moved"`
	Fields []FieldChange `json:"fields"`
	// Reason is why it was paused.
	Reason string `json:"reason,omitempty"`
}

// KeyChange is a secret or a token that came, or that ends.
type KeyChange struct {
	ID          string     `json:"id"`
	Fingerprint string     `json:"fingerprint,omitempty"` // of a secret
	Change      ChangeKind `json:"change"`
	Until       es.Time    `json:"until"` // from when it does not count any more
}

// IsEmpty reports whether nothing differs.
func (d Difference) IsEmpty() bool {
	return len(d.Fields)+len(d.Settings)+len(d.Mappings)+len(d.Secrets)+len(d.Tokens) == 0
}

// Of returns what of d is about one mapping.
func (d Difference) Of(mapping string) Difference {
	about := emptyDifference()
	for _, m := range d.Mappings {
		if m.Key == mapping {
			about.Mappings = append(about.Mappings, m)
		}
	}
	return about
}

func emptyDifference() Difference {
	return Difference{
		Fields: []FieldChange{}, Settings: []FieldChange{}, Mappings: []MappingChange{},
		Secrets: []KeyChange{}, Tokens: []KeyChange{},
	}
}

// Compare returns how after differs from before in one environment; what is
// the same everywhere, the source's name and the like, is compared too.
func Compare(before, after State, environment string) Difference {
	d := emptyDifference()
	d.Fields = append(d.Fields, compareFields(before.described(), after.described())...)
	was, now := before.Environments[environment], after.Environments[environment]
	d.Settings = append(d.Settings, compareFields(settingsOf(before, environment), settingsOf(after, environment))...)
	d.Mappings = append(d.Mappings, compareMappings(was.Mappings, now.Mappings)...)
	d.Mappings = append(d.Mappings, comparePaused(was, now)...)
	d.Secrets = append(d.Secrets, compareKeys(secretsIn(was), secretsIn(now))...)
	d.Tokens = append(d.Tokens, compareKeys(tokensIn(was), tokensIn(now))...)
	return d
}

// fields are values by name, as JSON.
type fields map[string]json.RawMessage

func (s State) described() fields {
	if !s.Exists {
		return nil
	}
	return fields{"name": asJSON(s.Name), "description": asJSON(s.Description), "template": asJSON(s.Template)}
}

// settingsOf are none where the source is not connected.
func settingsOf(s State, environment string) fields {
	env, connected := s.Environments[environment]
	if !connected {
		return nil
	}
	var all fields
	_ = json.Unmarshal(asJSON(env.Settings), &all) // it was an object a moment ago
	return all
}

// compareFields returns what differs, by name. Null is what is not there.
func compareFields(before, after fields) []FieldChange {
	names := slices.Sorted(maps.Keys(before))
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var changes []FieldChange
	for _, name := range names {
		was, is := orNull(before[name]), orNull(after[name])
		if !bytes.Equal(was, is) {
			changes = append(changes, FieldChange{Field: name, Before: was, After: is})
		}
	}
	return changes
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// compareMappings returns what became of each mapping: in the order of the new
// list, and then those that are gone.
func compareMappings(before, after []rule.Mapping) []MappingChange {
	stayed := inOrder(before, after)
	var changes []MappingChange
	for to, m := range after {
		from := mappingIndex(before, m.Key)
		if from < 0 {
			changes = append(changes, MappingChange{Key: m.Key, Change: Added, To: &to, Fields: compareFields(nil, fieldsOf(m))})
			continue
		}
		change := MappingChange{
			Key: m.Key, Change: Changed, From: &from, To: &to, Moved: !stayed[m.Key],
			Fields: compareFields(fieldsOf(before[from]), fieldsOf(m)),
		}
		if len(change.Fields) == 0 {
			change.Change, change.Fields = Moved, []FieldChange{}
		}
		if len(change.Fields) > 0 || change.Moved {
			changes = append(changes, change)
		}
	}
	for from, m := range before {
		if mappingIndex(after, m.Key) < 0 {
			changes = append(changes, MappingChange{Key: m.Key, Change: Removed, From: &from, Fields: compareFields(fieldsOf(m), nil)})
		}
	}
	return changes
}

// fieldsOf are the fields of a mapping, those of its action each for itself.
func fieldsOf(m rule.Mapping) fields {
	all := fields{
		"event_type":  asJSON(m.EventType),
		"action_type": asJSON(m.ActionType),
		"active":      asJSON(m.Active),
	}
	if m.When != "" {
		all["when"] = asJSON(m.When)
	}
	for name, raw := range m.ActionParameters {
		all["action_parameters."+name] = raw
	}
	return all
}

// inOrder returns the keys of a longest run of mappings that stand in the same
// order in both lists: the others are those that were moved.
func inOrder(before, after []rule.Mapping) map[string]bool {
	var both []rule.Mapping
	var places []int
	for _, m := range after {
		if i := mappingIndex(before, m.Key); i >= 0 {
			both, places = append(both, m), append(places, i)
		}
	}
	longest, previous := make([]int, len(both)), make([]int, len(both))
	last := -1
	for i := range both {
		longest[i], previous[i] = 1, -1
		for j := range i {
			if places[j] < places[i] && longest[j] >= longest[i] {
				longest[i], previous[i] = longest[j]+1, j
			}
		}
		if last < 0 || longest[i] > longest[last] {
			last = i
		}
	}
	stayed := map[string]bool{}
	for ; last >= 0; last = previous[last] {
		stayed[both[last].Key] = true
	}
	return stayed
}

// comparePaused returns which mappings were paused, and which are asked again.
func comparePaused(before, after Environment) []MappingChange {
	var changes []MappingChange
	for _, p := range after.Paused {
		if before.PausedBecause(p.Mapping) == "" {
			changes = append(changes, MappingChange{Key: p.Mapping, Change: Stopped, Reason: p.Reason, Fields: []FieldChange{}})
		}
	}
	for _, p := range before.Paused {
		if after.PausedBecause(p.Mapping) == "" && mappingIndex(after.Mappings, p.Mapping) >= 0 {
			changes = append(changes, MappingChange{Key: p.Mapping, Change: Resumed, Fields: []FieldChange{}})
		}
	}
	return changes
}

func secretsIn(e Environment) []KeyChange {
	keys := make([]KeyChange, len(e.Secrets))
	for i, s := range e.Secrets {
		keys[i] = KeyChange{ID: s.ID, Fingerprint: s.Fingerprint, Until: s.RevokedAt}
	}
	return keys
}

func tokensIn(e Environment) []KeyChange {
	keys := make([]KeyChange, len(e.Tokens))
	for i, t := range e.Tokens {
		keys[i] = KeyChange{ID: t.ID, Until: t.Until}
	}
	return keys
}

// compareKeys returns which are new, which end at another time, and which are
// gone with their environment.
func compareKeys(before, after []KeyChange) []KeyChange {
	var changes []KeyChange
	find := func(in []KeyChange, id string) int {
		return slices.IndexFunc(in, func(k KeyChange) bool { return k.ID == id })
	}
	for _, k := range after {
		switch i := find(before, k.ID); {
		case i < 0:
			k.Change = Added
		case before[i].Until != k.Until:
			k.Change = Revoked
		default:
			continue
		}
		changes = append(changes, k)
	}
	for _, k := range before {
		if find(after, k.ID) < 0 {
			k.Change = Removed
			changes = append(changes, k)
		}
	}
	return changes
}

// asJSON writes what always can be written, without escapes for HTML.
func asJSON(v any) json.RawMessage {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSpace(text.Bytes())
}
