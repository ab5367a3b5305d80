package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Pauser has a mapping asked no more, unless the rules were changed since the
// revision at which it was asked.
type Pauser interface {
	PauseMapping(ctx context.Context, source, environment, mapping, reason string, revision es.Revision) error
}

const (
	// PauseAfter is how often in a row a mapping runs out of its budget before
	// it is paused.
	PauseAfter = 10
	// maxStrikes bounds how many mappings are counted at once. Beyond, all are
	// counted anew: a mapping that goes on costing too much is soon found again.
	maxStrikes = 4096
)

// asked is a mapping at a configuration revision: when that changes, what was
// counted says nothing any more.
type asked struct {
	source, environment, mapping string
	revision                     es.Revision
}

// strikes counts how often in a row mappings ran out of their budgets.
type strikes struct {
	mu     sync.Mutex
	counts map[asked]int
}

func newStrikes() *strikes { return &strikes{counts: map[asked]int{}} }

// note counts what a mapping did, and reports whether it is to be paused now.
// If nothing comes of that, it is said again after as many more.
func (s *strikes) note(a asked, overBudget bool) (pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !overBudget {
		delete(s.counts, a)
		return false
	}
	if _, known := s.counts[a]; !known && len(s.counts) >= maxStrikes {
		clear(s.counts)
	}
	s.counts[a]++
	return s.counts[a]%PauseAfter == 0
}

// watchBudgets pauses the mappings that ran out of their budgets too often. The
// webhook is planned already: whatever becomes of this, it goes on.
func (j *job) watchBudgets(ctx context.Context, revision es.Revision, evaluation rule.Evaluation) {
	for _, v := range evaluation.Verdicts {
		if v.Reason == rule.Inactive || v.Reason == rule.MappingPaused || v.Reason == rule.ConditionFailed && !v.OverBudget {
			continue // it was not asked, or failed for something else
		}
		if j.strikes.note(asked{j.Ref.Source, j.Ref.Environment, v.Key, revision}, v.OverBudget) {
			j.config.Logger.Info("a mapping ran out of its budget again and again", slog.String("mapping", v.Key), slog.String("last", v.Error))
			j.pause(ctx, v.Key, fmt.Sprintf("it ran out of its budget %d times in a row; what it computes costs too much, so change it", PauseAfter), revision)
		}
	}
}

// pause has a mapping asked no more, as its rules were at a revision.
func (j *job) pause(ctx context.Context, mapping, reason string, revision es.Revision) {
	logger := j.config.Logger.With(slog.String("source", j.Ref.Source), slog.String("environment", j.Ref.Environment),
		slog.String("mapping", mapping), slog.String("why", reason))
	if err := j.config.Pauser.PauseMapping(ctx, j.Ref.Source, j.Ref.Environment, mapping, reason, revision); err != nil {
		logger.Warn("a mapping was to be paused and was not", slog.Any("error", err))
		return
	}
	j.config.Metrics.MappingPaused()
	logger.Warn("a mapping was paused")
}
