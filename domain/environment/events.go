package environment

import (
	"daybook/domain/es"
	"daybook/domain/source"
)

// Kind is a kind of destination.
type Kind string

// The kinds of destinations.
const (
	// Local is the built-in directory of users and workflow runs.
	Local Kind = "local"
	// Knock is the API of Knock.
	Knock Kind = "knock"
	// Endpoint is an address that takes each action as signed JSON.
	Endpoint Kind = "endpoint"
)

// Destination is where an environment's actions are carried out. What belongs
// to another kind is empty.
type Destination struct {
	Kind Kind `json:"kind"`
	// BaseURL is where the API of Knock is, without /v1.
	BaseURL string `json:"base_url,omitempty"`
	// APIKey is the key of Knock's API.
	APIKey *Credential `json:"api_key,omitempty"`
	// URL is the endpoint's.
	URL string `json:"url,omitempty"`
	// IdempotencyWindow is for how long the endpoint takes no action twice that
	// comes with the same id; nil if it may.
	IdempotencyWindow *source.Duration `json:"idempotency_window,omitempty"`
}

// Credential is a key or secret as the log holds it.
type Credential struct {
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"`
	// Sealed is the encrypted text. Whoever holds the master key can open it
	// with the associated data of its place: see [KeyContext] and
	// [SecretContext].
	Sealed source.Sealed `json:"sealed"`
}

// KeyContext is the associated data of a sealed API key: it opens nowhere else.
func KeyContext(slug, id string) string { return string(Stream(slug)) + "/api_key/" + id }

// SecretContext is the associated data of a sealed signing secret.
func SecretContext(slug, id string) string { return string(Stream(slug)) + "/signing_secret/" + id }

// Event is a fact in an environment's stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// DestinationChanged says where actions go from now on.
type DestinationChanged struct {
	Destination Destination `json:"destination"`
}

// SigningSecretAdded adds a secret by which the requests to an endpoint are
// signed.
type SigningSecretAdded struct {
	Secret Credential `json:"secret"`
}

// SigningSecretRevoked ends a signing secret, at once or at a later time.
type SigningSecretRevoked struct {
	ID    string  `json:"id"`
	Until es.Time `json:"until"`
}

func (DestinationChanged) isEvent()   {}
func (SigningSecretAdded) isEvent()   {}
func (SigningSecretRevoked) isEvent() {}

// Codec returns the table of an environment stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(
		es.JSON[DestinationChanged, Event]("DestinationChanged"),
		es.JSON[SigningSecretAdded, Event]("SigningSecretAdded"),
		es.JSON[SigningSecretRevoked, Event]("SigningSecretRevoked"),
	)
}
