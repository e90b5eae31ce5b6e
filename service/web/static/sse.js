/**
 * Server-sent events over fetch (EventSource cannot send a bearer token). A stream that ends or
 * falls silent is opened again from the last event id, so no event is missed.
 *
 * @typedef {{id: string, event: string, data: any}} ServerEvent
 * @typedef {{open: () => void, lost: () => void, event: (event: ServerEvent) => void}} Listener
 */
import { ApiError, persistently, reached, refusal, withAbort } from './api.js';

/** The server writes at least every 15 s: after this long the stream is dead, whatever TCP says. */
const SILENCE_MS = 40_000;
/** A stream that takes longer to open is tried again. */
const CONNECT_MS = 15_000;
/** As long a silence is suspicious when the reader comes back. */
const STALE_MS = 20_000;
const TICK_MS = 5000;

/**
 * A parser to feed with text; complete events go to `emit`, comments and broken JSON nowhere.
 * @param {(event: ServerEvent) => void} emit
 * @returns {(text: string) => void}
 */
export function eventParser(emit) {
  let rest = '';
  let id = '';
  let event = '';
  /** @type {string[]} */
  let data = [];

  const dispatch = () => {
    const parsed = parse(data.join('\n'));
    if (data.length && parsed !== undefined) emit({ id, event: event || 'message', data: parsed });
    event = '';
    data = [];
  };
  const field = (/** @type {string} */ line) => {
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'data') data.push(value ?? '');
    else if (name === 'event') event = value ?? '';
    else if (name === 'id') id = value ?? '';
  };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) line ? field(line) : dispatch();
  };
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Follows `path` until `signal` aborts; throws the ApiError of a refusal that will not pass.
 * @param {{path: string, token: string, lastId: string}} source
 * @param {Listener} listener `lost` is told when the stream cannot be reopened at once
 * @param {AbortSignal} signal
 */
export async function follow(source, listener, signal) {
  const place = { ...source };
  const hear = (/** @type {ServerEvent} */ event) => {
    place.lastId = event.id || place.lastId;
    listener.event(event);
  };
  const attempt = (/** @type {() => void} */ gotThrough) => {
    const heard = { ...listener, event: hear };
    return withAbort(signal, (scope) => readOnce(place, heard, scope, gotThrough));
  };
  await persistently(attempt, signal, listener.lost);
}

/**
 * @param {{path: string, token: string, lastId: string}} place
 * @param {Listener} listener @param {AbortController} scope @param {() => void} gotThrough
 * @returns {Promise<never>}
 */
async function readOnce(place, listener, scope, gotThrough) {
  const heard = watch(scope, listener.lost, gotThrough);
  const reader = await connect(place, scope.signal);
  heard();
  listener.open();
  const feed = eventParser(listener.event);
  for (;;) {
    const { done, value } = await reached(reader.read());
    if (done) throw new ApiError(0);
    heard();
    gotThrough();
    feed(value);
  }
}

/**
 * Aborts `scope` when the stream has been silent for too long, by the clock on the wall: timers
 * stand still while a laptop sleeps. Another network means another connection, at once.
 * @param {AbortController} scope @param {() => void} lost @param {() => void} afresh
 * @returns {() => void} to be called when something was heard
 */
function watch(scope, lost, afresh) {
  const { signal } = scope;
  let heardAt = Date.now();
  let patience = CONNECT_MS;
  const isSilent = (/** @type {number} */ ms) => Date.now() - heardAt > ms;
  const reconnect = () => {
    afresh();
    scope.abort();
  };
  const timer = setInterval(() => {
    if (!isSilent(patience)) return;
    lost();
    scope.abort();
  }, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  addEventListener('online', reconnect, { signal });
  addEventListener('offline', reconnect, { signal });
  const back = () => document.hidden || !isSilent(STALE_MS) || reconnect();
  document.addEventListener('visibilitychange', back, { signal });
  return () => {
    heardAt = Date.now();
    patience = SILENCE_MS;
  };
}

/** @param {{path: string, token: string, lastId: string}} place @param {AbortSignal} signal */
async function connect({ path, token, lastId }, signal) {
  const headers = {
    Accept: 'text/event-stream',
    Authorization: `Bearer ${token}`,
    'Last-Event-ID': lastId,
  };
  const response = await reached(fetch(path, { headers, signal, cache: 'no-store' }));
  if (!response.ok) throw await refusal(response);
  if (!response.body) throw new ApiError(0);
  return response.body.pipeThrough(new TextDecoderStream()).getReader();
}
