package web

import (
	"context"
	"slices"
	"time"

	"daybook/app/replay"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/projections/eventlog"
	"daybook/views"
	"daybook/views/ui"
)

// dryRun is what a mapping would have made of the last webhooks that it, or the
// one it replaces, is for.
func (s *Web) dryRun(ctx context.Context, at place, m rule.Mapping, replaces string, within time.Duration) (views.DryRun, error) {
	dry := views.DryRun{Run: true, New: replaces == "", Off: m.Active == rule.Off}
	ids, err := s.forBacktest(ctx, at, m, replaces)
	if err != nil {
		return dry, err
	}
	draft := replay.Draft{Source: at.Key, Environment: at.Environment, Mapping: m, Replaces: replaces, Within: within}
	b, err := s.Replay.Backtest(ctx, draft, ids)
	if len(es.RefusalsOf(err)) > 0 {
		dry.Problem = "Fill in what is missing and mend what cannot be read; then it can be run."
		return dry, nil
	}
	if err != nil {
		return dry, err
	}
	dry.Looked, dry.Stopped = b.Looked, b.Stopped
	dry.Matched, dry.Missed, dry.Failed, dry.NewlyFailed = b.Matched, b.Missed, b.Failed, b.NewlyFailed
	dry.Added, dry.Dropped, dry.Changed = b.Added, b.Dropped, b.Changed
	for _, j := range b.Changes {
		row := dryRow(j)
		row.Changed, row.Before = true, outcomeLine(j.Before)
		dry.Rows = append(dry.Rows, row)
	}
	for _, j := range b.Others {
		dry.Rows = append(dry.Rows, dryRow(j))
	}
	return dry, nil
}

// forBacktest are the ids of the webhooks to be looked at, the newest first.
func (s *Web) forBacktest(ctx context.Context, at place, m rule.Mapping, replaces string) ([]string, error) {
	types := []string{m.EventType}
	if i := indexOf(at.env.Mappings, replaces); i >= 0 && at.env.Mappings[i].EventType != m.EventType {
		types = append(types, at.env.Mappings[i].EventType)
	}
	var items []eventlog.Item
	for _, eventType := range types {
		if eventType == "" {
			continue // it is for none
		}
		last, err := s.lastOf(ctx, at, eventType, replay.MaxBacktest)
		if err != nil {
			return nil, err
		}
		items = append(items, last...)
	}
	slices.SortFunc(items, func(a, b eventlog.Item) int { return int(min(max(int64(b.Position)-int64(a.Position), -1), 1)) })
	var ids []string
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return slices.Compact(ids), nil
}

func dryRow(j replay.Judgement) views.DryRow {
	row := views.DryRow{URL: eventPath(j.ID), At: moment(j.ReceivedAt), Type: j.EventType, Line: outcomeLine(j.After)}
	switch {
	case j.After.Failed():
		row.Tone, row.Word = toneBad, "would fail"
	case j.After.Planned:
		row.Tone, row.Word = toneOK, "would match"
	default:
		row.Tone, row.Word = toneMute, "would not"
	}
	return row
}

// outcomeLine is what one mapping says of a webhook, in one line.
func outcomeLine(o replay.Outcome) ui.Line {
	switch {
	case o.Verdict != nil && o.Verdict.Error != "":
		return ui.Line{{Text: o.Verdict.Error, Kind: ui.Code}}
	case o.Problem != "":
		return ui.Line{{Text: o.Problem, Kind: ui.Code}}
	case o.Planned:
		return subjectLine(o.Type, o.Subject)
	case o.Reason == rule.ConditionFalse && o.Verdict != nil:
		return ui.Line{{Text: because(o.Verdict.Trace), Kind: ui.Code}}
	case o.Reason == rule.NoMapping:
		return ui.Text("not asked")
	case o.Reason == rule.Inactive:
		return ui.Text("switched off")
	case o.Reason == rule.MappingPaused:
		return ui.Text("paused")
	default:
		return ui.Text(string(o.Reason))
	}
}
