package value

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// What Decode answers for bytes that are not one JSON value.
var (
	ErrMalformed = errors.New("not one JSON value")
	ErrTooDeep   = errors.New("nested too deeply")
)

// Decoded is a JSON value with what was odd about its bytes.
type Decoded struct {
	Value any
	// Flaws are what a strict reader would have refused, in the order in which
	// they stand: at most [MaxFlaws] that are guarded, and as many others.
	Flaws []Flaw
}

// Limits of what is told of flaws.
const (
	MaxFlaws = 16
	maxPlace = 256 // bytes of a flaw's path
)

// Guard knows the places of a document that matter to somebody.
type Guard interface {
	// Guards reports whether a place, given by the steps to it, matters. A step
	// is the name of a member, or the number of an entry as in [0].
	Guards(steps []string) bool
}

// Flaw is a fault of the bytes that leaves the value readable.
type Flaw struct {
	Kind FlawKind
	// Path is where, as a field path without its root: data.object.id. It may
	// hold keys that no path can spell, and is cut where it is very long.
	Path string
	// Depth is the number of steps in Path: 1 for a member of the outermost object.
	Depth int
	// Guarded is true for the members of the outermost object and wherever the
	// guard says so. However many other flaws there are, they do not hide it.
	Guarded bool
}

// FlawKind is the kind of a flaw.
type FlawKind string

// The kinds of flaws.
const (
	DuplicateName FlawKind = "duplicate_field" // a name stands twice in one object; the last one counts
	InvalidUTF8   FlawKind = "invalid_utf8"    // bytes or escapes that are no text; they become U+FFFD
)

// Decode reads one JSON value, strictly but for the flaws that it reports. It
// returns an error that wraps [ErrMalformed] or [ErrTooDeep]. Each guard adds
// places whose flaws are guarded.
//
// The strings of the value are parts of one copy of raw where they can be:
// whoever keeps a few of them for long had better clone them.
func Decode(raw []byte, guards ...Guard) (Decoded, error) {
	d := decoder{
		json:   jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true)),
		source: string(raw),
		guards: guards,
	}
	decoded, err := d.document()
	if err == nil || errors.Is(err, ErrTooDeep) {
		return decoded, err
	}
	lenient := decoder{
		json:    jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		source:  d.source,
		lenient: true,
		guards:  guards,
	}
	return lenient.document()
}

type decoder struct {
	json    *jsontext.Decoder
	source  string // what json reads
	lenient bool   // strings are looked at one by one for bytes that are no text
	guards  []Guard
	path    []step
	flaws   []Flaw
	guarded int // how many of the flaws are
}

// step is one of a path: to a member by its name, or to an entry by its index.
type step struct {
	name  string
	index int
	entry bool
}

func (s step) String() string {
	if s.entry {
		return "[" + strconv.Itoa(s.index) + "]"
	}
	return s.name
}

func (d *decoder) document() (Decoded, error) {
	v, err := d.value()
	if err != nil {
		return Decoded{}, explain(err)
	}
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("there is something after the value")
		}
		return Decoded{}, explain(err)
	}
	return Decoded{Value: v, Flaws: d.flaws}, nil
}

func explain(err error) error {
	if errors.Is(err, ErrTooDeep) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrMalformed)
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%w: %w at byte %d", ErrMalformed, syntax.Err, syntax.ByteOffset+1)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

func (d *decoder) value() (any, error) {
	switch d.json.PeekKind() {
	case '{':
		return d.object()
	case '[':
		return d.list()
	case '"':
		text, flawed, err := d.text()
		if flawed {
			d.flaw(InvalidUTF8)
		}
		return text, err
	default:
		return d.scalar()
	}
}

// scalar reads a number, true, false or null.
func (d *decoder) scalar() (any, error) {
	literal, err := d.literal()
	if err != nil {
		return nil, err
	}
	switch literal[0] {
	case 't', 'f':
		return literal[0] == 't', nil
	case 'n':
		return nil, nil
	default:
		return number(literal), nil
	}
}

// literal reads a value as it is written.
func (d *decoder) literal() (string, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(d.json.InputOffset())
	return d.source[end-len(raw) : end], nil
}

// open reads the token that begins a list or an object.
func (d *decoder) open() error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	if d.json.StackDepth() > MaxDepth {
		return fmt.Errorf("%w: more than %d lists and objects in one another", ErrTooDeep, MaxDepth)
	}
	return nil
}

func (d *decoder) object() (any, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	object := map[string]any{}
	for d.json.PeekKind() != '}' {
		name, flawed, err := d.text()
		if err != nil {
			return nil, err
		}
		d.path = append(d.path, step{name: name})
		if flawed {
			d.flaw(InvalidUTF8)
		}
		if _, twice := object[name]; twice {
			d.flaw(DuplicateName)
		}
		if object[name], err = d.value(); err != nil {
			return nil, err
		}
		d.path = d.path[:len(d.path)-1]
	}
	_, err := d.json.ReadToken()
	return object, err
}

func (d *decoder) list() (any, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	list := []any{}
	for d.json.PeekKind() != ']' {
		d.path = append(d.path, step{index: len(list), entry: true})
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		d.path = d.path[:len(d.path)-1]
	}
	_, err := d.json.ReadToken()
	return list, err
}

// text reads a string or a name, and tells whether it had bytes or escapes that
// are no text.
func (d *decoder) text() (text string, flawed bool, err error) {
	literal, err := d.literal()
	if err != nil {
		return "", false, err
	}
	if !d.lenient && strings.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1], false, nil
	}
	unquoted, flaw := jsontext.AppendUnquote(nil, literal)
	return string(unquoted), flaw != nil, nil
}

func (d *decoder) flaw(kind FlawKind) {
	guarded := d.isGuarded()
	alike := len(d.flaws) - d.guarded
	if guarded {
		alike = d.guarded
	}
	if alike == MaxFlaws {
		return
	}
	if guarded {
		d.guarded++
	}
	d.flaws = append(d.flaws, Flaw{Kind: kind, Path: d.place(), Depth: len(d.path), Guarded: guarded})
}

func (d *decoder) isGuarded() bool {
	if len(d.path) <= 1 {
		return true
	}
	steps := make([]string, len(d.path))
	for i, s := range d.path {
		steps[i] = s.String()
	}
	return slices.ContainsFunc(d.guards, func(g Guard) bool { return g.Guards(steps) })
}

// place writes out where the decoder is.
func (d *decoder) place() string {
	var path strings.Builder
	for i, at := range d.path {
		if i > 0 && !at.entry {
			path.WriteByte('.')
		}
		step := at.String()
		if len(step) > maxPlace-path.Len() {
			path.WriteString(strings.ToValidUTF8(step[:max(maxPlace-path.Len(), 0)], ""))
			path.WriteString("…")
			break
		}
		path.WriteString(step)
	}
	return path.String()
}

// number returns what a literal stands for.
func number(literal string) any {
	if strings.ContainsAny(literal, ".eE") {
		return fraction(literal)
	}
	if whole, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return whole
	}
	const longest = 310 // digits and sign of the largest float64
	if len(literal) > longest {
		return Unrepresentable(literal)
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || strconv.FormatFloat(f, 'f', 0, 64) != literal {
		return Unrepresentable(literal)
	}
	return f
}

func fraction(literal string) any {
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		return Unrepresentable(literal)
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(literal), "e")
	if f == 0 && strings.ContainsAny(mantissa, "123456789") {
		return Unrepresentable(literal)
	}
	return f
}
