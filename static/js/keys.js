// @ts-check

/** Starts the keys: / searches, j and k move, e unfolds, ← and → turn, Ctrl S saves, Esc leaves. */
export function startKeys() {
  showKeys();
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', onRowClick);
}

/** Shows which keys work, which none does without a script. */
export function showKeys() {
  for (const hint of document.querySelectorAll('[data-keys]')) hint.removeAttribute('hidden');
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === 's' && (event.ctrlKey || event.metaKey) && !event.altKey && save()) event.preventDefault();
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target instanceof Element && event.target.closest('input, select, textarea, [contenteditable]');
  if (typing) {
    if (event.key === 'Escape' && typing instanceof HTMLElement) typing.blur();
    return;
  }
  if (actions.get(event.key)?.()) event.preventDefault();
}

/** @type {Map<string, () => boolean>} what each key does; true when it did */
const actions = new Map([
  ['/', search],
  ['j', () => move(1)],
  ['k', () => move(-1)],
  ['e', unfold],
  ['ArrowLeft', () => turn('prev')],
  ['ArrowRight', () => turn('next')],
  ['Escape', leave],
]);

/** Presses the button that saves. */
function save() {
  const button = document.querySelector('[data-key="save"]');
  if (!(button instanceof HTMLButtonElement)) return false;
  button.click();
  return true;
}

/** Goes back to where a form was opened from, unless what was typed is to stay. */
function leave() {
  const link = document.querySelector('a[data-key="Escape"]');
  if (!(link instanceof HTMLAnchorElement)) return false;
  if (!typed() || confirm('Leave without saving?')) link.click();
  return true;
}

/** Says whether a form holds something else than it came with. */
function typed() {
  return [...document.querySelectorAll('main form :is(input:not([type=hidden]), textarea, select)')].some((field) => {
    if (field instanceof HTMLSelectElement) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    return field instanceof HTMLInputElement && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  });
}

/** Goes to the search field and selects what is in it. */
function search() {
  const field = document.querySelector('[data-key="/"]');
  if (!(field instanceof HTMLInputElement)) return false;
  field.focus();
  field.select();
  return true;
}

/**
 * Moves the focus to the next or previous row's link.
 * @param {1 | -1} step
 */
function move(step) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('table a.open')]);
  if (links.length === 0) return false;
  const row = document.activeElement?.closest('tr');
  const now = links.findIndex((link) => row?.contains(link));
  const next = links[now < 0 ? 0 : Math.min(Math.max(now + step, 0), links.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

/** Unfolds every part of the payloads, or folds them again when all are open. */
function unfold() {
  const parts = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll('.json details')]);
  if (parts.length === 0) return false;
  const open = parts.some((part) => !part.open);
  for (const part of parts) part.open = open || part.parentElement?.classList.contains('json') === true;
  return true;
}

/**
 * Follows the page's link to its neighbour.
 * @param {'prev' | 'next'} rel
 */
function turn(rel) {
  const link = document.querySelector(`.acts a[rel=${rel}]`);
  if (!(link instanceof HTMLAnchorElement)) return false;
  link.click();
  return true;
}

/**
 * A click anywhere in a row of the log opens it, unless text was selected or
 * something else was meant.
 * @param {MouseEvent} event
 */
function onRowClick(event) {
  if (event.button !== 0 || !(event.target instanceof Element)) return;
  if (event.target.closest('a, button, details, input, select')) return;
  const link = event.target.closest('table.log tr')?.querySelector('a.open');
  if (!(link instanceof HTMLAnchorElement) || !getSelection()?.isCollapsed) return;
  link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey }));
}
