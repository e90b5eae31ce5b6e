/**
 * The chat API over fetch. Every failure is an ApiError: status 0 means that the server was not
 * reached (or its answer was cut off), any other status is the server's own answer.
 *
 * @typedef {{id: string, token: string}} Session
 * @typedef {{id: string, seq: number, kind: string, content: string, created_at: string,
 *   author?: string | {name?: string} | null}} Message
 * @typedef {{prompt_tokens: number | null, full_prompt_tokens: number, saved_tokens: number | null,
 *   saved_cost: number | null, currency: string}} Usage null where the provider's usage never came
 * @typedef {{message: Message, reply: Message | null, usage: Usage | null,
 *   cache: {status: string} | null}} Answer
 */

const PAGE = 1000;
const STILL_RUNNING = 409;
const RUNNING_PATIENCE = 90;

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
 * Milliseconds of rest, shorter when the network comes back; rejects when `signal` aborts.
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
 * @param {string} path
 * @param {{token: string, signal: AbortSignal, key?: string, body?: object}} options
 *   `key` is the Idempotency-Key of a POST
 */
async function request(path, { token, signal, key, body }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', Authorization: `Bearer ${token}` };
  if (body) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const method = body ? 'POST' : 'GET';
  const response = await reached(
    fetch(path, { method, headers, body: body && JSON.stringify(body), signal, cache: 'no-store' }),
  );
  if (!response.ok) throw await refusal(response);
  return reached(response.json());
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
  const options = { token: session.token, signal, key, body: { content } };
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
