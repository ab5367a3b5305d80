package template

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/es"
)

// sharedValue says how a value is made that a story does not hold yet: an id
// with a prefix, a text, or a moment, which the placeholder gives.
type sharedValue struct {
	prefix string
	text   string
	moment bool
}

// expansion fills in the placeholders of one sample.
type expansion struct {
	seed   Seed
	values map[string]sharedValue
	shared map[string]string
}

// checkShared refuses names that no sample knows: somebody would wait in vain
// for their value to appear.
func (e *expansion) checkShared() error {
	for _, name := range slices.Sorted(maps.Keys(e.shared)) {
		if _, ok := e.values[name]; !ok {
			return &es.Refusal{Code: es.Invalid, Field: "shared." + name, Message: fmt.Sprintf(
				"samples have no such value: choose among %s", strings.Join(slices.Sorted(maps.Keys(e.values)), ", "))}
		}
	}
	return nil
}

func (e *expansion) expand(sample []byte) ([]byte, error) {
	body, rest := make([]byte, 0, len(sample)), string(sample)
	for {
		before, opened, found := strings.Cut(rest, "{{")
		body = append(body, before...)
		if !found {
			return body, nil
		}
		placeholder, after, closed := strings.Cut(opened, "}}")
		if !closed {
			return nil, fmt.Errorf("placeholder %.40q has no end", opened)
		}
		rest = after
		if name, ok := strings.CutPrefix(placeholder, "int "); ok {
			number, err := e.number(name)
			if err != nil {
				return nil, err
			}
			body = strconv.AppendInt(body[:len(body)-1], number, 10) // without the quotes around it
			rest = rest[1:]
			continue
		}
		value, err := e.text(placeholder)
		if err != nil {
			return nil, err
		}
		if body, err = appendText(body, value); err != nil {
			return nil, fmt.Errorf("placeholder %s: %w", placeholder, err)
		}
	}
}

// text returns what a placeholder within a string stands for.
func (e *expansion) text(placeholder string) (string, error) {
	if prefix, ok := strings.CutPrefix(placeholder, "new "); ok {
		return e.seed.NewID(prefix), nil
	}
	if value, ok := e.shared[placeholder]; ok {
		return value, nil
	}
	how, ok := e.values[placeholder]
	if !ok || how.moment {
		return "", fmt.Errorf("placeholder %q stands for nothing", placeholder)
	}
	value := how.text
	if how.prefix != "" {
		value = e.seed.NewID(how.prefix)
	}
	e.shared[placeholder] = value
	return value, nil
}

// number returns what a placeholder for a number stands for: a time, a shared
// time, or a shared value that is a number.
func (e *expansion) number(placeholder string) (int64, error) {
	if offset, ok := strings.CutPrefix(placeholder, "now"); ok {
		return e.moment(offset)
	}
	name, moment, timed := strings.Cut(placeholder, "=now")
	if _, set := e.shared[name]; timed && !set {
		seconds, err := e.moment(moment)
		if err != nil {
			return 0, err
		}
		e.shared[name] = strconv.FormatInt(seconds, 10)
		return seconds, nil
	}
	value, err := e.text(name)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, &es.Refusal{Code: es.Invalid, Field: "shared." + name, Message: fmt.Sprintf("%.40q is not a whole number: give one", value)}
	}
	return number, nil
}

// moment returns the seed's time moved by an offset such as "", -2m or +30d.
func (e *expansion) moment(offset string) (int64, error) {
	now := e.seed.Now.Time().Unix()
	if offset == "" {
		return now, nil
	}
	if days, ok := strings.CutSuffix(offset, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("offset %q: %w", offset, err)
		}
		return now + n*int64(24*time.Hour/time.Second), nil
	}
	d, err := time.ParseDuration(offset)
	if err != nil {
		return 0, fmt.Errorf("offset %q: %w", offset, err)
	}
	return now + int64(d/time.Second), nil
}

// appendText appends text as it stands within a JSON string.
func appendText(body []byte, text string) ([]byte, error) {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		return nil, err
	}
	return append(body, quoted[1:len(quoted)-1]...), nil
}
