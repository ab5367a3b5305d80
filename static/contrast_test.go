package static

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// oklch is a colour as the style sheets write it.
type oklch struct{ l, c, h float64 }

// tokens reads the pairs of app.css: light, then dark.
func tokens(t *testing.T) map[string][2]oklch {
	t.Helper()
	css, err := files.ReadFile("css/app.css")
	if err != nil {
		t.Fatal(err)
	}
	pair := regexp.MustCompile(`--([a-z0-9-]+):\s*light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\),\s*oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)\)`)
	all := map[string][2]oklch{}
	for _, m := range pair.FindAllStringSubmatch(string(css), -1) {
		n := make([]float64, 6)
		for i := range n {
			if n[i], err = strconv.ParseFloat(m[i+2], 64); err != nil {
				t.Fatal(err)
			}
		}
		all[m[1]] = [2]oklch{{n[0] / 100, n[1], n[2]}, {n[3] / 100, n[4], n[5]}}
	}
	return all
}

// luminance is the relative luminance of WCAG.
func (c oklch) luminance() float64 {
	a, b := c.c*math.Cos(c.h*math.Pi/180), c.c*math.Sin(c.h*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	l := cube(c.l + 0.3963377774*a + 0.2158037573*b)
	m := cube(c.l - 0.1055613458*a - 0.0638541728*b)
	s := cube(c.l - 0.0894841775*a - 1.2914855480*b)
	clamp := func(x float64) float64 { return min(max(x, 0), 1) }
	return 0.2126*clamp(4.0767416621*l-3.3077115913*m+0.2309699292*s) +
		0.7152*clamp(-1.2684380046*l+2.6097574011*m-0.3413193965*s) +
		0.0722*clamp(-0.0041960863*l-0.7034186147*m+1.7076147010*s)
}

func contrast(a, b oklch) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// TestContrast holds every text colour to 4.5:1 on every ground that it
// stands on, in both schemes.
func TestContrast(t *testing.T) {
	t.Parallel()
	all := tokens(t)
	plain := []string{"paper", "sheet", "sunken"}
	grounds := map[string][]string{
		"ink":       append(plain, "accent-bg", "bad-bg", "hit"),
		"ink-2":     append(plain, "accent-bg"),
		"ink-3":     append(plain, "accent-bg"),
		"accent":    append(plain, "accent-bg"),
		"ok":        append(plain, "accent-bg"),
		"wait":      append(plain, "accent-bg"),
		"bad":       append(plain, "accent-bg", "bad-bg"),
		"mute":      append(plain, "accent-bg"),
		"number":    {"sheet", "sunken"},
		"on-accent": {"accent"},
	}
	for text, under := range grounds {
		for _, ground := range under {
			for i, scheme := range []string{"light", "dark"} {
				t.Logf("%s on %s, %s: %.2f", text, ground, scheme, contrast(all[text][i], all[ground][i]))
				if got := contrast(all[text][i], all[ground][i]); got < 4.5 || math.IsNaN(got) {
					t.Errorf("%s on %s, %s: %.2f", text, ground, scheme, got)
				}
			}
		}
	}
}

// TestContrastItself checks the arithmetic at both ends.
func TestContrastItself(t *testing.T) {
	t.Parallel()
	white, black := oklch{1, 0, 0}, oklch{0, 0, 0}
	if got := contrast(white, black); math.Abs(got-21) > .01 {
		t.Errorf("black on white is %.3f", got)
	}
}
