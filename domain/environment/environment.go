// Package environment is what is configured for a whole environment: where its
// actions are carried out.
//
// The stream is environment-{slug}. The environments in [FromTheStart] exist
// without an event; any other begins with its first one.
package environment

import (
	"regexp"
	"strings"

	"daybook/domain/es"
)

// StreamPrefix begins the name of every environment's stream.
const StreamPrefix = "environment-"

// FromTheStart returns the environments that need not be made.
func FromTheStart() []string { return []string{"development", "production"} }

// Stream returns the name of the stream of an environment.
func Stream(slug string) es.Stream { return es.Stream(StreamPrefix + slug) }

// Slug returns the environment whose stream this is.
func Slug(stream es.Stream) (string, bool) { return strings.CutPrefix(string(stream), StreamPrefix) }

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// IsSlug reports whether text can name an environment or a source. The word
// rejection cannot: the ids of refused requests begin with it.
func IsSlug(text string) bool { return slugPattern.MatchString(text) && text != "rejection" }
