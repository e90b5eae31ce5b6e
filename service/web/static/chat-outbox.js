/**
 * The customer's messages on their way: each goes out with one Idempotency-Key for all its
 * attempts until its answer is there, in the order they were written in.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {import('./api.js').Answer} Answer
 * @typedef {'sending' | 'adrift' | 'failed' | 'delivered'} Status
 *   `adrift`: the server was not reached, it is sent again by itself; `failed`: it was refused;
 *   `delivered`: a live agent has it to answer
 * @typedef {import('./chat-store.js').Outgoing & {status: Status, message?: Message, attempt: number,
 *   sentAt: number, accepted: () => void, patience: (ms: number) => void, cancel: () => void}} Sending
 *   `message` once durable; `patience` is how long its attempt may take from now on
 */
import { ApiError, pause, postMessage, uuid, withAbort } from './api.js';
import * as store from './chat-store.js';
import { text } from './chat-text.js';

const ORDER_PATIENCE_MS = 1000;
const ACCEPT_PATIENCE_MS = 15_000;
/** How long the POST may still take when its reply has come over the events. */
const REPLY_PATIENCE_MS = 5000;
const MOST_REST_MS = 10_000;

/** @param {import('./chat-store.js').Outgoing} outgoing @returns {Sending} */
const begin = (outgoing) => ({
  ...outgoing,
  status: 'sending',
  attempt: 0,
  sentAt: 0,
  accepted: () => {},
  patience: () => {},
  cancel: () => {},
});

export class Outbox {
  /** @type {Sending[]} */
  #entries = store.outbox().map(begin);
  /** @type {Promise<void>} */
  #line = Promise.resolve();
  /** Whether the history is there, so that messages can go out. */
  #ready = false;
  #newest = 0;
  /** The seq of the newest reply, whoever gave it. */
  #replied = 0;
  #failures = 0;
  #rests = false;

  /**
   * @param {{view: import('./chat-view.js').View, signal: AbortSignal,
   *   session: () => Promise<import('./api.js').Session>,
   *   answered: (answer: Answer, sentAt: number) => void, changed: () => void,
   *   broken: (error: unknown) => void}} room
   */
  constructor(room) {
    this.room = room;
  }

  /** Whether a durable message has no answer yet. */
  get waits() {
    return this.#entries.some(({ message, status }) => message && status !== 'failed');
  }

  /** What was never sent. @returns {string[]} */
  get unsent() {
    return this.#entries.filter(({ message }) => !message).map(({ content }) => content);
  }

  /** Sends what has waited for the page or the history to load. */
  open() {
    this.#ready = true;
    for (const entry of [...this.#entries]) {
      entry.after = Math.min(entry.after, this.#newest);
      if (!entry.message) this.room.view.showUnsent(entry.key, entry.content);
      void this.#deliver(entry);
    }
  }

  /** @param {string} content */
  send(content) {
    // While the history is on its way, nothing in it can be this message.
    const after = this.#ready ? this.#newest : Number.MAX_SAFE_INTEGER;
    const entry = begin({ key: uuid(), content, after });
    this.#entries.push(entry);
    store.keepOutgoing(entry);
    this.room.view.showUnsent(entry.key, content);
    this.room.view.log.state(entry.key, text.sending);
    if (this.#ready) void this.#deliver(entry);
  }

  /** Takes note of a durable message: one of these, or the answer to some. @param {Message} message */
  heard(message) {
    this.#newest = Math.max(this.#newest, message.seq);
    if (message.kind === 'customer') this.#recognise(message);
    if (message.kind === 'bot' || message.kind === 'agent') this.#repliedBy(message);
  }

  /** The turn of a message has failed. @param {string} id @param {ApiError} error @returns {boolean} */
  turnFailed(id, error) {
    const entry = this.#entries.find(({ message }) => message?.id === id);
    if (entry) this.#failed(entry, error);
    return entry !== undefined;
  }

  /** Nobody is left to answer what was delivered. */
  resolve() {
    this.#entries.filter(({ status }) => status === 'delivered').forEach((entry) => this.#done(entry));
  }

  /**
   * The server is back: asks again for every answer that is missing.
   * @param {number} lostAt when it was lost; attempts made since then are left alone
   */
  repeat(lostAt) {
    const newest = this.#entries[this.#entries.length - 1];
    for (const entry of [...this.#entries]) {
      const isOpen = entry.status === 'adrift' || (entry.status === 'sending' && entry.sentAt <= lostAt);
      // The bot may have it to answer by now; one call asks for all of them.
      if (isOpen || (entry === newest && entry.status === 'delivered')) void this.#deliver(entry);
    }
  }

  /** A durable message may be one that this page is sending. @param {Message} message */
  #recognise(message) {
    const entry = this.#entries.find(
      ({ message: known, content, after }) =>
        !known && after < message.seq && content === message.content.trim(),
    );
    if (entry) this.#accept(entry, message);
  }

  /** @param {Sending} entry @param {Message} message */
  #accept(entry, message) {
    entry.accepted();
    if (entry.message) return;
    entry.message = message;
    entry.patience(Infinity);
    this.room.view.log.rename(entry.key, message.id);
    if (entry.status === 'adrift') void this.#deliver(entry);
    else if (entry.status !== 'failed') this.room.view.log.state(message.id, '');
  }

  /** A reply answers what was said before it. @param {Message} reply */
  #repliedBy(reply) {
    this.#replied = Math.max(this.#replied, reply.seq);
    for (const entry of this.#entries.filter(({ message }) => message && message.seq < reply.seq)) {
      if (entry.status === 'failed' || entry.status === 'delivered') this.#done(entry);
      else entry.patience(REPLY_PATIENCE_MS);
    }
  }

  /** Sends a message, or sends it again. @param {Sending} entry */
  async #deliver(entry) {
    const attempt = ++entry.attempt;
    entry.cancel();
    this.#announce(entry);
    entry.status = 'sending';
    entry.sentAt = performance.now();
    this.room.changed();
    const { signal } = this.room;
    try {
      await withAbort(signal, (scope) => this.#post(entry, scope));
    } catch (error) {
      if (signal.aborted || entry.attempt !== attempt) return;
      if (error instanceof ApiError) this.#failed(entry, error);
      else throw error;
    }
  }

  /** Sends a message again because its writer says so. @param {Sending} entry */
  #retry(entry) {
    entry.status = 'sending';
    void this.#deliver(entry);
  }

  /** An attempt made by itself changes nothing that is to be seen. @param {Sending} entry */
  #announce({ message, status, key }) {
    if (message) this.room.view.log.state(message.id, '');
    else if (status !== 'adrift') this.room.view.log.state(key, text.sending);
  }

  /** @param {Sending} entry @param {AbortController} scope */
  async #post(entry, scope) {
    const late = () => scope.abort(new ApiError(0));
    entry.cancel = late;
    const session = await this.room.session();
    scope.signal.throwIfAborted();
    await this.#queue(entry, scope.signal);
    let timer = entry.message ? undefined : setTimeout(late, ACCEPT_PATIENCE_MS);
    entry.patience = (ms) => {
      clearTimeout(timer);
      if (Number.isFinite(ms)) timer = setTimeout(late, ms);
    };
    const sentAt = performance.now();
    try {
      this.#answered(entry, await postMessage(session, entry.content, entry.key, scope.signal), sentAt);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waits until the message before is accepted, so that a burst arrives in order.
   * @param {Sending} entry @param {AbortSignal} signal
   */
  async #queue(entry, signal) {
    const before = this.#line;
    this.#line = new Promise((resolve) => (entry.accepted = resolve));
    await Promise.race([before, pause(ORDER_PATIENCE_MS, signal)]);
    const earlier = this.#entries.slice(0, this.#entries.indexOf(entry));
    if (earlier.some(({ message, status }) => !message && status === 'adrift')) throw new ApiError(0);
  }

  /** @param {Sending} entry @param {Answer} answer @param {number} sentAt */
  #answered(entry, answer, sentAt) {
    const { message, reply, owner, superseded_by: newer } = answer;
    this.#reached();
    this.#accept(entry, message);
    this.room.answered(answer, sentAt);
    const isOver = reply || newer || owner === undefined || owner === 'bot' || owner === 'resolved';
    if (isOver || message.seq < this.#replied) this.#done(entry);
    else this.#delivered(entry);
  }

  /** @param {Sending} entry */
  #delivered(entry) {
    entry.status = 'delivered';
    store.dropOutgoing(entry.key);
    this.room.changed();
  }

  /** @param {Sending} entry @param {ApiError} error */
  #failed(entry, error) {
    entry.accepted();
    if (error.unknown) this.room.broken(error);
    else if (error.away) this.#adrift(entry);
    else this.#refused(entry, error);
  }

  /** The server was not reached, or only its answer was cut off. @param {Sending} entry */
  #adrift(entry) {
    entry.status = 'adrift';
    if (!entry.message) this.room.view.log.state(entry.key, text.notYet, () => this.#retry(entry));
    this.room.changed();
    if (!this.#rests) void this.#repeatLater();
  }

  /** @param {Sending} entry @param {ApiError} error */
  #refused(entry, error) {
    entry.status = 'failed';
    if (!error.passing) store.dropOutgoing(entry.key);
    const line = entry.message ? text.noAnswer(error.message) : text.notSent(error.message);
    this.room.view.log.state(entry.message?.id ?? entry.key, line, () => this.#retry(entry));
    this.room.changed();
  }

  async #repeatLater() {
    this.#rests = true;
    try {
      await pause(Math.min(MOST_REST_MS, 1000 * 2 ** this.#failures++), this.room.signal);
    } catch {
      return; // the page has gone on to another conversation
    }
    this.#rests = false;
    this.#deliverAdrift();
  }

  /** The server answers: nothing has to rest any longer. */
  #reached() {
    this.#failures = 0;
    this.#deliverAdrift();
  }

  #deliverAdrift() {
    for (const entry of this.#entries.filter(({ status }) => status === 'adrift')) void this.#deliver(entry);
  }

  /** @param {Sending} entry */
  #done(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    store.dropOutgoing(entry.key);
    this.room.view.log.state(entry.message?.id ?? entry.key, '');
    this.room.changed();
  }
}
