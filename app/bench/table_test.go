package bench

import (
	"fmt"
	"strings"
	"time"
)

// table is what was measured, as Markdown.
type table struct{ rows [][3]string }

// add adds a figure; ratio may be empty.
func (t *table) add(name, value, ratio string) {
	t.rows = append(t.rows, [3]string{name, value, ratio})
}

func (t *table) String() string {
	if len(t.rows) == 0 {
		return ""
	}
	rows := append([][3]string{{"", "", "ratio"}}, t.rows...)
	var widths [3]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	line := func(row [3]string) {
		fmt.Fprintf(&out, "| %-*s | %*s | %*s |\n", widths[0], row[0], widths[1], row[1], widths[2], row[2])
	}
	out.WriteString("\n")
	line(rows[0])
	fmt.Fprintf(&out, "|%s|%s:|%s:|\n", strings.Repeat("-", widths[0]+2), strings.Repeat("-", widths[1]+1), strings.Repeat("-", widths[2]+1))
	for _, row := range rows[1:] {
		line(row)
	}
	out.WriteString("\n")
	return out.String()
}

// perSecond writes a rate with a comma between the thousands.
func perSecond(n int, in time.Duration) string {
	rate := fmt.Sprintf("%.0f", float64(n)/in.Seconds())
	for i := len(rate) - 3; i > 0; i -= 3 {
		rate = rate[:i] + "," + rate[i:]
	}
	return rate + "/s"
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
