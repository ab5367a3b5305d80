// @ts-check

/** Starts what spares a click in forms, and the copy buttons. */
export function startForms() {
  showCopy();
  document.addEventListener('click', onCopy);
  document.addEventListener('change', onChange);
  document.addEventListener('htmx:before:swap', keepSame);
}

/**
 * Leaves parts of the page alone that came again as they are, by their data-v;
 * in others that have as many parts that fold, what was unfolded stays so.
 * @param {Event} event
 */
function keepSame(event) {
  const { tasks } = /** @type {CustomEvent} */ (event).detail;
  for (let i = tasks.length - 1; i >= 0; i--) {
    const part = tasks[i].fragment?.firstElementChild;
    const here = part instanceof HTMLElement && part.dataset.v ? document.getElementById(part.id) : null;
    if (!here) continue;
    if (here.dataset.v === part.dataset.v) {
      tasks.splice(i, 1);
      continue;
    }
    const before = here.querySelectorAll('details'), after = part.querySelectorAll('details');
    if (before.length === after.length) before.forEach((was, n) => { after[n].open ||= was.open; });
  }
}

/** Shows the copy buttons, which do nothing without a script. */
export function showCopy() {
  for (const button of document.querySelectorAll('[data-copy]')) button.removeAttribute('hidden');
}

/** @param {Event} event */
async function onCopy(event) {
  const button = event.target instanceof Element && event.target.closest('[data-copy]');
  if (!(button instanceof HTMLElement)) return;
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? '');
    button.textContent = 'Copied';
  } catch {
    const text = button.previousElementSibling; // no clipboard without https: select it instead
    if (text) getSelection()?.selectAllChildren(text);
    button.textContent = 'Selected';
  }
  setTimeout(() => { button.textContent = said; }, 1600);
}

/**
 * A select that is a filter applies itself.
 * @param {Event} event
 */
function onChange(event) {
  const select = event.target;
  if (select instanceof HTMLSelectElement && 'submit' in select.dataset) select.form?.requestSubmit();
}
