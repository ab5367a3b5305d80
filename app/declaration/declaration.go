package declaration

import (
	"encoding/json"

	"daybook/domain/rule"
)

// File is what a file declares, and the mistakes in it. With mistakes, what it
// declares is not to be used, but can be looked at for more of them.
type File struct {
	Sources  []Declaration
	Problems Problems
}

// Declaration is a source as a file declares it. What the file does not say
// stays as it is.
type Declaration struct {
	Key         string
	Template    string // empty: not said
	Name        *string
	Description *string
	// Environments are those that the file names, in its order.
	Environments []Environment

	file *text
	root *node
}

// Environment is a source in one environment, as a file declares it.
type Environment struct {
	Slug string
	// Settings is a JSON object, to be laid over the settings in force; nil: the
	// file says nothing of them.
	Settings json.RawMessage
	// Mappings are all the mappings there are to be; nil: the file says nothing
	// of them.
	Mappings *[]rule.Mapping
	// Secrets are where the secrets are; nil: the file says nothing of them.
	Secrets *[]Reference

	at   Position
	root *node
	// word is what the file calls the environments, kept are the places, in the
	// file, of the mappings that it does not say are deleted.
	word string
	kept []int
}

// Environment returns what is declared for an environment.
func (d Declaration) Environment(slug string) (Environment, bool) {
	for _, e := range d.Environments {
		if e.Slug == slug {
			return e, true
		}
	}
	return Environment{}, false
}

// text is a file as it was read.
type text struct {
	name  string
	lines []string
}
