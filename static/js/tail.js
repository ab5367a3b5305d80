// @ts-check
// The live tail. hx-sse keeps the connection, and resumes it with the id of
// the last message; here it is decided where a row goes:
//
//   - a row that is on the page is replaced where it stands;
//   - a new one flows in at the top only while nothing there is being read:
//     the page is at its top, the pointer and the focus are elsewhere, and no
//     text is selected;
//   - otherwise it is held, and the button says how many are.
//
// The page never holds more than `most` rows.

const most = 500;

/** @type {WeakSet<Element>} the rows that have a tail already */
const started = new WeakSet();

/** Starts the tail of the page, if it has one that was not started yet. */
export function startTail() {
  const rows = document.querySelector('[data-tail]');
  if (!(rows instanceof HTMLTableSectionElement) || started.has(rows)) return;
  started.add(rows);
  new Tail(rows, document.getElementById('live'));
}

class Tail {
  /** @type {Map<string, HTMLTableRowElement>} rows that wait, by id */
  #held = new Map();
  #running = true;
  #lost = true;

  /**
   * @param {HTMLTableSectionElement} rows
   * @param {HTMLElement | null} button
   */
  constructor(rows, button) {
    this.rows = rows;
    this.button = button;
    rows.addEventListener('htmx:sse:before:message', (event) => this.#message(/** @type {CustomEvent} */ (event)));
    rows.addEventListener('htmx:sse:after:connection', () => this.#connected(true));
    for (const end of ['htmx:sse:error', 'htmx:sse:close']) rows.addEventListener(end, () => this.#connected(false));
    for (const failed of ['htmx:error', 'htmx:response:error']) rows.addEventListener(failed, () => this.#again());
    for (const moved of ['pointerleave', 'focusout']) rows.addEventListener(moved, () => setTimeout(() => this.#settle()));
    addEventListener('scroll', () => this.#settle(), { passive: true });
    button?.addEventListener('click', () => this.#press());
    button?.removeAttribute('hidden');
    this.#show();
  }

  /** @param {CustomEvent} event */
  #message(event) {
    if (event.detail.message.event) return;
    event.preventDefault(); // htmx would put every row on top
    const row = parseRow(event.detail.message.data);
    if (!row) return;
    const here = document.getElementById(row.id);
    if (here) here.replaceWith(row);
    else this.#held.set(row.id, row);
    this.#settle();
  }

  /** Says whether new rows may flow in without moving what is being read. */
  #quiet() {
    return scrollY < 40 && !this.rows.matches(':hover') && !this.rows.contains(document.activeElement) && (getSelection()?.isCollapsed ?? true);
  }

  #settle() {
    if (this.#held.size > 0 && this.#running && this.#quiet()) this.#flow();
    this.#show();
  }

  /** Puts the held rows in, each where its time belongs. */
  #flow() {
    for (const row of this.#held.values()) place(this.rows, row);
    this.#held.clear();
    trim(this.rows);
  }

  #press() {
    if (this.#held.size > 0) {
      scrollTo({ top: 0 });
      this.#flow();
      this.#running = true;
    } else {
      this.#running = !this.#running;
    }
    this.#show();
  }

  /** @param {boolean} connected */
  #connected(connected) {
    this.#lost = !connected;
    this.#show();
  }

  /** hx-sse repairs a broken connection but not a first one that failed. */
  #again() {
    this.#connected(false);
    setTimeout(() => this.rows.dispatchEvent(new Event('tail:again')), 2000 + Math.random() * 2000);
  }

  #show() {
    const { button } = this;
    if (!button) return;
    const n = this.#held.size;
    const words = n > 0 ? `${n} new` : this.#lost ? 'Waiting…' : this.#running ? 'Live' : 'Paused';
    if (button.textContent !== words) button.textContent = words;
    button.setAttribute('aria-pressed', String(this.#running));
    button.classList.toggle('held', n > 0);
    button.classList.toggle('lost', n === 0 && this.#lost);
  }
}

/** @param {string} html of one row */
function parseRow(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  const row = template.content.querySelector('tr');
  return row?.id ? row : null;
}

/** @param {Element | null} row */
const timeOf = (row) => Number(row instanceof HTMLElement ? row.dataset.at : 0);

/**
 * Puts a new row before the first one that is not newer. What is older than
 * the whole page belongs to a later page, and is left out.
 * @param {HTMLTableSectionElement} rows
 * @param {HTMLTableRowElement} row
 */
function place(rows, row) {
  const all = [...rows.querySelectorAll('tr[data-at]')];
  const next = all.find((other) => timeOf(other) <= timeOf(row));
  if (!next && all.length > 0) return;
  row.classList.add('new');
  if (next instanceof HTMLElement && next.dataset.day === row.dataset.day) {
    next.before(row);
    return;
  }
  const heading = next?.previousElementSibling; // of the older day
  rows.insertBefore(row, heading?.classList.contains('day') ? heading : next ?? null);
  const above = row.previousElementSibling;
  if (!(above instanceof HTMLElement) || above.dataset.day !== row.dataset.day) row.before(dayRow(row));
}

/** @param {HTMLTableRowElement} row whose day gets a heading */
function dayRow(row) {
  const day = document.createElement('tr');
  const cell = document.createElement('th');
  day.className = 'day';
  day.append(cell);
  Object.assign(cell, { scope: 'rowgroup', colSpan: row.cells.length, textContent: row.dataset.day });
  return day;
}

/**
 * Takes the oldest rows off. The link to older ones would then leave a gap, so
 * it leads to the beginning instead.
 * @param {HTMLTableSectionElement} rows
 */
function trim(rows) {
  const extra = rows.rows.length - most;
  if (extra <= 0) return;
  for (let i = 0; i < extra; i++) rows.lastElementChild?.remove();
  const older = document.getElementById('older');
  if (!(older instanceof HTMLAnchorElement)) return;
  older.search = location.search.replace(/([?&])after=[^&]*&?/, '$1');
  older.textContent = 'Reload for older';
}
