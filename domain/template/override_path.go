package template

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of an override's path.
const (
	maxPathBytes = 512
	maxPathSteps = 32
	maxPathIndex = 9999
)

// step leads into a member of an object or into an entry of a list.
type step struct {
	name    string
	index   int
	isIndex bool
}

func (s step) String() string {
	if s.isIndex {
		return "[" + strconv.Itoa(s.index) + "]"
	}
	return s.name
}

// parseSteps reads a path such as data.object.lines.data[0].amount. Its errors
// are for the person who wrote it.
func parseSteps(path string) ([]step, error) {
	if len(path) > maxPathBytes || !utf8.ValidString(path) {
		return nil, errors.New("a path is at most 512 bytes of UTF-8: shorten it")
	}
	var steps []step
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "body."), ".") {
		name, indexes, indexed := strings.Cut(part, "[")
		if name == "" {
			return nil, errors.New("the path has an empty name: write it as data.object.amount_due")
		}
		steps = append(steps, step{name: name})
		if !indexed {
			continue
		}
		entries, ok := strings.CutSuffix(indexes, "]")
		if !ok {
			return nil, errors.New("the path has a [ without its ] at the end of a name: write an entry as lines.data[0]")
		}
		for entry := range strings.SplitSeq(entries, "][") {
			index, err := strconv.ParseUint(entry, 10, 31)
			if err != nil || index > maxPathIndex {
				return nil, errors.New("[" + entry + "] is not an entry of a list: write a number from 0, as in lines.data[0]")
			}
			steps = append(steps, step{index: int(index), isIndex: true})
		}
	}
	if len(steps) > maxPathSteps {
		return nil, errors.New("the path has more than 32 steps: shorten it")
	}
	return steps, nil
}
