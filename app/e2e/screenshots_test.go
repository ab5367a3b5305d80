//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// maxPicture is how large the picture of the README may be, in bytes.
const maxPicture = 300_000

// readmeFolder holds what the README shows, and nothing else.
const readmeFolder = ".github/screenshots"

// TestScreenshots draws the log of the demo's story as log.png into the folder
// that DAYBOOK_SCREENSHOTS names. In any folder but the README's it also draws
// every page, in both colour schemes and both widths.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("DAYBOOK_SCREENSHOTS")
	if folder == "" {
		t.Skip("DAYBOOK_SCREENSHOTS names no folder (task screenshot does)")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	h.clock.advance(-time.Hour)
	h.tellSlowly(3)
	b := newTab(t, h, wide).logIn()
	b.open("/?environment=development")
	b.until(`document.getElementById('live').textContent === 'Live'`)
	picture := b.picture(false)
	if len(picture) > maxPicture {
		t.Errorf("log.png has %d bytes", len(picture))
	}
	b.save(folder, "log.png", picture)
	if strings.HasSuffix(filepath.ToSlash(filepath.Clean(folder)), readmeFolder) {
		return
	}
	pages := h.pages()
	for _, width := range []int64{wide, narrow} {
		b := newTab(t, h, width).logIn()
		for _, p := range pages {
			b.open(p.path)
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				b.save(folder, fmt.Sprintf("%s-%d-%s.png", p.name, width, scheme), b.picture(true))
			}
		}
	}
}

// scheme sets what colours the reader prefers.
func (b *tab) scheme(name string) {
	b.Helper()
	b.call(emulate(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	}))
}

// picture is the page as a PNG: what is seen, or all of it.
func (b *tab) picture(whole bool) []byte {
	b.Helper()
	params := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}
	if whole {
		height := eval[float64](b, "Math.max(document.documentElement.scrollHeight, 400)")
		params.CaptureBeyondViewport = new(true)
		params.Clip = &page.Viewport{Width: float64(b.width), Height: min(height, 2400), Scale: 1}
	}
	target := chromedp.FromContext(b.ctx).Target
	answer, err := cdp.Call(b.ctx, target, page.CaptureScreenshot, params)
	if err != nil {
		b.Fatalf("draw %s: %v", b.path(), err)
	}
	return answer.Data
}

func (b *tab) save(folder, name string, picture []byte) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}
