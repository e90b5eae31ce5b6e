/**
 * A figure: its title, its drawing, and the same as a table and as CSV.
 *
 * @typedef {{shown: string, value?: number}} Cell
 * @typedef {{head: string[], body: Cell[][], foot?: Cell[], words?: number[]}} Sheet `words` are the
 *   columns that hold words, the first alone if it isn't said; the others hold numbers
 * @typedef {{look: string, label: string}} Key what a colour or a line means
 * @typedef {{title: string, note?: string, summary?: string, keys?: Key[], sheet: Sheet,
 *   spec?: import('./savings-plot.js').Spec, rows?: HTMLElement}} Content
 */
import { figure, make, stamp, within } from './savings-dom.js';
import { Plot } from './savings-plot.js';
import { text } from './savings-text.js';

export class Figure {
  /** @type {Plot | null} */
  #plot = null;
  #isTable = false;

  /** @param {string} name @param {() => void} onCsv */
  constructor(name, onCsv) {
    this.node = stamp('figure');
    this.node.id = `figure-${name}`;
    const title = within(this.node, 'h2');
    title.id = `title-${name}`;
    this.node.setAttribute('aria-labelledby', title.id);
    this.toggle = within(this.node, '.toggle');
    this.toggle.addEventListener('click', () => {
      this.#isTable = !this.#isTable;
      this.#turn();
    });
    within(this.node, '.csv').addEventListener('click', onCsv);
  }

  /** A figure that is a table and nothing else. */
  tableOnly() {
    this.#isTable = true;
    this.toggle.hidden = true;
    this.#turn();
    return this;
  }

  /** @param {Content} content */
  show({ title, note = '', summary = '', keys = [], sheet, spec, rows }) {
    within(this.node, 'h2').textContent = title;
    within(this.node, '.note').textContent = note;
    within(this.node, '.csv').setAttribute('aria-label', text.csvOf(title));
    this.toggle.setAttribute('aria-label', text.tableOf(title));
    within(this.node, '.keys').replaceChildren(...keys.map(keyOf));
    within(this.node, '.sheet').replaceChildren(table(title, sheet));
    within(this.node, '.sheet').setAttribute('aria-label', text.tableOf(title));
    const place = within(this.node, '.plot');
    if (spec) this.#drawing(place, title, summary).show(spec);
    else if (rows) place.replaceChildren(rows);
    this.#turn();
  }

  /** @param {HTMLElement} place @param {string} title @param {string} summary */
  #drawing(place, title, summary) {
    place.tabIndex = 0;
    place.setAttribute('role', 'group');
    place.setAttribute('aria-label', [text.chartOf(title), summary, text.summary.arrows].join(' '));
    this.#plot ??= new Plot(place);
    return this.#plot;
  }

  #turn() {
    this.toggle.setAttribute('aria-pressed', String(this.#isTable));
    within(this.node, '.plot').hidden = this.#isTable;
    within(this.node, '.keys').hidden = this.#isTable;
    within(this.node, '.sheet').hidden = !this.#isTable;
  }
}

/** @param {Key} key */
export function keyOf({ look, label }) {
  const node = make('li', '');
  node.append(make('i', `swatch ${look}`), label);
  return node;
}

/** @param {string} title @param {Sheet} sheet */
function table(title, { head, body, foot, words = [0] }) {
  const node = make('table', '');
  const part = (/** @type {string} */ tag, /** @type {Cell[][]} */ lines, /** @type {boolean} */ isHead) => {
    const section = make(tag, '');
    section.append(...lines.map((cells) => line(cells, words, isHead)));
    return section;
  };
  const heads = head.map((shown) => ({ shown }));
  node.append(make('caption', 'unseen', title), part('thead', [heads], true), part('tbody', body, false));
  if (foot) node.append(part('tfoot', [foot], false));
  return node;
}

/** @param {Cell[]} cells @param {number[]} words @param {boolean} isHead */
function line(cells, words, isHead) {
  const row = make('tr', '');
  cells.forEach(({ shown, value }, index) => {
    const names = isHead ? 'col' : index === 0 ? 'row' : '';
    const cell = make(names ? 'th' : 'td', words.includes(index) ? 'word' : 'count');
    if (names) cell.scope = names;
    if (value === undefined) cell.textContent = shown;
    else cell.append(figure(value, shown));
    row.append(cell);
  });
  return row;
}
