/**
 * The chat API over fetch. Every failure is an ApiError: status 0 means that the server was not
 * reached (or its answer was cut off), any other status is the server's own answer.
 *
 * @typedef {{id: string, token: string}} Session
 * @typedef {{id: string, seq: number, kind: string, content: string, created_at: string,
 *   author?: string | {name?: string} | null}} Message
 * @typedef {{prompt_tokens: number | null, full_prompt_tokens: number, saved_tokens: number | null,
 *   saved_cost: number | null, currency: string}} Usage null where the provider's usage never came
 * @typedef {{message: Message, reply: Message | null, owner?: string, usage: Usage | null,
 *   cache: {status: string} | null, superseded_by?: string | null}} Answer
 * @typedef {{owner: string, agent?: {name?: string} | null, position?: number | null,
 *   agents_online?: number}} Ownership who answers: `bot`, `waiting`, `resolved` or a live agent's
 *   id; `position` is the place in the queue, from 1
 */

const PAGE = 1000;
const STILL_RUNNING = 409;
const UNAVAILABLE = 503;
const RUNNING_PATIENCE = 90;
const PATIENCE_MS = 30_000;
/** A turn that takes longer is asked for again, with its key. */
const TURN_PATIENCE_MS = 150_000;

export class ApiError extends Error {
  /** @param {number} status @param {string} [detail] @param {number} [retryAfter] seconds */
  constructor(status, detail = '', retryAfter = 0) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether there was no server to answer: it is out of reach, or restarts. */
  get away() {
    return this.status === 0 || this.status === UNAVAILABLE;
  }

  /** Whether the server does not know this secret or this session (any more). */
  get unknown() {
    return this.status === 401 || this.status === 404;
  }
}

/** A random UUID; crypto.randomUUID itself is missing on plain-HTTP pages off this machine. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}

/** @param {Response} response @returns {Promise<ApiError>} */
export async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const detail = problem?.detail || problem?.title || `HTTP ${response.status}`;
  return new ApiError(response.status, String(detail), Number(response.headers.get('Retry-After')) || 0);
}

/**
 * Awaits a network promise; whatever breaks it means that the server was not reached.
 * @template T @param {Promise<T>} promise @returns {Promise<T>}
 */
export const reached = (promise) =>
  promise.catch(() => {
    throw new ApiError(0);
  });

/**
 * Runs `work` with a controller of its own that also aborts with `signal`, and is aborted after it.
 * @template T @param {AbortSignal} signal @param {(scope: AbortController) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withAbort(signal, work) {
  const scope = new AbortController();
  const stop = () => scope.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    return await work(scope);
  } finally {
    signal.removeEventListener('abort', stop);
    scope.abort();
  }
}

/**
 * Milliseconds of rest, shorter when the network or the reader comes back; rejects when `signal`
 * aborts.
 * @param {number} ms @param {AbortSignal} signal @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const scope = new AbortController();
    const end = (/** @type {() => void} */ how) => {
      scope.abort();
      clearTimeout(timer);
      how();
    };
    const timer = setTimeout(() => end(resolve), ms);
    const once = { signal: scope.signal };
    addEventListener('online', () => end(resolve), once);
    document.addEventListener('visibilitychange', () => document.hidden || end(resolve), once);
    signal.addEventListener('abort', () => end(() => reject(signal.reason)), once);
    if (signal.aborted) end(() => reject(signal.reason));
  });
}

/**
 * Repeats `attempt` until it returns, resting 0.5 s to 10 s between failures. `attempt` calls its
 * argument when it has got through. `onLost` is told from the second failure in a row on.
 * @template T
 * @param {(gotThrough: () => void) => Promise<T>} attempt
 * @param {AbortSignal} signal
 * @param {() => void} onLost
 * @returns {Promise<T>} throws what will not pass by itself
 */
export async function persistently(attempt, signal, onLost) {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError && error.passing)) throw error;
      if (failures > 0) onLost();
    }
    await pause(Math.min(10_000, 500 * 2 ** failures) * (1 + 0.3 * Math.random()), signal);
  }
}

/**
 * One request; an answer that does not come in time counts as not reached.
 * @param {string} path
 * @param {{token: string, signal: AbortSignal, key?: string, body?: object, method?: string,
 *   patience?: number}} options `key` is the Idempotency-Key of a POST; `patience` in milliseconds
 * @returns {Promise<any>} null where there is no content
 */
function request(path, { token, signal, key, body, method, patience = PATIENCE_MS }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', Authorization: `Bearer ${token}` };
  if (body) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  /** @type {RequestInit} */
  const init = { method: method ?? (body ? 'POST' : 'GET'), headers, cache: 'no-store' };
  if (body) init.body = JSON.stringify(body);
  return withAbort(signal, async (scope) => {
    const timer = setTimeout(() => scope.abort(), patience);
    try {
      const response = await reached(fetch(path, { ...init, signal: scope.signal }));
      if (!response.ok) throw await refusal(response);
      return response.status === 204 ? null : await reached(response.json());
    } finally {
      clearTimeout(timer);
    }
  });
}

/** @param {Session} session @param {string} tail */
export const sessionPath = (session, tail) => `/v1/sessions/${encodeURIComponent(session.id)}/${tail}`;

/**
 * @param {string} publishableKey @param {string} key @param {AbortSignal} signal
 * @returns {Promise<Session>}
 */
export async function createSession(publishableKey, key, signal) {
  const { id, token } = await request('/v1/sessions', { token: publishableKey, signal, key, body: {} });
  return { id, token };
}

/** @param {Session} session @param {AbortSignal} signal @returns {Promise<Ownership>} */
export const fetchOwner = (session, signal) =>
  request(`/v1/sessions/${encodeURIComponent(session.id)}`, { token: session.token, signal });

/** @param {Session} session @param {AbortSignal} signal @returns {Promise<Message[]>} */
export async function fetchHistory(session, signal) {
  const messages = [];
  for (let after = 0; ; after = messages[messages.length - 1].seq) {
    const path = sessionPath(session, `messages?after=${after}&limit=${PAGE}`);
    const page = await request(path, { token: session.token, signal });
    messages.push(...page.data);
    if (page.next === null || page.data.length === 0) return messages;
  }
}

/**
 * Sends one message and waits for the end of its turn; asks again while an earlier request with
 * the same key is still being answered.
 * @param {Session} session @param {string} content @param {string} key @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function postMessage(session, content, key, signal) {
  const patience = TURN_PATIENCE_MS;
  const options = { token: session.token, signal, key, body: { content }, patience };
  for (let asked = 0; ; asked += 1) {
    try {
      return await request(sessionPath(session, 'messages'), options);
    } catch (error) {
      const running = error instanceof ApiError && error.status === STILL_RUNNING;
      if (!running || asked >= RUNNING_PATIENCE) throw error;
      await pause(1000 * (error.retryAfter || 2), signal);
    }
  }
}

/**
 * Asks for a live agent.
 * @param {Session} session @param {AbortSignal} signal @returns {Promise<Ownership>}
 */
export const requestHandoff = (session, signal) =>
  request(sessionPath(session, 'handoff'), { token: session.token, signal, body: {} });

/**
 * Goes on with the bot.
 * @param {Session} session @param {AbortSignal} signal @returns {Promise<Ownership>}
 */
export const withdrawHandoff = (session, signal) =>
  request(sessionPath(session, 'handoff'), { token: session.token, signal, method: 'DELETE' });

/** @param {Session} session @param {AbortSignal} signal @returns {Promise<void>} */
export const tellTyping = (session, signal) =>
  request(sessionPath(session, 'typing'), { token: session.token, signal, method: 'POST' });

/** @param {Session} session @param {number} seq @param {AbortSignal} signal @returns {Promise<void>} */
export const tellRead = (session, seq, signal) =>
  request(sessionPath(session, 'read'), { token: session.token, signal, body: { seq } });
