package wire

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"daybook/domain/es"
)

// filter selects events of $all by stream name or by event type, by prefixes or
// by a regular expression. The zero value selects all.
type filter struct {
	byType     bool
	prefixes   []string
	expression *regexp.Regexp
	// interval is after how many positions a subscriber hears how far the
	// search has come; 0 for never.
	interval uint64
}

// matches reports whether e passes f.
func (f *filter) matches(e *es.Recorded) bool {
	subject := string(e.Stream)
	if f.byType {
		subject = e.Type
	}
	switch {
	case f.expression != nil:
		return f.expression.MatchString(subject)
	case len(f.prefixes) > 0:
		return slices.ContainsFunc(f.prefixes, func(prefix string) bool { return strings.HasPrefix(subject, prefix) })
	default:
		return true
	}
}

// selects reports whether f leaves anything out.
func (f *filter) selects() bool { return f.expression != nil || len(f.prefixes) > 0 }

// pushed returns the part of f that the store can apply.
func (f *filter) pushed() es.Filter {
	if f.byType {
		return es.Filter{}
	}
	return es.Filter{StreamPrefixes: f.prefixes}
}

// filterOf reads the filter of a read or a subscription.
func filterOf(options *streams.ReadReq_Options) (filter, error) {
	switch option := options.GetFilterOption().(type) {
	case *streams.ReadReq_Options_NoFilter:
		return filter{}, nil
	case *streams.ReadReq_Options_Filter:
		return expressionFilter(option.Filter)
	default:
		return filter{}, invalid("the filter is missing: say that there is none")
	}
}

func expressionFilter(options *streams.ReadReq_Options_FilterOptions) (f filter, err error) {
	var expression *streams.ReadReq_Options_FilterOptions_Expression
	switch by := options.GetFilter().(type) {
	case *streams.ReadReq_Options_FilterOptions_EventType:
		f.byType, expression = true, by.EventType
	case *streams.ReadReq_Options_FilterOptions_StreamIdentifier:
		expression = by.StreamIdentifier
	default:
		return f, invalid("the filter does not say what it looks at")
	}
	if f.interval, err = intervalOf(options); err != nil {
		return f, err
	}
	if text := expression.GetRegex(); text != "" {
		f.expression, err = compile(text)
		return f, err
	}
	f.prefixes = expression.GetPrefix()
	switch {
	case len(f.prefixes) == 0:
		return f, invalid("the filter needs a regular expression or prefixes")
	case len(f.prefixes) > maxPrefixes:
		return f, invalid("at most %d prefixes are taken", maxPrefixes)
	}
	return f, nil
}

// intervalOf multiplies the search window with what a client says beside it.
func intervalOf(options *streams.ReadReq_Options_FilterOptions) (uint64, error) {
	const unnamed = 32 // the window of those that leave it to the server
	window := uint64(unnamed)
	switch w := options.GetWindow().(type) {
	case *streams.ReadReq_Options_FilterOptions_Count:
	case *streams.ReadReq_Options_FilterOptions_Max:
		window = uint64(w.Max)
	default:
		return 0, invalid("the search window of the filter is missing")
	}
	return window * uint64(options.GetCheckpointIntervalMultiplier()), nil
}

// compile compiles a regular expression whose matching is not too costly.
func compile(text string) (*regexp.Regexp, error) {
	if len(text) > maxExpression {
		return nil, invalid("the regular expression is longer than %d bytes", maxExpression)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, invalid("the filter is not a regular expression (RE2): %v", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, invalid("the filter is not a regular expression (RE2): %v", err)
	}
	if len(program.Inst) > maxInstructions {
		return nil, invalid("the regular expression is too complex: repeat less")
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, invalid("the filter is not a regular expression (RE2): %v", err)
	}
	return compiled, nil
}
