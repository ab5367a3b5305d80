package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"daybook/domain/es"
	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/value"
)

const (
	// maxText is the longest idempotency key, event type or id that is taken
	// from a payload, in characters.
	maxText = 255
	// maxSeconds is the last second of the year 9999, which is the last that
	// RFC 3339 can write.
	maxSeconds = 253402300799
)

// Paths are where a source's webhooks say what they are.
type Paths struct {
	EventType fieldpath.Path
	Timestamp *fieldpath.Path // nil: nowhere
	// Key leads to the idempotency key; nil: idempotency is off, unless
	// HashesBody says that the key is the body's SHA-256.
	Key        *fieldpath.Path
	HashesBody bool
	// Preprocess gives what preprocess.… stands for; nil: nothing.
	Preprocess *rule.Preprocess
}

var _ value.Guard = (*Paths)(nil)

// Guards makes the places that p leads to those whose flaws matter.
func (p *Paths) Guards(steps []string) bool {
	return p.EventType.Guards(steps) ||
		p.Timestamp != nil && p.Timestamp.Guards(steps) ||
		p.Key != nil && p.Key.Guards(steps)
}

// ReadReceipt reads what a request says of itself: raw is its body, body the
// same decoded by package value, headers are those that are kept. What it
// cannot read is left out; of the key it notes why.
func (p *Paths) ReadReceipt(raw []byte, body any, headers map[string]string) Receipt {
	doc := p.document(body, headers)
	var failed error
	if p.ReadsPreprocess() {
		doc.Preprocess, failed = p.Preprocess.Output(doc)
	}
	receipt := Receipt{Headers: headers}
	find := finder(doc)
	receipt.IdempotencyKey, receipt.KeyProblem = p.readKey(raw, find)
	if failed != nil && receipt.KeyProblem == KeyMissing && p.Key.InPreprocess() {
		receipt.KeyProblem = KeyPreprocess
	}
	receipt.EventType = boundedText(find(p.EventType))
	if p.Timestamp != nil {
		receipt.OccurredAt = readTime(find(*p.Timestamp))
	}
	envelope, _ := body.(map[string]any)
	receipt.EventID = boundedText(envelope["id"])
	object := objectOf(envelope)
	receipt.ObjectID, receipt.Related = boundedText(object["id"]), related(envelope, object)
	return receipt
}

// finder returns a function that says what paths lead to in doc. What a preprocess
// expression gives may hold one list a thousand times over, so a path through all
// of its entries could take for ever: it may take as much as a mapping.
func finder(doc fieldpath.Document) func(fieldpath.Path) any {
	budget := expression.NewBudget()
	return func(p fieldpath.Path) any {
		found, _, err := p.ResolveWithin(doc, budget)
		if err != nil {
			return []any{} // one of very many entries, and no text whatever they are
		}
		return found
	}
}

// document gives paths the headers only if one of them may lead there: most
// sources' do not, and the map is made for each request.
func (p *Paths) document(body any, headers map[string]string) fieldpath.Document {
	doc := fieldpath.Document{Body: body}
	if !p.readsHeaders() {
		return doc
	}
	doc.Headers = make(map[string]any, len(headers))
	for name, text := range headers {
		doc.Headers[name] = text
	}
	return doc
}

// readsHeaders reports whether anything that is read may stand in a header: the
// preprocess expression sees all of them.
func (p *Paths) readsHeaders() bool {
	return p.ReadsPreprocess() || p.any(fieldpath.Path.InHeaders)
}

// ReadsPreprocess reports whether the preprocess expression has to run before
// it is known what a request says of itself.
func (p *Paths) ReadsPreprocess() bool {
	return p.Preprocess != nil && p.any(fieldpath.Path.InPreprocess)
}

func (p *Paths) any(leads func(fieldpath.Path) bool) bool {
	return leads(p.EventType) ||
		p.Timestamp != nil && leads(*p.Timestamp) ||
		p.Key != nil && leads(*p.Key)
}

func (p *Paths) readKey(raw []byte, find func(fieldpath.Path) any) (string, KeyProblem) {
	if p.HashesBody {
		sum := sha256.Sum256(raw)
		return hex.EncodeToString(sum[:]), ""
	}
	if p.Key == nil {
		return "", KeyOff
	}
	found := find(*p.Key)
	if found == nil {
		return "", KeyMissing
	}
	key, ok := found.(string)
	switch {
	case !ok:
		return "", KeyNotString
	case key == "":
		return "", KeyEmpty
	case utf8.RuneCountInString(key) > maxText:
		return "", KeyTooLong
	default:
		return key, ""
	}
}

// StreamKey returns the part of the stream's name that stands for the key of
// r, or for the given id where it has none.
func (r Receipt) StreamKey(id uuid.UUID) string {
	if r.KeyProblem != "" {
		return GeneratedKey(id)
	}
	return StreamKey(r.IdempotencyKey)
}

// boundedText returns v if it is a string that is not too long, else nothing.
func boundedText(v any) string {
	text, _ := v.(string)
	if utf8.RuneCountInString(text) > maxText {
		return ""
	}
	return text
}

// readTime reads seconds or milliseconds since the epoch, or RFC 3339. A whole
// number that would be after the year 9999 in seconds is in milliseconds.
// Anything else is no time.
func readTime(v any) es.Time {
	switch v := v.(type) {
	case int64:
		switch {
		case v > 0 && v <= maxSeconds:
			return es.TimeOf(time.Unix(v, 0))
		case v > maxSeconds && v <= maxSeconds*1000:
			return es.Time(v)
		}
	case float64:
		if v > 0 && v <= maxSeconds {
			return es.Time(math.Floor(v * 1000))
		}
	case string:
		if parsed, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return es.TimeOf(parsed)
		}
	}
	return 0
}
