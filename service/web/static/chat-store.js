/**
 * What the page keeps in localStorage: the publishable key, the session, the messages that are
 * not answered yet, what each reply saved, and how far a live agent has read. Without storage it
 * lives as long as the page.
 *
 * @typedef {{key: string, content: string, after: number}} Outgoing
 *   `key` is its Idempotency-Key; `after` the newest seq when it was written
 * @typedef {{sent: number | null, full: number, saved: number, status: string}} Saving
 * @typedef {{tokens: number, cost: number, currency: string}} Total
 */

const SPACE = 'recap.chat.';
const SAVINGS_KEPT = 500;
/** @type {Map<string, any>} */
const fallback = new Map();

/** @param {string} name @returns {any} null when absent */
function read(name) {
  try {
    return JSON.parse(localStorage.getItem(SPACE + name) ?? 'null');
  } catch {
    return fallback.get(name) ?? null;
  }
}

/** @param {string} name @param {any} value null removes it */
function write(name, value) {
  fallback.set(name, value);
  try {
    if (value === null) localStorage.removeItem(SPACE + name);
    else localStorage.setItem(SPACE + name, JSON.stringify(value));
  } catch {
    // storage is off or full: the fallback holds it
  }
}

/** @returns {string | null} */
export const publishableKey = () => read('key');

/** @returns {import('./api.js').Session | null} */
export const session = () => read('session');

/** @param {import('./api.js').Session} value */
export const keepSession = (value) => write('session', value);

/** Forgets the conversation; the key stays. */
export const forgetConversation = () =>
  ['session', 'outbox', 'total', 'read'].forEach((name) => write(name, null));

/**
 * Moves a key from the address bar into storage. Another key may be another tenant's, so it
 * begins another conversation.
 * @returns {boolean} whether there is a new key
 */
export function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  if (!/^[\x21-\x7e]+$/.test(key) || key === publishableKey()) return false;
  forgetConversation();
  write('key', key);
  return true;
}

/** Calls back when another tab has changed the session. @param {() => void} callback */
export const onOtherTab = (callback) =>
  addEventListener('storage', (event) => event.key === `${SPACE}session` && callback());

/** @returns {Outgoing[]} oldest first */
export const outbox = () => read('outbox') ?? [];

/** @param {Outgoing} entry */
export const keepOutgoing = ({ key, content, after }) =>
  write('outbox', [...outbox().filter((other) => other.key !== key), { key, content, after }]);

/** @param {string} key */
export const dropOutgoing = (key) =>
  write(
    'outbox',
    outbox().filter((entry) => entry.key !== key),
  );

/** @returns {number} the newest seq that a live agent has read */
export const readByAgent = () => read('read') ?? 0;

/** @param {number} seq */
export const keepReadByAgent = (seq) => write('read', seq);

/** @returns {Map<string, Saving>} by reply id, oldest first */
export const savings = () => new Map(read('savings') ?? []);

/** @returns {Total | null} of this conversation */
export const total = () => read('total');

/**
 * Keeps what a reply saved and counts it once.
 * @param {string} replyId @param {Saving} saving @param {{cost: number, currency: string}} money
 */
export function keepSaving(replyId, saving, { cost, currency }) {
  const all = savings();
  if (all.has(replyId)) return;
  write('savings', [...all.set(replyId, saving)].slice(-SAVINGS_KEPT));
  const before = total() ?? { tokens: 0, cost: 0 };
  write('total', { tokens: before.tokens + saving.saved, cost: before.cost + cost, currency });
}
