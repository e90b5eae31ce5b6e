/**
 * What is shown group by group: means, rounds, models, outcomes, tenants and sessions.
 *
 * @typedef {import('./savings-api.js').Row} Row
 * @typedef {import('./savings-figure.js').Content} Content
 * @typedef {import('./savings-format.js').Money} Money
 */
import { draw, figure } from './savings-dom.js';
import { number, NOTHING, percentCell, percentMark } from './savings-format.js';
import { partsOf } from './savings-over-time.js';
import { rows as bars } from './savings-rows.js';
import { count, costHeads, costs, total } from './savings-sums.js';
import { text } from './savings-text.js';

const MOST_BARS = 8;
const MEANS = /** @type {const} */ (['shortened', 'reused', 'collapsed', 'whole']);
const NARROW_STEP = 56;
/** Of a session's table, before its tenant. */
const SESSION_COLUMNS = 8;
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/** @param {Row[]} rows @param {Money} money @returns {Content} */
export function means(rows, money) {
  const found = new Map(rows.map((row) => [row.means, row]));
  const all = MEANS.map((name) => ({ name, row: found.get(name) ?? null }));
  const whole = Math.max(...rows.map((row) => row.saved_cost), 0);
  const sums = total(rows);
  const lines = all.map(({ name, row }) => {
    const [label, hint] = text.means[name];
    const saved = row?.saved_cost ?? 0;
    const turns = row?.turns ?? 0;
    return {
      name: label,
      hint,
      amount: figure(saved, money.show(saved)),
      note: text.turnsOf(turns, number(turns)),
      parts: [{ look: 'saved', value: saved }],
    };
  });
  return {
    title: text.figures.means,
    note: text.figures.meansNote,
    rows: bars(lines, whole),
    sheet: {
      head: [text.columns.means, ...costHeads(), text.columns.unknown],
      body: all.flatMap(({ name, row }) =>
        row ? [[{ shown: text.means[name][0] }, ...costs(row, money), count(row.unknown)]] : [],
      ),
      foot: [{ shown: text.columns.total }, ...costs(sums, money), count(sums.unknown)],
    },
  };
}

/** Between 0 and 1, null where nothing was looked up. @param {Row} row */
export const hitRate = ({ hits, misses }) => (hits + misses ? hits / (hits + misses) : null);

/** @param {Row[]} rows @returns {Content} */
export function rounds(rows) {
  const inSessions = rows.filter((row) => row.round);
  const all = [...inSessions, ...rows.filter((row) => !row.round)];
  const later = inSessions.filter((row) => row.round !== '1' && hitRate(row) !== null);
  const lowest = [...later].sort((one, other) => (hitRate(one) ?? 0) - (hitRate(other) ?? 0))[0];
  return {
    title: text.figures.rounds,
    note: text.figures.roundsNote,
    summary: lowest ? text.summary.rounds(shown(lowest), dashed(lowest.round)) : '',
    spec: {
      titles: all.map(named),
      labels: (step) => all.map(({ round }) => (step < NARROW_STEP ? brief(round) : dashed(round))),
      isEach: true,
      marks: QUARTERS,
      markText: percentMark,
      paint: (box) => all.flatMap((row, index) => column(box, index, hitRate(row))),
      tips: (index) => roundTips(all[index]),
    },
    sheet: {
      head: [
        text.columns.round,
        text.columns.turns,
        text.columns.hits,
        text.columns.misses,
        text.columns.rate,
      ],
      body: all.map((row) => [
        { shown: row.round ? dashed(row.round) : text.outsideLong },
        count(row.turns),
        count(row.hits),
        count(row.misses),
        { shown: shown(row) },
      ]),
    },
  };
}

/** @param {Row} row */
const shown = (row) => percentCell(row.hits, row.hits + row.misses);

/** @param {string} round */
const dashed = (round) => (round ? round.replace('-', '–') : text.outside);

/** @param {string} round */
const brief = (round) => (round ? round.replace(/-.*/, '+') : text.outside);

/** @param {Row} row */
const named = ({ round }) => (round ? text.roundOf(dashed(round)) : text.outsideLong);

/** @param {Row} row */
const roundTips = (row) => [
  { look: 'saved', label: text.hitRate, shown: hitRate(row) === null ? text.noLookups : shown(row) },
  { look: 'none', label: text.columns.hits, shown: number(row.hits) },
  { look: 'none', label: text.columns.misses, shown: number(row.misses) },
  { look: 'none', label: text.turns, shown: number(row.turns) },
];

/** @param {import('./savings-plot.js').Box} box @param {number} index @param {number | null} rate */
function column(box, index, rate) {
  const width = Math.min(44, box.step * 0.66);
  const x = box.middle(index) - width / 2;
  const y = box.y(rate ?? 0);
  const track = draw('rect', { class: 'track', x, y: box.top, width, height: box.bottom - box.top });
  return rate === null
    ? [track]
    : [track, draw('rect', { class: 'saved', x, y, width, height: box.bottom - y })];
}

/**
 * Groups of one kind, the dearest first.
 * @param {'model' | 'outcome' | 'tenant'} by @param {Row[]} rows @param {Money} money
 * @returns {Content}
 */
export function groups(by, rows, money) {
  const nameOf = (/** @type {Row} */ row) =>
    by === 'outcome'
      ? (/** @type {Record<string, string>} */ (text.outcomes)[row.outcome] ?? row.outcome)
      : row[by];
  const few = rows.slice(0, MOST_BARS);
  const lines = few.map((row) => ({
    name: nameOf(row),
    amount: figure(row.cost, money.show(row.cost)),
    note: text.turnsOf(row.turns, number(row.turns)),
    parts: partsOf(row).map(([look, value]) => ({ look, value })),
  }));
  const whole = Math.max(...few.map((row) => Math.max(row.cost, row.full_cost)));
  const left = rows.length - few.length;
  return {
    title: text.figures[by],
    keys: [
      { look: 'spent', label: text.spent },
      { look: 'saved', label: text.savedBy },
    ],
    rows: bars(lines, whole, left ? text.more(number(left)) : ''),
    sheet: {
      head: [text.columns[by], ...costHeads(), text.columns.unknown],
      body: rows.map((row) => [{ shown: nameOf(row) }, ...costs(row, money), count(row.unknown)]),
    },
  };
}

/**
 * @param {Row[]} rows @param {Money} money @param {boolean} isOperator then with their tenants
 * @returns {Content}
 */
export function sessions(rows, money, isOperator) {
  const { session, tenant, rate } = text.columns;
  return {
    title: text.figures.sessions,
    note: text.figures.sessionsNote,
    sheet: {
      words: [0, SESSION_COLUMNS],
      head: [session, ...costHeads(), rate, ...(isOperator ? [tenant] : [])],
      body: rows.map((row) => [
        { shown: row.session },
        ...costs(row, money),
        { shown: shown(row) },
        ...(isOperator ? [{ shown: row.tenant ?? NOTHING }] : []),
      ]),
    },
  };
}
