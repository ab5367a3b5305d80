//go:build e2e

package e2e

import "testing"

// TestEveryPage opens every page, wide and narrow. That the policy refuses
// nothing and no script complains, the tab sees by itself; here it is looked at
// what a screen reader needs, that nothing is wider than the page, and that
// nothing moves once it is there.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t).tell()
	pages := h.pages()
	titles := map[string]string{}
	for _, width := range []int64{wide, narrow} {
		b := newTab(t, h, width).logIn()
		for _, p := range pages {
			b.open(p.path)
			for _, problem := range eval[[]string](b, amiss) {
				t.Errorf("%s at %d: %s", p.name, width, problem)
			}
			if got := eval[int64](b, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%s at %d is %d wide: %v", p.name, width, got, eval[[]string](b, tooWide))
			}
			if beyond := eval[[]string](b, intoTheGutter); len(beyond) > 0 {
				t.Errorf("%s at %d: in the margin stand %v", p.name, width, beyond)
			}
			b.still()
			titles[eval[string](b, "document.title")] = p.name
		}
	}
	if len(titles) < 16 {
		t.Errorf("%d pages share %d titles", len(pages), len(titles))
	}
}

// tooWide names what reaches beyond the page.
const tooWide = `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth).map(e => e.tagName + '.' + e.className)`

// intoTheGutter names the buttons and fields that stand in the margin.
const intoTheGutter = `[...document.querySelectorAll('main :is(.btn, input, select, textarea)')].filter(e =>
	e.checkVisibility({visibilityProperty: true}) && !e.closest('.unseen') && e.getBoundingClientRect().right > document.documentElement.clientWidth - 10).map(e => e.outerHTML.slice(0, 100))`

// amiss lists what a page lacks for those who do not see it, or work by keys.
const amiss = `(() => {
	const all = s => [...document.querySelectorAll(s)];
	const text = id => document.getElementById(id)?.textContent.trim();
	const name = e => e.getAttribute('aria-label')?.trim() || (e.getAttribute('aria-labelledby') ?? '').split(' ').map(text).join('')
		|| [...(e.labels ?? [])].map(l => l.textContent.trim()).join('') || e.textContent.trim() || e.querySelector('title')?.textContent;
	const amiss = [];
	const fails = (list, words) => { for (const e of list) amiss.push(words + ': ' + e.outerHTML.slice(0, 160)) };
	if (document.documentElement.lang !== 'en') amiss.push('no language');
	if (!/.+ · Daybook$/.test(document.title)) amiss.push('the title is ' + document.title);
	if (all('h1').length !== 1 || !all('h1')[0].textContent.trim()) amiss.push(all('h1').length + ' headings');
	if (all('main').length !== 1) amiss.push(all('main').length + ' × main');
	fails(all('input:not([type=hidden]), select, textarea, button, a[href], section, table.log').filter(e =>
		!e.closest('[aria-hidden=true]') && !name(e) && !(e.matches('table') && e.caption)), 'no name');
	fails(all('th').filter(e => !e.scope), 'a heading of nothing');
	fails(all('[aria-describedby]').filter(e => !text(e.getAttribute('aria-describedby'))), 'described by nothing');
	const ids = all('[id]').map(e => e.id);
	for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) amiss.push('twice: #' + id);
	fails(all('[style], script:not([src]), [onclick]'), 'not within the policy');
	fails(all('a:not([href^="https://"][rel=noreferrer])').filter(e => !/^[/#?]/.test(e.getAttribute('href'))), 'leads elsewhere');
	if (document.querySelector('.head')) {
		const first = document.querySelector('a, button, input');
		if (!first.matches('.skip[href="#main"]')) amiss.push('the first stop is ' + first.outerHTML);
	}
	return amiss;
})()`
