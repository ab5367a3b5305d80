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
	"daybook/domain/nearest"
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
			choice := "choose among " + listed(slices.Sorted(maps.Keys(e.values)))
			if meant, ok := nearest.Name(name, maps.Keys(e.values)); ok {
				choice = "did you mean " + meant + "?"
			}
			return &es.Refusal{Code: es.Invalid, Field: "shared." + name, Message: "samples have no such value: " + choice}
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
		kind, name, _ := strings.Cut(placeholder, " ")
		if kind == "int" || kind == "ms" {
			number, err := e.number(kind, name)
			if err != nil {
				return nil, err
			}
			body = strconv.AppendInt(body[:len(body)-1], number, 10) // without the quotes around it
			rest = rest[1:]
			continue
		}
		value, err := e.text(kind, name)
		if err != nil {
			return nil, err
		}
		if body, err = appendText(body, value); err != nil {
			return nil, fmt.Errorf("placeholder %s: %w", placeholder, err)
		}
	}
}

// text returns what a placeholder within a string stands for.
func (e *expansion) text(kind, name string) (string, error) {
	switch kind {
	case "new":
		return e.seed.NewID(name), nil
	case "iso", "utc":
		moment, timed, err := e.moment(name)
		if err != nil {
			return "", err
		}
		if !timed {
			return "", fmt.Errorf("placeholder %q is no time", name)
		}
		return moment.Time().Format(layoutOfTime(kind)), nil
	default:
		return e.value(kind)
	}
}

func layoutOfTime(kind string) string {
	if kind == "utc" {
		return "2006-01-02T15:04:05Z"
	}
	return "2006-01-02T15:04:05.000Z"
}

// value returns a shared value, and makes it if the story has none yet.
func (e *expansion) value(name string) (string, error) {
	if value, ok := e.shared[name]; ok {
		return value, nil
	}
	how, ok := e.values[name]
	if !ok || how.moment {
		return "", fmt.Errorf("placeholder %q stands for nothing", name)
	}
	value := how.text
	if how.prefix != "" {
		value = e.seed.NewID(how.prefix)
	}
	e.shared[name] = value
	return value, nil
}

// number returns what a placeholder for a number stands for: a time, a shared
// time, a new id or a shared value that is a number.
func (e *expansion) number(kind, name string) (int64, error) {
	moment, timed, err := e.moment(name)
	if timed || err != nil {
		if kind == "ms" {
			return int64(moment), err
		}
		return moment.Time().Unix(), err
	}
	var value string
	if prefix, ok := strings.CutPrefix(name, "new "); ok {
		value = e.seed.NewID(prefix)
	} else if value, err = e.value(name); err != nil {
		return 0, err
	}
	return e.whole(name, value)
}

// whole reads a shared value as a number.
func (e *expansion) whole(name, value string) (int64, error) {
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, &es.Refusal{Code: es.Invalid, Field: "shared." + name, Message: fmt.Sprintf("%.40q is not a whole number: give one", value)}
	}
	return number, nil
}

// moment returns what now, now-2m, or a shared time such as created=now-2m
// stands for; timed is false if the placeholder speaks of no time.
func (e *expansion) moment(placeholder string) (at es.Time, timed bool, err error) {
	if offset, ok := strings.CutPrefix(placeholder, "now"); ok {
		at, err = e.fromNow(offset)
		return at, true, err
	}
	name, offset, ok := strings.Cut(placeholder, "=now")
	if !ok {
		return 0, false, nil
	}
	if value, set := e.shared[name]; set {
		seconds, err := e.whole(name, value)
		return es.Time(seconds * 1000), true, err
	}
	if at, err = e.fromNow(offset); err != nil {
		return 0, true, err
	}
	e.shared[name] = strconv.FormatInt(at.Time().Unix(), 10)
	return at, true, nil
}

// fromNow returns the seed's time moved by an offset such as "", -2m or +30d.
func (e *expansion) fromNow(offset string) (es.Time, error) {
	if offset == "" {
		return e.seed.Now, nil
	}
	if days, ok := strings.CutSuffix(offset, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("offset %q: %w", offset, err)
		}
		return e.seed.Now.Add(time.Duration(n) * 24 * time.Hour), nil
	}
	d, err := time.ParseDuration(offset)
	if err != nil {
		return 0, fmt.Errorf("offset %q: %w", offset, err)
	}
	return e.seed.Now.Add(d), nil
}

// appendText appends text as it stands within a JSON string.
func appendText(body []byte, text string) ([]byte, error) {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		return nil, err
	}
	return append(body, quoted[1:len(quoted)-1]...), nil
}
