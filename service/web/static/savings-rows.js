/**
 * Bars that lie one below the other, each with its words: a list that can be read out as it is.
 *
 * @typedef {{look: string, value: number}} Part
 * @typedef {{name: string, hint?: string, amount: Node, note?: string, parts: Part[]}} Line
 *   `note` stands beside the amount; parts below nothing are not drawn
 */
import { draw, make } from './savings-dom.js';

/** Percent of the width below which a gap beside a part would eat it up. */
const THIN = 1.5;

/**
 * @param {Line[]} lines @param {number} whole what a bar of the whole width stands for
 * @param {string} [below] a last line without a bar
 * @returns {HTMLElement}
 */
export function rows(lines, whole, below = '') {
  const list = make('ul', 'rows');
  list.append(...lines.map((line) => row(line, whole)));
  if (below) list.append(make('li', 'below', below));
  return list;
}

/** @param {Line} line @param {number} whole */
function row({ name, hint, amount, note, parts }, whole) {
  const node = make('li', '');
  const words = make('span', 'name', name);
  words.dir = 'auto';
  const end = make('span', 'amount');
  end.append(amount);
  if (note) end.append(' ', make('span', 'aside', note));
  node.append(words, ' ', end, bar(parts, whole));
  if (hint) node.append(' ', make('span', 'hint', hint));
  return node;
}

/** @param {Part[]} parts @param {number} whole */
function bar(parts, whole) {
  const svg = draw('svg', { class: 'bar', 'aria-hidden': 'true' });
  let from = 0;
  for (const { look, value } of parts) {
    const share = whole > 0 ? (100 * Math.max(0, value)) / whole : 0;
    const name = share < THIN ? `${look} thin` : look;
    if (share > 0)
      svg.append(draw('rect', { class: name, x: `${from}%`, width: `${share}%`, height: '100%' }));
    from += share;
  }
  return svg;
}
