/**
 * Days as texts, 2026-01-31, in UTC as the ledger counts them, and the periods made of them.
 *
 * @typedef {{from: string, to: string}} Span both days are in it
 * @typedef {'days30' | 'month' | 'lastMonth' | 'year' | 'custom'} Period
 */

const DAY_MS = 86_400_000;
const MOST_DAYS = 92;
/** @type {Period[]} */
export const PERIODS = ['days30', 'month', 'lastMonth', 'year', 'custom'];

/** @param {Date} date */
const dayOf = (date) => date.toISOString().slice(0, 10);

/** @param {number} year @param {number} month from 0, may be outside of the year @param {number} day */
const date = (year, month, day) => dayOf(new Date(Date.UTC(year, month, day)));

export const today = () => dayOf(new Date());

/** @param {string} day @param {number} count */
export const shift = (day, count) => dayOf(new Date(Date.parse(day) + count * DAY_MS));

/** @param {string | undefined} text @returns {boolean} */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));

/** @param {Exclude<Period, 'custom'>} period @returns {Span} */
export function spanOf(period) {
  const now = new Date();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const spans = {
    days30: { from: shift(today(), -29), to: today() },
    month: { from: date(year, month, 1), to: date(year, month + 1, 0) },
    lastMonth: { from: date(year, month - 1, 1), to: date(year, month, 0) },
    year: { from: date(year, 0, 1), to: date(year, 11, 31) },
  };
  return spans[period];
}

/** Whether steps of a day are so many that nobody tells them apart. @param {Span} span */
export const isLong = ({ from, to }) => Date.parse(to) - Date.parse(from) > MOST_DAYS * DAY_MS;

/**
 * Every day or month of a span that has begun.
 * @param {Span} span @param {'day' | 'month'} step @returns {string[]}
 */
export function steps({ from, to }, step) {
  const last = to < today() ? to : today();
  /** @type {string[]} */
  const found = [];
  for (let day = from; day <= last; day = shift(day, 1)) {
    const name = step === 'day' ? day : day.slice(0, 7);
    if (found.at(-1) !== name) found.push(name);
  }
  return found;
}
