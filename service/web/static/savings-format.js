/** Figures and dates as the savings page shows them. */
import { locale } from './chat-text.js';

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
const evenShare = new Intl.NumberFormat(locale, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const roundShare = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
/** @type {Record<string, Intl.DateTimeFormatOptions>} by how long the text of a date is */
const LOOKS = {
  'day short': { day: 'numeric', month: 'short' },
  'day long': { day: 'numeric', month: 'long', year: 'numeric', weekday: 'short' },
  'day table': { dateStyle: 'medium' },
  'month short': { month: 'short', year: 'numeric' },
  'month long': { month: 'long', year: 'numeric' },
  'month table': { month: 'long', year: 'numeric' },
};
const CENTS = 2;
const MOST_DIGITS = 9;
export const NOTHING = '–';

/** @param {number} count */
export const number = (count) => whole.format(count);

/** @param {number} count */
export const compact = (count) => (count < 100_000 ? whole.format(count) : short.format(count));

/** @param {number} part @param {number} all @returns {string} a dash where there is nothing */
export const percent = (part, all) => (all > 0 ? share.format(part / all) : NOTHING);

/** The same for a column of them. @param {number} part @param {number} all */
export const percentCell = (part, all) => (all > 0 ? evenShare.format(part / all) : NOTHING);

/** Without a fraction, for an axis. @param {number} value from 0 to 1 */
export const percentMark = (value) => roundShare.format(value);

/** @param {string} day or month, as the ledger names them @param {'short' | 'long' | 'table'} look */
export function dated(day, look) {
  const kind = day.length > 7 ? 'day' : 'month';
  const format = new Intl.DateTimeFormat(locale, { ...LOOKS[`${kind} ${look}`], timeZone: 'UTC' });
  return format.format(Date.parse(day));
}

/** @param {number | null} ms @returns {string} milliseconds up to a second, then seconds */
export function time(ms) {
  if (ms === null) return NOTHING;
  const [value, unit] = ms < 1000 ? [ms, 'millisecond'] : [ms / 1000, 'second'];
  const digits = ms < 1000 ? 0 : ms < 10_000 ? 2 : 1;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);
}

/**
 * Money in one currency. CURRENCY need not be a code that the browser knows: then it stands behind
 * the amount as it is.
 * @param {string} currency @param {number} digits after the point @returns {(amount: number) => string}
 */
function formatter(currency, digits) {
  const look = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'negative' };
  const options = /** @type {Intl.NumberFormatOptions} */ (look);
  try {
    const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' };
    return new Intl.NumberFormat(locale, /** @type {any} */ ({ ...options, ...style })).format;
  } catch {
    const { format } = new Intl.NumberFormat(locale, options);
    return (amount) => `${format(amount)} ${currency}`;
  }
}

/** Amounts that are shown together, all with as many decimals as the largest needs. */
export class Money {
  #currency;

  /** @param {string} currency @param {number} largest amount that is shown */
  constructor(currency, largest) {
    this.#currency = currency;
    const size = largest > 0 ? Math.floor(Math.log10(largest)) : 0;
    this.show = formatter(currency, Math.min(MOST_DIGITS, Math.max(CENTS, CENTS - size)));
  }

  /** For the marks of an axis: no decimals where they are whole. @param {number[]} marks */
  marks(marks) {
    const step = marks[1] ?? 1;
    const isWhole = Number.isInteger(step);
    const digits = isWhole ? 0 : Math.max(CENTS, Math.ceil(-Math.log10(step)) + 1);
    return formatter(this.#currency, Math.min(MOST_DIGITS, digits));
  }
}
