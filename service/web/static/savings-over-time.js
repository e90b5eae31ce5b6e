/**
 * What is shown step by step: spent and saved as bars, the times as lines.
 *
 * @typedef {import('./savings-api.js').Row} Row
 * @typedef {import('./savings-figure.js').Content} Content
 * @typedef {import('./savings-format.js').Money} Money
 * @typedef {import('./savings-plot.js').Box} Box
 * @typedef {{rows: Row[], names: string[], by: 'day' | 'month'}} Steps `names` are all steps, also
 *   those of which there is no row
 */
import { draw } from './savings-dom.js';
import { dated, number, percent, time } from './savings-format.js';
import { marksFor } from './savings-plot.js';
import { count, costHeads, costs, largest, total } from './savings-sums.js';
import { text } from './savings-text.js';

const WIDEST_BAR = 36;
const LINES = /** @type {const} */ (['latency_p95_ms', 'latency_p50_ms', 'first_token_p50_ms']);

/** @param {Steps} steps @returns {(Row | null)[]} a row or none for each step */
function placed({ rows, names, by }) {
  const found = new Map(rows.map((row) => [row[by], row]));
  return names.map((name) => found.get(name) ?? null);
}

/** @param {Steps} steps */
const titled = ({ names }) => ({
  titles: names.map((name) => dated(name, 'long')),
  labels: () => names.map((name) => dated(name, 'short')),
});

/** @param {Steps} steps @param {Money} money @returns {Content} */
export function spending(steps, money) {
  const { rows, by } = steps;
  const all = placed(steps);
  const dearest = rows.reduce((most, row) => (row.cost > most.cost ? row : most), rows[0]);
  const keys = [
    { look: 'spent', label: text.spent },
    { look: 'saved', label: text.savedBy },
    { look: 'over', label: text.over },
  ];
  const marks = marksFor(Math.max(largest(rows, 'full_cost'), largest(rows, 'cost')));
  return {
    title: text.figures.time[by],
    note: text.figures.timeNote,
    summary: text.summary.most(
      dated(dearest[by], 'long'),
      money.show(dearest.cost),
      money.show(dearest.saved_cost),
    ),
    keys: rows.some((row) => row.saved_cost < 0) ? keys : keys.slice(0, 2),
    spec: {
      ...titled(steps),
      marks,
      markText: money.marks(marks),
      paint: (box) => all.flatMap((row, index) => (row ? stack(box, index, partsOf(row)) : [])),
      tips: (index) => costTips(all[index], money),
    },
    sheet: {
      head: [text.columns[by], ...costHeads(), text.columns.unknown],
      body: rows.map((row) => [{ shown: dated(row[by], 'table') }, ...costs(row, money), count(row.unknown)]),
      foot: [{ shown: text.columns.total }, ...costs(total(rows), money), count(total(rows).unknown)],
    },
  };
}

/** From the bottom up. @param {Row} row @returns {[string, number][]} */
export const partsOf = ({ cost, full_cost: full, saved_cost: saved }) =>
  saved < 0
    ? [
        ['spent', full],
        ['over', -saved],
      ]
    : [
        ['spent', cost],
        ['saved', saved],
      ];

/** @param {Box} box @param {number} index @param {[string, number][]} parts */
function stack(box, index, parts) {
  const width = Math.max(1, Math.min(WIDEST_BAR, box.step * 0.72));
  let height = 0;
  return parts.flatMap(([look, value]) => {
    const [bottom, top] = [box.y(height), box.y(height + value)];
    height += value;
    if (bottom - top < 0.1) return [];
    const x = box.middle(index) - width / 2;
    return [draw('rect', { class: look, x, y: top, width, height: bottom - top })];
  });
}

/** @param {Row | null} row @param {Money} money */
function costTips(row, money) {
  if (!row) return [{ look: 'none', label: text.turns, shown: number(0) }];
  const saved = `${money.show(row.saved_cost)} · ${percent(row.saved_cost, row.full_cost)}`;
  return [
    { look: 'spent', label: text.spent, shown: money.show(row.cost) },
    { look: row.saved_cost < 0 ? 'over' : 'saved', label: text.saved, shown: saved },
    { look: 'none', label: text.columns.full, shown: money.show(row.full_cost) },
    { look: 'none', label: text.columns.uncached, shown: money.show(row.uncached_cost) },
    { look: 'none', label: text.turns, shown: number(row.turns) },
  ];
}

/** @param {Steps} steps @returns {Content} */
export function times(steps) {
  const { rows, by } = steps;
  const all = placed(steps);
  const slowest = rows.reduce((most, row) => (median(row) > median(most) ? row : most), rows[0]);
  const labels = [text.p95, text.p50, text.first50];
  const keys = LINES.map((name, index) => ({ look: `line ${name}`, label: labels[index] }));
  const { p50, p95, first50, first95 } = text.columns;
  return {
    title: text.figures.latency[by],
    note: text.figures.latencyNote,
    summary: text.summary.latency(time(slowest.latency_p50_ms), dated(slowest[by], 'long')),
    keys,
    spec: {
      ...titled(steps),
      marks: marksFor(Math.max(...LINES.map((name) => largest(rows, name)))),
      markText: (ms) => (ms ? time(ms) : '0'),
      paint: (box) =>
        LINES.flatMap((name) =>
          line(
            box,
            name,
            all.map((row) => row?.[name] ?? null),
          ),
        ),
      tips: (index) =>
        keys.map(({ look, label }, at) => ({ look, label, shown: time(all[index]?.[LINES[at]] ?? null) })),
    },
    sheet: {
      head: [text.columns[by], text.columns.turns, p50, p95, first50, first95],
      body: rows.map((row) => [
        { shown: dated(row[by], 'table') },
        count(row.turns),
        ...[row.latency_p50_ms, row.latency_p95_ms, row.first_token_p50_ms, row.first_token_p95_ms].map(
          (ms) => ({ shown: time(ms) }),
        ),
      ]),
    },
  };
}

/** @param {Row} row */
const median = (row) => row.latency_p50_ms ?? 0;

/**
 * A line that breaks where there is nothing; what stands alone is a point.
 * @param {Box} box @param {string} name @param {(number | null)[]} values
 */
function line(box, name, values) {
  const at = (/** @type {number} */ index, /** @type {number} */ value) =>
    `${box.middle(index).toFixed(1)},${box.y(value).toFixed(1)}`;
  const paths = values.map((value, index) => {
    if (value === null) return '';
    return `${(values[index - 1] ?? null) === null ? 'M' : 'L'}${at(index, value)}`;
  });
  const isAlone = (/** @type {number} */ index) =>
    (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
  const points = values.flatMap((value, index) =>
    value === null || !isAlone(index)
      ? []
      : [draw('circle', { class: `dot ${name}`, cx: box.middle(index), cy: box.y(value), r: 3.5 })],
  );
  return [draw('path', { class: `line ${name}`, d: paths.join('') }), ...points];
}
