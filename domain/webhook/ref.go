package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"daybook/domain/action"
	"daybook/domain/es"
)

// StreamPrefix begins the name of every webhook's stream.
const StreamPrefix = "webhook-"

// maxKey is the longest idempotency key, in bytes, that names its stream
// as it is.
const maxKey = 200

// Ref names a webhook: a stream and a generation in it.
type Ref struct {
	Environment string
	Source      string
	// Key is the stream's last part: the idempotency key as [StreamKey] or
	// [GeneratedKey] writes it.
	Key string
	// Generation counts from 1.
	Generation int
}

// StreamKey returns the part of the stream's name that stands for an
// idempotency key: the key itself if it is 1 to 200 bytes of A-Za-z0-9_.:-,
// else ~ and the hex SHA-256 of it.
func StreamKey(key string) string {
	if isPlain(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "~" + hex.EncodeToString(sum[:])
}

// GeneratedKey returns the part of the stream's name for a webhook without a
// usable idempotency key.
func GeneratedKey(id uuid.UUID) string { return "~g-" + id.String() }

func isPlain(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		c := key[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '_', c == '.', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// Stream returns the name of the stream of r.
func (r Ref) Stream() es.Stream {
	return es.Stream(StreamPrefix + r.base())
}

// ID returns the id of r for people and the API: the stream without its
// prefix, and ~n for a generation after the first.
func (r Ref) ID() string {
	if r.Generation <= 1 {
		return r.base()
	}
	return r.base() + "~" + strconv.Itoa(r.Generation)
}

func (r Ref) base() string { return r.Environment + "." + r.Source + "." + r.Key }

// ParseID reads what [Ref.ID] wrote.
func ParseID(id string) (Ref, error) {
	ref, err := parse(id)
	if err != nil {
		return Ref{}, err
	}
	// A ~ at the beginning of the key belongs to it, a later one does not.
	if i := strings.LastIndexByte(ref.Key, '~'); i > 0 {
		n, err := strconv.Atoi(ref.Key[i+1:])
		if err != nil || n < 2 || strconv.Itoa(n) != ref.Key[i+1:] {
			return Ref{}, fmt.Errorf("webhook id %q: what follows ~ is not a generation", id)
		}
		ref.Key, ref.Generation = ref.Key[:i], n
	}
	if !isKey(ref.Key) {
		return Ref{}, fmt.Errorf("webhook id %q: its key is none that a stream can have", id)
	}
	return ref, nil
}

// ParseStream reads the name of a webhook's stream; the generation is 1.
func ParseStream(stream es.Stream) (Ref, error) {
	base, ok := strings.CutPrefix(string(stream), StreamPrefix)
	if !ok {
		return Ref{}, fmt.Errorf("stream %q is not a webhook's", stream)
	}
	ref, err := parse(base)
	if err == nil && !isKey(ref.Key) {
		return Ref{}, fmt.Errorf("stream %q: its key is none that a webhook can have", stream)
	}
	return ref, err
}

func parse(base string) (Ref, error) {
	environment, rest, _ := strings.Cut(base, ".")
	source, key, _ := strings.Cut(rest, ".")
	if environment == "" || source == "" || key == "" {
		return Ref{}, fmt.Errorf("webhook id %q: environment, source and key are expected, with dots between them", base)
	}
	return Ref{Environment: environment, Source: source, Key: key, Generation: 1}, nil
}

// isKey reports whether key can be what [StreamKey] or [GeneratedKey] wrote.
func isKey(key string) bool { return isPlain(strings.TrimPrefix(key, "~")) }

// ActionID returns the id of an action that follows from r.
func (r Ref) ActionID(mapping string, index int) string {
	return action.ID(r.base(), mapping, index, r.Generation).String()
}
