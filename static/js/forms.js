// @ts-check

/** Starts what spares a click in forms, and the copy buttons. */
export function startForms() {
  showCopy();
  document.addEventListener('click', onCopy);
  document.addEventListener('change', onChange);
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
 * A select that is a filter applies itself; one that decides which fields a
 * form has asks for them.
 * @param {Event} event
 */
function onChange(event) {
  const select = event.target;
  if (!(select instanceof HTMLSelectElement)) return;
  if ('submit' in select.dataset) select.form?.requestSubmit();
  const follows = select.form?.querySelector(`[data-follows="${select.name}"]`);
  if (follows instanceof HTMLElement) select.form?.requestSubmit(follows);
}
