/**
 * What the page keeps in sessionStorage, so for this tab alone: the key. What is chosen stands in
 * the address, which can be kept or passed on, since the key is never in it.
 */

const NAME = 'recap.savings.key';
/** @type {string | null} where storage is off */
let fallback = null;

/** @returns {string | null} */
export function key() {
  try {
    return sessionStorage.getItem(NAME) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string | null} value null forgets it */
export function keepKey(value) {
  fallback = value;
  try {
    if (value === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, value);
  } catch {
    // storage is off: the fallback holds it
  }
}

/**
 * A key as it was typed, or pasted as a part of a link.
 * @param {string} given @returns {string | null} null where it cannot be one
 */
export function readKey(given) {
  const value = given.trim().replace(/^.*#key=/, '');
  return /^[\x21-\x7e]+$/.test(value) ? value : null;
}

/** Moves a key from the address bar into storage. @returns {boolean} whether there was one */
export function takeKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given === null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  const value = readKey(given);
  if (value !== null) keepKey(value);
  return value !== null;
}

/** @returns {Record<string, string>} what the address says is chosen */
export const chosen = () => Object.fromEntries(new URLSearchParams(location.search));

/** @param {Record<string, string>} values empty ones are left out */
export function keepChosen(values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  history.replaceState(null, '', location.pathname + (query.size ? `?${query}` : ''));
}
