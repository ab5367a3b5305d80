package ui

import (
	"fmt"
	"time"
)

// Bar is one bar of a [Histogram].
type Bar struct {
	From, To  time.Time
	Done      int // succeeded and in work
	Ignored   int
	Attention int // failed and rejected
	Href      string
	x, width  string
	parts     []part
	Label     string
}

// part is a piece of a bar, in the chart's own units.
type part struct{ class, y, height string }

// The chart's own units; the picture is stretched to the width of the page.
const (
	chartWidth  = 960
	chartHeight = 48
)

// layBars places the bars: the same scale for all, the attention at the foot
// and never less than two units high, so that one failure in a thousand is
// seen.
func layBars(bars []Bar) []Bar {
	highest := 1
	for _, bar := range bars {
		highest = max(highest, bar.Done+bar.Ignored+bar.Attention)
	}
	laid := make([]Bar, len(bars))
	step := float64(chartWidth) / float64(max(len(bars), 1))
	for i, bar := range bars {
		bar.x = unit(float64(i) * step)
		bar.width = unit(max(step-min(2, step/4), 1))
		bar.Label = fmt.Sprintf("%s to %s UTC: %s", bar.From.UTC().Format("2 Jan 15:04:05"), bar.To.UTC().Format("15:04:05"),
			Plural(bar.Done+bar.Ignored+bar.Attention, "webhook"))
		if bar.Attention > 0 {
			bar.Label += fmt.Sprintf(", %s need attention", Count(bar.Attention))
		}
		foot := float64(chartHeight)
		for _, piece := range []struct {
			class string
			count int
			least float64
		}{{"bad", bar.Attention, 2}, {"mute", bar.Ignored, 0.75}, {"ok", bar.Done, 0.75}} {
			if piece.count <= 0 {
				continue
			}
			height := max(float64(piece.count)/float64(highest)*(chartHeight-4), piece.least)
			foot -= height
			bar.parts = append(bar.parts, part{piece.class, unit(max(foot, 0)), unit(height)})
		}
		laid[i] = bar
	}
	return laid
}

func unit(f float64) string { return fmt.Sprintf("%.1f", f) }
