package expression

import (
	"reflect"
	"strings"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/types"
)

// scope is where an expression stands: which names it sees, and what it has to
// give.
type scope struct {
	want  reflect.Kind // Invalid: anything
	early bool         // event and preprocess are not known yet
}

// newConfig tells the parser its limit and the checker the names that there are.
func newConfig(s scope) *conf.Config {
	names := types.Map{"body": types.Any, "headers": types.Any}
	if !s.early {
		names["preprocess"] = types.Any
		names["event"] = types.Map{
			"id": types.String, "type": types.String, "key": types.String,
			"source": types.String, "environment": types.String, "received_at": types.String,
		}
	}
	config := conf.New(names)
	config.MaxNodes = MaxNodes
	config.Expect, config.ExpectAny = s.want, true
	return config
}

// explain says what the checker cannot know: why a name is missing here, and
// what an object is.
func (s scope) explain(e *Error) *Error {
	if !s.early {
		return e
	}
	switch kind, isKind := strings.CutPrefix(e.Message, "expected map, but got "); {
	case e.Message == "unknown name event", e.Message == "unknown name preprocess":
		e.Message += "; it is made from what this expression gives, which sees body and headers only"
	case isKind:
		e.Message = "the expression gives " + kindWords(kind) + `; it has to give an object, as in {"type": body.kind}`
	}
	return e
}

// kindWords is what the checker calls a kind, as it is called elsewhere.
func kindWords(kind string) string {
	switch {
	case kind == "string":
		return "a string"
	case kind == "bool":
		return "true or false"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "float"):
		return "a number"
	case strings.HasPrefix(kind, "["):
		return "a list"
	default:
		return "something else"
	}
}
