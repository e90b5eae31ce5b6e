/**
 * Sums over rows of a report, and the cells of tables that hold them.
 *
 * @typedef {import('./savings-api.js').Row} Row
 * @typedef {import('./savings-figure.js').Cell} Cell
 * @typedef {import('./savings-format.js').Money} Money
 */
import { number, percentCell } from './savings-format.js';
import { text } from './savings-text.js';

const ADDED = [
  'turns',
  'unknown',
  'hits',
  'misses',
  'reused',
  'full_prompt_tokens',
  'saved_tokens',
  'cost',
  'full_cost',
  'uncached_cost',
  'saved_cost',
];

/** All rows as one, without what cannot be added up. @param {Row[]} rows @returns {Row} */
export const total = (rows) =>
  /** @type {any} */ (
    Object.fromEntries(ADDED.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)]))
  );

/** @param {Row[]} rows @param {string} name @returns {number} */
export const largest = (rows, name) => Math.max(0, ...rows.map((row) => row[name] ?? 0));

/** @param {number} value @returns {Cell} */
export const count = (value) => ({ shown: number(value), value });

/** The heads of `costs`. */
export function costHeads() {
  const { turns, spent, full, uncached, saved, percent: share } = text.columns;
  return [turns, spent, full, uncached, saved, share];
}

/** What a group cost, in every table the same. @param {Row} row @param {Money} money @returns {Cell[]} */
export const costs = (row, money) => [
  count(row.turns),
  ...[row.cost, row.full_cost, row.uncached_cost, row.saved_cost].map((value) => ({
    shown: money.show(value),
    value,
  })),
  { shown: percentCell(row.saved_cost, row.full_cost) },
];
