package alert

import (
	"fmt"
	"time"
)

// Text says in one sentence, without a full stop, what an alert is about.
func (a Alert) Text() string {
	text := a.Cause.text(a.Count)
	if a.Detail != "" {
		text += ": " + a.Detail
	}
	return text
}

func (c Cause) text(n int) string {
	switch c.Kind {
	case ActionsParked:
		if n == 1 {
			return fmt.Sprintf("an action of %s is not carried out and waits for a person", c.Source)
		}
		return fmt.Sprintf("%d actions of %s are not carried out and wait for a person", n, c.Source)
	case RequestsRefused:
		return fmt.Sprintf("%d requests to %s were refused within %d minutes", n, c.Source, int(RefusedWithin/time.Minute))
	case SourceSilent:
		return "the source " + c.Source + " has fallen silent"
	case MappingPaused:
		return fmt.Sprintf("the mapping %s of %s is paused", c.Subject, c.Source)
	case ProjectionLag:
		return fmt.Sprintf("the pages of %s are %s behind the log", c.Subject, time.Duration(n)*time.Second)
	case DiskLow:
		return fmt.Sprintf("the disk of %s is %d %% full", c.Subject, n)
	default:
		return string(c.Kind)
	}
}
