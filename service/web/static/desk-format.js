/** Times, spans, figures and names as the desk shows them. */
import { locale } from './chat-text.js';
import { spaced, text } from './desk-text.js';

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const full = new Intl.DateTimeFormat(locale, {
  dateStyle: 'full',
  timeStyle: 'medium',
});
const dated = new Intl.DateTimeFormat(locale, {
  dateStyle: 'medium',
  timeStyle: 'short',
});
const day = new Intl.DateTimeFormat(locale, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const dayOfYear = new Intl.DateTimeFormat(locale, { dateStyle: 'full' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const DAY_MS = 86_400_000;
const NAMES = ['name', 'customer_name', 'display_name', 'email', 'user', 'customer', 'user_id'];
export const TINTS = 6;

/** @param {Intl.DateTimeFormat} format @param {string | null | undefined} stamp RFC 3339 */
function show(format, stamp) {
  const date = new Date(stamp ?? '');
  return Number.isNaN(date.getTime()) ? '' : format.format(date);
}

/** @param {string} stamp */
export const timeOf = (stamp) => show(clock, stamp);

/** @param {string} stamp */
export const exactly = (stamp) => show(full, stamp);

/** Without its date if it is today's. @param {string | null | undefined} stamp */
export const moment = (stamp) => show(daysAgo(stamp ?? '') === 0 ? clock : dated, stamp);

/** The day in this machine's calendar, to compare. @param {string} stamp */
export const dayKey = (stamp) => new Date(stamp).toDateString();

/** @param {string} stamp */
function daysAgo(stamp) {
  const midnight = (/** @type {Date} */ date) => new Date(date).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date()) - midnight(new Date(stamp))) / DAY_MS);
}

/** @param {string} stamp @returns {string} Today, Yesterday, or the date */
export function dayOf(stamp) {
  const ago = daysAgo(stamp);
  if (ago === 0 || ago === 1) {
    const word = relative.format(-ago, 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  return show(ago > 0 && ago < 300 ? day : dayOfYear, stamp);
}

/** @param {number} ms @returns {string} minutes and seconds, from an hour on hours and minutes */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (/** @type {number} */ count) => String(count).padStart(2, '0');
  if (hours >= 24) return text.days(Math.floor(hours / 24), hours % 24);
  return hours ? text.hours(hours, two(minutes)) : `${minutes}:${two(seconds % 60)}`;
}

/** @param {number | null | undefined} count */
export const number = (count) => (typeof count === 'number' ? whole.format(count) : '–');

/** @param {number | null | undefined} part @param {number | null | undefined} all @returns {string} empty while there is none */
export function percent(part, all) {
  if (!part || !all || part < 0) return '';
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(Math.floor((100 * part) / all) / 100);
}

/** @param {number | null | undefined} amount @param {string} currency */
export function money(amount, currency) {
  if (typeof amount !== 'number') return '–';
  const digits =
    Math.abs(amount) < 1 && amount !== 0 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  try {
    const options = { style: /** @type {const} */ ('currency'), currency, ...digits };
    return new Intl.NumberFormat(locale, { ...options, currencyDisplay: 'narrowSymbol' }).format(amount);
  } catch {
    return `${new Intl.NumberFormat(locale, digits).format(amount)} ${currency ?? ''}`;
  }
}

/** @param {string} content @returns {string} on one line */
export const oneLine = (content) => content.slice(0, 200).replace(/\s+/g, ' ').trim();

/** A session's id, short enough to be read out. @param {string} sessionId */
export const mark = (sessionId) =>
  sessionId
    .replace(/^ses_/, '')
    .replace(/[^a-z0-9]/gi, '')
    .slice(0, 4)
    .toUpperCase();

/**
 * What to call the customer of a session.
 * @param {string} sessionId @param {Record<string, unknown> | undefined} metadata
 */
export function nameOf(sessionId, metadata) {
  const given = NAMES.map((key) => metadata?.[key]).find(
    (value) => typeof value === 'string' && value.trim(),
  );
  return typeof given === 'string' ? oneLine(given).slice(0, 60) : text.visitor(mark(sessionId));
}

/** The one or two letters of a face. @param {string} name @param {string} sessionId */
export function initials(name, sessionId) {
  if (name === text.visitor(mark(sessionId))) return mark(sessionId).slice(0, 2);
  const words = name.split(/[\s._@-]+/).filter(Boolean);
  const letters = /[\u3400-\u9fff]/.test(name) ? [name] : words.slice(0, 2);
  return letters.map((word) => [...word][0]?.toLocaleUpperCase(locale) ?? '').join('');
}

/** The same colour for the same session. @param {string} sessionId */
export const tint = (sessionId) =>
  [...sessionId].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 9973, 7) % TINTS;

/** What an activity message says. @param {string} word @param {string | null | undefined} author */
export function activity(word, author) {
  const found = /** @type {Record<string, string[]>} */ (text.activity)[word];
  if (!found) return author ? `${author}: ${word}` : word;
  return author ? spaced(found[1].replace('{}', author)) : found[0];
}
