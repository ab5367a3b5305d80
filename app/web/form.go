package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"daybook/app/respond"
	"daybook/domain/es"
)

// formProblem is the problem of a form that cannot be read.
func formProblem(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &respond.Problem{Status: http.StatusBadRequest, Code: "malformed_form", Message: "the form cannot be read"}
}

// stateOf stands for what a form changes as it is now, so that it shows whether
// somebody changed it while the form was open.
func stateOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "" // it is not compared then
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// fieldErrors are the errors of a form by the names of its fields; "" is the
// form as a whole.
type fieldErrors map[string]string

// refused is what an error means for a form: its status, and what is wrong by
// field. ok is false for an error that is not about what was typed.
//
// Name gives the form's own name of what a refusal is about, and false for
// what has no field here; that is then said of the whole form.
func refused(err error, name func(field string) (string, bool)) (status int, problems fieldErrors, ok bool) {
	refusals := es.RefusalsOf(err)
	if len(refusals) == 0 {
		return 0, nil, false
	}
	problems = fieldErrors{}
	for _, refusal := range refusals {
		if refusal.Code == es.NotFound {
			return 0, nil, false
		}
		field, known := name(refusal.Field)
		if !known {
			problems.add("", refusal.Error())
			continue
		}
		problems.add(field, refusal.Message)
	}
	return respond.ProblemOf(err).Status, problems, true
}

// add says one more thing about a field.
func (e fieldErrors) add(field, message string) {
	message = sentence(message)
	if e[field] != "" {
		message = e[field] + " " + message
	}
	e[field] = message
}

// lines are the lines of a text that hold something, without the space around.
func lines(text string) []string {
	all := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}
