package respond

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxRequest is the largest request body that the API reads, in bytes.
const MaxRequest = 1 << 20

// Decode reads a request of at most [MaxRequest] bytes, which is one JSON
// object. Fields that are unknown, stand twice, or hold what they cannot are
// refused by name; names count as they are written, capitals included.
func Decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case err != nil:
		return Invalid("", "the request was cut off; send it again")
	case !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")):
		return Invalid("", "the request is not a JSON object; send one")
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		return decodeProblem(err)
	}
	return nil
}

func decodeProblem(err error) error {
	var meaning *json.SemanticError
	var grammar *jsontext.SyntacticError
	switch {
	case errors.As(err, &meaning):
		return Invalid(fieldAt(meaning.JSONPointer), "%s", meaningProblem(meaning))
	case errors.As(err, &grammar) && errors.Is(err, jsontext.ErrDuplicateName):
		return Invalid(fieldAt(grammar.JSONPointer), "stands twice; give it once")
	case errors.As(err, &grammar):
		return Invalid(fieldAt(grammar.JSONPointer), "the request is not JSON: %s at byte %d", grammar.Err, grammar.ByteOffset)
	default:
		return Invalid("", "the request cannot be read: %s", err)
	}
}

func meaningProblem(e *json.SemanticError) string {
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		return "there is no such field"
	case e.Err != nil && e.JSONValue == nil:
		return e.Err.Error() // a type that reads its own JSON says what it wants
	default:
		return kindName(e.JSONKind) + " of this kind cannot stand here"
	}
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case '0':
		return "a number"
	default:
		return "a value"
	}
}

// fieldAt writes where a value stands as a.b[0].c.
func fieldAt(pointer jsontext.Pointer) string {
	var field strings.Builder
	for name := range pointer.Tokens() {
		switch {
		case strings.Trim(name, "0123456789") == "":
			fmt.Fprintf(&field, "[%s]", name)
		case field.Len() > 0:
			field.WriteString("." + name)
		default:
			field.WriteString(name)
		}
	}
	return field.String()
}
