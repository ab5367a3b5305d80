package declaration

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// Reference says where a secret is: a file names it, and never holds it.
type Reference struct {
	// Text is the reference as it is written: ${env:NAME} or ${file:path}.
	Text string

	kind, name string
	at         Position
	field      string
}

var referencePattern = regexp.MustCompile(`^\$\{(env|file):([^{}$]+)\}$`)

// variablePattern is what a variable may be called.
var variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// maxSecretFile is the largest file that is read for a secret, in bytes.
const maxSecretFile = 4 << 10

func (r *reader) secrets(f field, where string) *[]Reference {
	switch f.value.kind {
	case isNull:
		return nil
	case isList:
	default:
		r.problem(f.value.at, where, "secrets are a list of references, such as [${env:STRIPE_SECRET}]")
		return nil
	}
	all := []Reference{}
	for i, item := range f.value.items {
		at := fmt.Sprintf("%s[%d]", where, i)
		found := referencePattern.FindStringSubmatch(item.text)
		switch {
		case item.kind != isText || found == nil: // what stands there is not repeated
			r.problem(item.at, at, "a secret does not stand in a file; write ${env:NAME} or ${file:path}, and put the secret there")
		case found[1] == "env" && !variablePattern.MatchString(found[2]):
			r.problem(item.at, at, quote(found[2])+" cannot be the name of a variable")
		default:
			all = append(all, Reference{Text: item.text, kind: found[1], name: found[2], at: item.at, field: at})
		}
	}
	return &all
}

// Resolver finds what references lead to.
type Resolver struct {
	// Dir is where the paths of files begin.
	Dir string
	// Variable returns a variable of the environment.
	Variable func(name string) (string, bool)
}

// Secret is a secret that was found, with the reference that led to it.
type Secret struct {
	Reference
	Secret signature.Secret
}

// Resolve finds the secrets of all environments of d: by environment, each once.
// The error is [Problems].
func (d Declaration) Resolve(r Resolver) (map[string][]Secret, error) {
	all := map[string][]Secret{}
	var problems Problems
	for _, e := range d.Environments {
		if e.Secrets == nil {
			continue
		}
		seen := map[string]bool{}
		for _, reference := range *e.Secrets {
			secret, err := r.resolve(reference)
			if err != nil {
				problems = append(problems, Problem{File: d.file.name, Position: reference.at, Field: reference.field, Message: err.Error()})
				continue
			}
			if !seen[secret.Fingerprint()] {
				seen[secret.Fingerprint()] = true
				all[e.Slug] = append(all[e.Slug], Secret{Reference: reference, Secret: secret})
			}
		}
	}
	return all, problems.OrNil()
}

func (r Resolver) resolve(reference Reference) (signature.Secret, error) {
	var text string
	if reference.kind == "env" {
		value, ok := r.Variable(reference.name)
		if !ok || value == "" {
			return signature.Secret{}, fmt.Errorf("the variable %s is not set", reference.name)
		}
		text = value
	} else {
		var err error
		if text, err = r.readFile(reference.name); err != nil {
			return signature.Secret{}, err
		}
	}
	secret, err := signature.NewSecret(strings.TrimSpace(text))
	if refusals := es.RefusalsOf(err); len(refusals) > 0 {
		return signature.Secret{}, fmt.Errorf("%s: %s", reference.Text, refusals[0].Message)
	}
	return secret, err
}

func (r Resolver) readFile(path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.Dir, path)
	}
	content, err := readAtMost(path, maxSecretFile)
	return string(content), err
}

// Problem says of the place of the reference what is wrong there.
func (r Reference) Problem(d Declaration, message string) Problem {
	return Problem{File: d.file.name, Position: r.at, Field: r.field, Message: message}
}
