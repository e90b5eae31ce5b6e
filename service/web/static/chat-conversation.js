/**
 * What is known of a session: durable messages by id, the draft of the reply being written, and
 * who answers. Whatever arrives twice, from a POST and from the events, is drawn once, in the
 * order of seq.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {import('./api.js').Answer} Answer
 * @typedef {import('./chat-draft.js').Draft} Draft
 */
import {
  ApiError,
  createSession,
  fetchHistory,
  persistently,
  sessionPath,
  tellRead,
  tellTyping,
  uuid,
  withdrawHandoff,
} from './api.js';
import { extend } from './chat-draft.js';
import { Handover } from './chat-handover.js';
import { Outbox } from './chat-outbox.js';
import { Receipts } from './chat-receipts.js';
import * as store from './chat-store.js';
import { savingLine, text, totalLine } from './chat-text.js';
import { Typing } from './chat-typing.js';
import { follow } from './sse.js';

const RESTARTING = 'shutting_down';

export class Conversation {
  #stop = new AbortController();
  #session = store.session();
  #sessionKey = uuid();
  /** @type {Promise<import('./api.js').Session> | null} */
  #opening = this.#session && Promise.resolve(this.#session);
  /** @type {Map<string, Message>} */
  #messages = new Map();
  #newest = 0;
  /** The seq of the newest message that was said to the customer. */
  #newestSaid = 0;
  #savings = store.savings();
  /** @type {Draft | null} */
  #draft = null;
  /** @type {Set<string>} customer messages whose turn is over: late deltas are dropped */
  #settled = new Set();
  /** @type {number | null} since when the server is out of reach */
  #lostAt = null;
  /** Whether the history is drawn: what comes from now on is new to the reader. */
  #current = false;

  /** @param {import('./chat-view.js').View} view */
  constructor(view) {
    this.view = view;
    const { signal } = this.#stop;
    const room = { signal, session: () => this.#ensureSession() };
    const broken = (/** @type {unknown} */ error) => this.#broken(error);
    this.outbox = new Outbox({
      ...room,
      view,
      answered: (answer, sentAt) => this.#answered(answer, sentAt),
      changed: () => this.#write(this.#draft),
      broken,
    });
    this.handover = new Handover({ ...room, changed: () => this.#ownerChanged(), broken }, !this.#session);
    this.typing = new Typing({
      tell: () => void this.#tell((session) => tellTyping(session, signal)).catch(() => {}),
      show: (name) => view.typing(name),
    });
    this.receipts = new Receipts({ tell: (seq) => this.#tell((session) => tellRead(session, seq, signal)) });
  }

  get sessionId() {
    return this.#session?.id;
  }

  /** Draws what there is and goes on where the page was left. */
  open() {
    this.view.clear();
    this.view.total(totalLine(store.total()));
    this.view.owner(this.handover.shown);
    if (this.#session) void this.#resume();
    else this.view.card(store.publishableKey() ? 'welcome' : 'noKey');
    if (!this.#session) this.#isCurrent();
    this.view.focus();
  }

  close() {
    this.#stop.abort();
    this.typing.stop();
  }

  /** The customer goes for good: nobody should wait in the queue for them. */
  leave() {
    if (this.handover.mode !== 'waiting') return;
    const { signal } = new AbortController(); // close() aborts the conversation's own
    void this.#tell((session) => withdrawHandoff(session, signal)).catch(() => {});
  }

  /** @param {string} content */
  send(content) {
    this.view.card(null);
    this.outbox.send(content);
  }

  /** The customer has touched a key. */
  typed() {
    if (this.handover.isTheirs) this.typing.typed();
  }

  /** The reader has the end of the conversation before their eyes. */
  watched() {
    if (this.handover.mode === 'human') void this.receipts.tell(this.#newestSaid);
  }

  async #resume() {
    const session = /** @type {import('./api.js').Session} */ (this.#session);
    this.view.card(null);
    this.view.log.loading(true);
    try {
      const fetching = () => fetchHistory(session, this.#stop.signal);
      const messages = await persistently(fetching, this.#stop.signal, () => this.#connected(false));
      for (const message of messages) this.#add(message);
      this.view.log.loading(false);
      this.#isCurrent();
      await this.#listen(session);
    } catch (error) {
      this.#broken(error);
    }
  }

  #isCurrent() {
    this.#current = true;
    this.#drawReceipts();
    this.outbox.open();
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
    if (event === 'message') this.#add(data);
    else if (event === 'delta') this.#extend(data);
    else if (event === 'superseded') this.#superseded(data);
    else if (event === 'error') this.#turnFailed(data);
    else if (event === 'owner') this.handover.heard(data);
    else if (event === 'typing') this.typing.heard(data.name);
    else if (event === 'read') this.#readByAgent(data.seq);
  }

  /** @param {boolean} alive */
  #connected(alive) {
    this.view.lost(!alive);
    if (alive && this.#lostAt !== null) this.#recover(this.#lostAt);
    this.#lostAt = alive ? null : (this.#lostAt ?? performance.now());
    if (!alive) return;
    void this.handover.connected();
    this.view.look();
  }

  /** @param {number} lostAt */
  #recover(lostAt) {
    // A server that was restarted does not know this draft; only a message that waits renews it.
    if (!this.outbox.waits) this.#write(null);
    this.outbox.repeat(lostAt);
  }

  /** Takes in a durable message, once. @param {Message} message */
  #add(message) {
    if (this.#messages.has(message.id) || message.kind === 'note') return;
    this.#messages.set(message.id, message);
    this.#newest = Math.max(this.#newest, message.seq);
    const isSaid = message.kind === 'bot' || message.kind === 'agent';
    if (isSaid) this.#newestSaid = Math.max(this.#newestSaid, message.seq);
    if (message.kind === 'bot' && this.#draft) this.#settle(this.#draft.messageId);
    if (message.kind === 'agent') this.typing.stop();
    this.outbox.heard(message);
    this.view.show(message, this.#current && isSaid);
    const saving = this.#savings.get(message.id);
    if (saving) this.view.log.note(message.id, savingLine(saving));
    if (this.#current) this.#drawReceipts();
    this.#write(this.#draft);
  }

  #drawReceipts() {
    this.view.log.receipts(this.receipts.of([...this.#messages.values()], this.handover));
  }

  /** @param {number} seq */
  #readByAgent(seq) {
    this.receipts.heard(seq);
    this.#drawReceipts();
  }

  #ownerChanged() {
    if (this.#stop.signal.aborted) return;
    const { mode } = this.handover;
    if (mode === 'human') this.#draft = null;
    else this.typing.stop();
    if (mode === 'resolved') this.outbox.resolve();
    if (mode !== 'unknown' && (mode !== 'bot' || this.#session)) this.view.card(null);
    this.view.owner(this.handover.shown);
    this.#drawReceipts();
    this.#write(this.#draft);
    this.view.look();
  }

  /** @param {(session: import('./api.js').Session) => Promise<unknown>} call */
  async #tell(call) {
    if (this.#session) await call(this.#session);
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

  /** @param {Answer} answer @param {number} sentAt */
  #answered({ message, reply, owner, usage, cache, superseded_by: newer }, sentAt) {
    this.#add(message);
    // Without a reply the bot may still be asked for one, when a live agent returns the session.
    if (reply || newer) this.#settle(message.id);
    if (reply) this.#add(reply);
    if (reply && usage) this.#count(reply.id, usage, cache?.status ?? '');
    this.handover.answered({ owner }, sentAt);
  }

  /** @param {string} replyId @param {import('./api.js').Usage} usage @param {string} status */
  #count(replyId, usage, status) {
    const { prompt_tokens: sent, full_prompt_tokens: full, saved_tokens: saved, currency } = usage;
    const saving = { sent, full, saved: saved ?? 0, status };
    store.keepSaving(replyId, saving, { cost: usage.saved_cost ?? 0, currency });
    this.view.log.note(replyId, savingLine(saving));
    this.view.total(totalLine(store.total()));
  }

  /** @param {{message_id: string, detail?: string, title?: string, code?: string}} problem */
  #turnFailed({ message_id: id, detail, title, code }) {
    // Its status tells of the model, not of this session.
    const error = new ApiError(code === RESTARTING ? 503 : 500, detail || title || 'HTTP 500');
    if (this.#draft?.messageId === id) this.#draft = null;
    const isOurs = this.outbox.turnFailed(id, error);
    if (!isOurs && !this.#settled.has(id)) this.view.log.state(id, text.noAnswer(error.message), null);
    this.#write(this.#draft);
  }

  /** @param {import('./chat-draft.js').Delta} delta */
  #extend(delta) {
    const isOver = this.#settled.has(delta.message_id) || this.handover.mode === 'human';
    if (!isOver) this.#write(extend(this.#draft, delta));
  }

  /** @param {{message_id: string, by: string | null}} turn by null: a live agent took over */
  #superseded({ message_id: id, by }) {
    if (by !== null) this.#settle(id);
    else if (this.#draft?.messageId === id) this.#write(null);
  }

  /** The turn of a customer's message is over: its draft goes. @param {string} messageId */
  #settle(messageId) {
    this.#settled.add(messageId);
    if (this.#draft?.messageId === messageId) this.#write(null);
  }

  /** Shows the draft, or dots while the bot owes an answer. @param {Draft | null} draft */
  #write(draft) {
    this.#draft = draft;
    const isOwed = this.outbox.waits && !this.handover.isTheirs;
    this.view.draft(draft?.text ?? (isOwed ? '' : null));
  }

  /** What no retry will mend: the key or the session is unknown. @param {unknown} error */
  #broken(error) {
    if (this.#stop.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    this.close();
    this.view.clear();
    this.view.card(this.#session ? 'gone' : 'badKey');
    this.view.composer.refill(this.outbox.unsent);
  }
}
