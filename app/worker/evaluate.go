package worker

import (
	"fmt"
	"runtime"
	"time"

	"daybook/domain/rule"
)

// processors is how many evaluations run at once: they compute, so more than
// there are processors gain nothing, and each may take a few megabytes.
func processors() int { return runtime.GOMAXPROCS(0) }

// evaluateWithin evaluates rules within a span of time. What rules may compute
// is counted, and running out of that is an answer like any other; time is
// only the backstop for what nobody thought of. An evaluation that takes too
// long decides nothing: it is left to end by itself, and counts no longer among
// those that run.
func (w *Worker) evaluateWithin(rules *rule.Rules, input rule.Input) (rule.Evaluation, error) {
	w.evaluating <- struct{}{}
	defer func() { <-w.evaluating }()
	done := make(chan rule.Evaluation, 1)
	began := time.Now()
	go func() { done <- w.evaluate(rules, input) }()
	timer := time.NewTimer(evaluateWithin)
	defer timer.Stop()
	select {
	case evaluation := <-done:
		w.config.Metrics.Evaluated(time.Since(began))
		return evaluation, nil
	case <-timer.C:
		return rule.Evaluation{}, fmt.Errorf("the rules took longer than %s, which nothing they may do takes; replay the webhook, and report it if that happens again", evaluateWithin)
	}
}
