/**
 * What the desk keeps: the agent's token in localStorage; in sessionStorage, for a reload of this
 * tab, the selected session, the unfinished words and the messages that have no answer yet.
 * Without storage it lives as long as the page.
 *
 * @typedef {{cmdId: string, type: 'send' | 'note', sessionId: string, content: string,
 *   clientId: string, at: number, failed?: string}} Unsent `at` in milliseconds, when it was first
 *   sent; `failed`: why it was not
 */

const SPACE = 'recap.desk.';
/** @type {Map<string, any>} */
const fallback = new Map();

/** @param {() => Storage} storage access to it alone may throw @param {string} name @returns {any} */
function read(storage, name) {
  try {
    return JSON.parse(storage().getItem(SPACE + name) ?? 'null') ?? fallback.get(name) ?? null;
  } catch {
    return fallback.get(name) ?? null;
  }
}

/** @param {() => Storage} storage @param {string} name @param {any} value null removes it */
function write(storage, name, value) {
  try {
    if (value === null) storage().removeItem(SPACE + name);
    else storage().setItem(SPACE + name, JSON.stringify(value));
    fallback.delete(name);
  } catch {
    // storage is off or full: the fallback holds it
    if (value === null) fallback.delete(name);
    else fallback.set(name, value);
  }
}

const lasting = () => localStorage;
const ofTab = () => sessionStorage;

/** @returns {string | null} */
export const token = () => read(lasting, 'token');

/** @param {string} given @returns {boolean} whether it can be a token, and is kept */
export function keepToken(given) {
  const value = given.trim().replace(/^.*#token=/, '');
  if (!/^[\x21-\x7e]+$/.test(value)) return false;
  if (value !== token()) forgetTab();
  write(lasting, 'token', value);
  return true;
}

export function forgetToken() {
  forgetTab();
  write(lasting, 'token', null);
}

/** What was written under one token is not to be sent under another. */
function forgetTab() {
  ['selected', 'words', 'outbox'].forEach((name) => write(ofTab, name, null));
}

/** Moves a token from the address bar into storage. @returns {boolean} whether there was one */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  return keepToken(given);
}

/** Calls back when another tab has changed the token. @param {() => void} callback */
export const onOtherTab = (callback) =>
  addEventListener('storage', (event) => event.key === `${SPACE}token` && callback());

/** @returns {string | null} */
export const selected = () => read(ofTab, 'selected');

/** @param {string | null} sessionId */
export const keepSelected = (sessionId) => write(ofTab, 'selected', sessionId);

/** @returns {Map<string, string>} what was written and not sent, by session and kind */
export const words = () => new Map(read(ofTab, 'words') ?? []);

/** @param {Map<string, string>} value */
export const keepWords = (value) => write(ofTab, 'words', [...value]);

/** @returns {Unsent[]} oldest first */
export const outbox = () => read(ofTab, 'outbox') ?? [];

/** @param {Unsent[]} entries */
export const keepOutbox = (entries) => write(ofTab, 'outbox', entries);
