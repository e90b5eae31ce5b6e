/**
 * The customer's chat page. One Conversation holds what is known of a session: durable messages
 * by id, messages on their way (each with one Idempotency-Key for all its attempts), and the
 * draft of the reply being written. Whatever arrives twice, from a POST and from the events, is
 * drawn once, in the order of seq.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {import('./api.js').Answer} Answer
 * @typedef {import('./chat-draft.js').Draft} Draft
 * @typedef {import('./chat-store.js').Outgoing & {message?: Message, attempt: number,
 *   failed?: boolean, adrift?: boolean, accepted: () => void}} Sending
 *   `message` once durable; `adrift` when the server was not reached
 */
import {
  ApiError,
  createSession,
  fetchHistory,
  pause,
  persistently,
  postMessage,
  sessionPath,
  uuid,
} from './api.js';
import { extend } from './chat-draft.js';
import * as store from './chat-store.js';
import { savingLine, text, totalLine } from './chat-text.js';
import { View } from './chat-view.js';
import { follow } from './sse.js';

const ORDER_PATIENCE_MS = 1000;
const RESUME_MS = 3000;

class Conversation {
  #stop = new AbortController();
  #session = store.session();
  #sessionKey = uuid();
  /** @type {Promise<import('./api.js').Session> | null} */
  #opening = this.#session && Promise.resolve(this.#session);
  /** @type {Map<string, Message>} */
  #messages = new Map();
  #newest = 0;
  #savings = store.savings();
  /** @type {Sending[]} */
  #outgoing = store.outbox().map((entry) => ({ ...entry, attempt: 0, accepted: () => {} }));
  /** @type {Promise<void>} */
  #line = Promise.resolve();
  /** @type {Draft | null} */
  #draft = null;
  /** @type {Set<string>} customer messages whose turn is over: late deltas are dropped */
  #settled = new Set();
  #lost = false;
  /** Whether the history is there, so that messages can go out. */
  #ready = false;

  /** @param {View} view */
  constructor(view) {
    this.view = view;
  }

  get sessionId() {
    return this.#session?.id;
  }

  /** Draws what there is and goes on where the page was left. */
  open() {
    this.view.clear();
    this.view.total(totalLine(store.total()));
    if (this.#session) void this.#resume();
    else this.view.card(store.publishableKey() ? 'welcome' : 'noKey');
    if (!this.#session) this.#sendAll();
    this.view.focus();
  }

  close() {
    this.#stop.abort();
  }

  /** @param {string} content */
  send(content) {
    // While the history is on its way, nothing in it can be this message.
    const after = this.#ready ? this.#newest : Number.MAX_SAFE_INTEGER;
    const entry = { key: uuid(), content, after, attempt: 0, accepted: () => {} };
    this.#outgoing.push(entry);
    store.keepOutgoing(entry);
    this.view.card(null);
    this.view.showUnsent(entry.key, content);
    this.view.state(entry.key, text.sending);
    if (this.#ready) void this.#deliver(entry);
  }

  async #resume() {
    const session = /** @type {import('./api.js').Session} */ (this.#session);
    this.view.card(null);
    this.view.loading(true);
    try {
      const fetching = () => fetchHistory(session, this.#stop.signal);
      const messages = await persistently(fetching, this.#stop.signal, () => this.#connected(false));
      for (const message of messages) this.#add(message);
      this.view.loading(false);
      this.#sendAll();
      await this.#listen(session);
    } catch (error) {
      this.#broken(error);
    }
  }

  /** Sends what has waited for the page or the history to load. */
  #sendAll() {
    this.#ready = true;
    for (const entry of [...this.#outgoing]) {
      entry.after = Math.min(entry.after, this.#newest);
      if (!entry.message) this.view.showUnsent(entry.key, entry.content);
      void this.#deliver(entry);
    }
  }

  /** @param {import('./api.js').Session} session */
  async #listen(session) {
    const path = sessionPath(session, 'events');
    const listener = {
      open: () => this.#connected(true),
      lost: () => this.#connected(false),
      event: (/** @type {import('./sse.js').ServerEvent} */ event) => this.#hear(event),
    };
    await follow({ path, token: session.token, lastId: String(this.#newest) }, listener, this.#stop.signal);
  }

  /** @param {import('./sse.js').ServerEvent} event */
  #hear({ event, data }) {
    if (event === 'message') this.#heard(data);
    else if (event === 'delta' && !this.#settled.has(data.message_id)) this.#write(extend(this.#draft, data));
    else if (event === 'superseded') this.#settle(data.message_id);
    else if (event === 'error') this.#turnFailed(data);
  }

  /** @param {Message} message */
  #heard(message) {
    this.#add(message);
    if (message.kind === 'bot' && this.#draft) this.#settle(this.#draft.messageId);
  }

  /** @param {boolean} alive */
  #connected(alive) {
    this.view.banner(!alive);
    if (alive && this.#lost)
      this.#outgoing.filter((entry) => entry.adrift).forEach((entry) => this.#deliver(entry));
    this.#lost = !alive;
  }

  /** Takes in a durable message, once. @param {Message} message */
  #add(message) {
    if (this.#messages.has(message.id)) return;
    this.#messages.set(message.id, message);
    this.#newest = Math.max(this.#newest, message.seq);
    if (message.kind === 'customer') this.#recognise(message);
    if (message.kind === 'bot') this.#replied(message);
    this.view.show(message);
    const saving = this.#savings.get(message.id);
    if (saving) this.view.note(message.id, savingLine(saving));
    this.#write(this.#draft);
  }

  /** A durable message may be one that this page is sending. @param {Message} message */
  #recognise(message) {
    const entry = this.#outgoing.find(
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
    this.view.rename(entry.key, message.id);
    if (entry.adrift) void this.#deliver(entry);
    else if (!entry.failed) this.view.state(message.id, '');
  }

  /** A reply ends the draft, and answers failed messages before it. @param {Message} reply */
  #replied(reply) {
    if (this.#draft) this.#settle(this.#draft.messageId);
    const answered = this.#outgoing.filter(
      ({ failed, message }) => failed && message && message.seq < reply.seq,
    );
    answered.forEach((entry) => this.#done(entry));
  }

  /** Sends a message, or sends it again. @param {Sending} entry */
  async #deliver(entry) {
    const attempt = ++entry.attempt;
    entry.failed = entry.adrift = false;
    this.view.state(entry.message?.id ?? entry.key, entry.message ? '' : text.sending);
    this.#write(this.#draft);
    try {
      const session = await this.#ensureSession();
      await this.#queue(entry);
      this.#answered(entry, await postMessage(session, entry.content, entry.key, this.#stop.signal));
    } catch (error) {
      if (this.#stop.signal.aborted || entry.attempt !== attempt) return;
      if (error instanceof ApiError) this.#failed(entry, error);
      else throw error;
    }
  }

  #ensureSession() {
    this.#opening ??= this.#start().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #start() {
    const session = await createSession(store.publishableKey() ?? '', this.#sessionKey, this.#stop.signal);
    this.#session = session;
    store.keepSession(session);
    this.#listen(session).catch((error) => this.#broken(error));
    return session;
  }

  /** Waits until the message before is accepted, so that a burst arrives in order. @param {Sending} entry */
  async #queue(entry) {
    const before = this.#line;
    this.#line = new Promise((resolve) => (entry.accepted = resolve));
    await Promise.race([before, pause(ORDER_PATIENCE_MS, this.#stop.signal)]);
  }

  /** @param {Sending} entry @param {Answer} answer */
  #answered(entry, { message, reply, usage, cache }) {
    this.#accept(entry, message);
    this.#add(message);
    this.#settle(message.id);
    if (reply) this.#add(reply);
    if (reply && usage) this.#count(reply.id, usage, cache?.status ?? '');
    this.#done(entry);
  }

  /** @param {string} replyId @param {import('./api.js').Usage} usage @param {string} status */
  #count(replyId, usage, status) {
    const { prompt_tokens: sent, full_prompt_tokens: full, saved_tokens: saved, currency } = usage;
    const saving = { sent, full, saved: saved ?? 0, status };
    store.keepSaving(replyId, saving, { cost: usage.saved_cost ?? 0, currency });
    this.view.note(replyId, savingLine(saving));
    this.view.total(totalLine(store.total()));
  }

  /** @param {Sending} entry @param {ApiError} error */
  #failed(entry, error) {
    entry.accepted();
    if (error.unknown) return this.#broken(error);
    if (entry.message && error.status === 0) return this.#later(entry);
    entry.failed = true;
    entry.adrift = error.status === 0;
    if (!error.passing) store.dropOutgoing(entry.key);
    const why = error.message || text.unreachable;
    const line = entry.message ? text.noAnswer(why) : text.notSent(why);
    this.view.state(entry.message?.id ?? entry.key, line, () => this.#deliver(entry));
    this.#write(this.#draft);
  }

  /** The server has the message; only its answer was cut off. @param {Sending} entry */
  #later(entry) {
    pause(RESUME_MS, this.#stop.signal).then(
      () => this.#deliver(entry),
      () => {},
    );
  }

  /** @param {{message_id: string, detail?: string, title?: string}} problem */
  #turnFailed({ message_id: id, detail, title }) {
    // Its status tells of the model, not of this session.
    const error = new ApiError(500, detail || title || 'HTTP 500');
    const entry = this.#outgoing.find(({ message }) => message?.id === id);
    if (this.#draft?.messageId === id) this.#draft = null;
    if (entry) this.#failed(entry, error);
    else if (!this.#settled.has(id)) this.view.state(id, text.noAnswer(error.message), null);
    this.#write(this.#draft);
  }

  /** @param {Sending} entry */
  #done(entry) {
    this.#outgoing = this.#outgoing.filter((other) => other !== entry);
    store.dropOutgoing(entry.key);
    this.view.state(entry.message?.id ?? entry.key, '');
    this.#write(this.#draft);
  }

  /** The turn of a customer's message is over: its draft goes. @param {string} messageId */
  #settle(messageId) {
    this.#settled.add(messageId);
    if (this.#draft?.messageId === messageId) this.#write(null);
  }

  /** Shows the draft, or dots while an accepted message waits for its answer. @param {Draft | null} draft */
  #write(draft) {
    this.#draft = draft;
    const waiting = this.#outgoing.some(({ message, failed }) => message && !failed);
    this.view.draft(draft?.text ?? (waiting ? '' : null));
  }

  /** What no retry will mend: the key or the session is unknown. @param {unknown} error */
  #broken(error) {
    if (this.#stop.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    this.close();
    this.view.clear();
    this.view.card(this.#session ? 'gone' : 'badKey');
    this.view.refill(this.#outgoing.filter(({ message }) => !message).map(({ content }) => content));
  }
}

/** @type {Conversation} */
let conversation;
const view = new View({
  send: (content) => conversation.send(content),
  renew: () => {
    store.forgetConversation();
    restart();
  },
});

/** Closes what is open, and opens what storage now names. */
function restart() {
  conversation?.close();
  conversation = new Conversation(view);
  conversation.open();
}

store.takeKey();
restart();
addEventListener('hashchange', () => store.takeKey() && restart());
store.onOtherTab(() => store.session()?.id !== conversation.sessionId && restart());
