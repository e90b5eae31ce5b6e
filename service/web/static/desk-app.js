/**
 * The desk at work: one socket, one state, one page. Frames change the state, the state is drawn
 * at most once a frame of the screen, and which sessions the socket follows comes from the state:
 * the agent's own, and the one that is looked at.
 *
 * @typedef {import('./desk-state.js').State} State
 * @typedef {import('./desk-state.js').Frame} Frame
 * @typedef {import('./desk-words.js').Mode} Mode
 */
import { ApiError } from './api.js';
import { Actions, wordsOf } from './desk-actions.js';
import { nameOf } from './desk-format.js';
import { Listing } from './desk-listing.js';
import { Lookup } from './desk-lookup.js';
import { Outbox } from './desk-outbox.js';
import { Rest } from './desk-rest.js';
import { DeskSocket } from './desk-socket.js';
import { mine, nothing, queue, reduce, standing, unread } from './desk-state.js';
import * as store from './desk-store.js';
import { text } from './desk-text.js';
import { newest, oldest } from './desk-transcript.js';
import { Words } from './desk-words.js';

/** Messages that a session is opened with, and that one page of earlier ones holds. */
const PAGE = 200;
const TYPING_EVERY_MS = 3000;
/** A screen that draws nothing, because the tab is hidden, still gets its title. */
const DRAW_WITHIN_MS = 250;

export class Desk {
  state = nothing;
  /** @type {string | null} */
  selected = store.selected();
  /** @type {Map<string, Mode>} */
  #modes = new Map();
  words = new Words();
  isAlive = false;
  isDraining = false;
  isLoadingEarlier = false;
  #stop = new AbortController();
  #opened = new AbortController();
  /** @type {Map<string, number>} up to where this page has said that it read */
  #read = new Map();
  #typedAt = 0;
  #isDrawing = false;

  /** @param {string} token @param {import('./desk-view.js').View} view */
  constructor(token, view) {
    this.view = view;
    this.rest = new Rest(token);
    this.socket = new DeskSocket(this.rest, {
      frame: (frame) => this.#hear(frame),
      line: (isAlive) => this.#connected(isAlive),
    });
    this.outbox = new Outbox(this.socket, {
      delivered: (message) => this.dispatch({ type: 'message.created', ...message }),
      changed: () => this.draw(),
      wordsOf,
    });
    this.actions = new Actions(this.socket, this.words, {
      state: () => this.state,
      dispatch: (frame) => this.dispatch(frame),
      changed: () => this.draw(),
      toast: (words, options) => view.toast(words, options),
      settled: (action, id) => this.#settled(action, id),
    });
    this.listing = new Listing(this.rest, this.#stop.signal, () => this.draw());
    this.details = new Lookup(this.rest, this.#stop.signal, (details) => {
      this.dispatch({ type: 'desk.card', card: details });
      this.draw();
    });
  }

  /** Works until it is closed. Throws Revoked, or the ApiError of a token refused. */
  async run() {
    const { signal } = this.#stop;
    addEventListener('pagehide', () => this.words.keep(), { signal });
    document.addEventListener('visibilitychange', () => this.draw(), { signal });
    const beat = setInterval(() => document.hidden || this.view.tick(this), 1000);
    signal.addEventListener('abort', () => clearInterval(beat));
    this.outbox.resume();
    this.draw();
    await this.socket.run(signal);
  }

  close() {
    this.words.close();
    this.#opened.abort();
    this.#stop.abort();
  }

  /** The server's time in milliseconds, as far as it is known. */
  get now() {
    return Date.now() + this.socket.ahead;
  }

  get card() {
    return this.selected ? this.state.cards.get(this.selected) : undefined;
  }

  get standing() {
    return standing(this.state, this.card);
  }

  get transcript() {
    return this.selected ? this.state.transcripts.get(this.selected) : undefined;
  }

  /** @param {string} id @returns {Mode} notes are anybody's, replies are their live agent's */
  mode(id) {
    return this.standing === 'mine' ? (this.#modes.get(id) ?? 'send') : 'note';
  }

  /** @param {string} id */
  name(id) {
    return nameOf(id, this.details.of(id)?.metadata);
  }

  /** @param {Frame} frame */
  dispatch(frame) {
    const before = this.state;
    this.state = reduce(before, frame, Date.now());
    if (this.state === before) return;
    if (this.state.cards !== before.cards) this.#follow();
    this.draw();
  }

  /** Draws soon, once for however many changes. */
  draw() {
    if (this.#isDrawing || this.#stop.signal.aborted) return;
    this.#isDrawing = true;
    const once = () => {
      if (!this.#isDrawing || this.#stop.signal.aborted) return;
      this.#isDrawing = false;
      this.view.render(this);
      this.#markRead();
    };
    requestAnimationFrame(once);
    setTimeout(once, DRAW_WITHIN_MS);
  }

  /** Looks at a session. @param {string} id */
  open(id) {
    if (this.selected === id && this.transcript) return;
    const before = this.selected;
    this.selected = id;
    store.keepSelected(id);
    this.isLoadingEarlier = false;
    if (before && before !== id) this.#leave(before);
    const row = this.listing.of(id);
    if (row) this.dispatch({ type: 'desk.card', card: row });
    if (row && !this.socket.follows(id)) this.#followFrom(id, row.message_count - PAGE);
    this.#load(id);
    this.draw();
  }

  /** Looks at no session. */
  leave() {
    const before = this.selected;
    this.selected = null;
    store.keepSelected(null);
    this.#opened.abort();
    if (before) this.#leave(before);
    this.draw();
  }

  /** Opens the next of all listed chats, or the one before. @param {1 | -1} step */
  step(step) {
    const waiting = queue(this.state).map((card) => card.session_id);
    const ids = [
      ...mine(this.state).map((card) => card.session_id),
      ...waiting,
      ...this.listed().map((row) => row.session_id),
    ];
    const at = ids.indexOf(this.selected ?? '');
    const to = at < 0 ? (step > 0 ? 0 : ids.length - 1) : at + step;
    if (ids[to]) this.open(ids[to]);
    return ids[to] ?? null;
  }

  /** Claims whoever has waited longest. */
  claimNext() {
    const [first] = queue(this.state);
    if (!first) return;
    this.open(first.session_id);
    void this.actions.claim(first.session_id);
  }

  /** Whom the bot serves, as far as no event has said otherwise since. */
  listed() {
    return this.listing.bot.filter(({ session_id: id, epoch }) => {
      const known = this.state.cards.get(id);
      return !known || known.owner === 'bot' || known.epoch < epoch;
    });
  }

  /** @param {Mode} mode */
  setMode(mode) {
    if (this.selected) this.#modes.set(this.selected, mode);
    this.draw();
  }

  /** @param {string} content */
  type(content) {
    const id = this.selected;
    if (!id) return;
    this.words.type(id, this.mode(id), content);
    const isHeard = this.mode(id) === 'send' && content && Date.now() - this.#typedAt > TYPING_EVERY_MS;
    if (isHeard) {
      this.#typedAt = Date.now();
      this.socket.command('typing', { session_id: id }, { keep: false }).catch(() => {});
    }
    this.draw();
  }

  /** Sends what is in the composer. */
  send() {
    const id = this.selected;
    if (!id) return;
    const mode = this.mode(id);
    const content = this.words.typed(id, mode).trim();
    if (!content) return;
    this.words.type(id, mode, '');
    this.#typedAt = 0;
    this.outbox.add(mode, id, content);
    this.view.toEnd();
  }

  /** Loads the messages before the oldest that are shown. */
  async earlier() {
    const id = this.selected;
    const transcript = this.transcript;
    if (!id || !transcript || transcript.complete || this.isLoadingEarlier) return;
    const { signal } = this.#opened;
    const after = Math.max(0, oldest(transcript) - 1 - PAGE);
    this.isLoadingEarlier = true;
    this.draw();
    try {
      const messages = await this.rest.messages(id, after, PAGE, signal);
      if (this.state.transcripts.has(id))
        this.dispatch({ type: 'desk.earlier', session_id: id, messages, complete: after === 0 });
    } catch (error) {
      if (!signal.aborted) this.view.toast(this.#why(error), { isError: true });
    }
    if (this.selected === id) this.isLoadingEarlier = false;
    this.draw();
  }

  /** @param {Frame} frame */
  #hear(frame) {
    const before = this.state;
    this.dispatch(frame);
    if (frame.type === 'message.created') this.#said(frame);
    else if (frame.type === 'snapshot') this.#begin();
    else if (frame.type === 'draining') this.isDraining = true;
    else if (frame.type === 'resync_required') this.#again(frame);
    else if (frame.type.startsWith('session.') && this.state !== before) this.#moved(frame, before);
  }

  /** @param {boolean} isAlive */
  #connected(isAlive) {
    this.isAlive = isAlive;
    if (isAlive) this.isDraining = false;
    this.#read.clear();
    this.draw();
  }

  /** A snapshot is there. */
  #begin() {
    this.listing.soon();
    for (const { session_id: id } of mine(this.state)) if (!this.details.of(id)) this.details.soon(id);
    if (this.selected) this.#load(this.selected);
  }

  /** Follows this agent's sessions, and no longer those that are neither theirs nor looked at. */
  #follow() {
    const own = mine(this.state);
    const wanted = new Set([...own.map((card) => card.session_id), this.selected]);
    for (const id of this.state.transcripts.keys()) if (!wanted.has(id)) this.#forget(id);
    for (const card of own)
      if (!this.socket.follows(card.session_id)) this.#followFrom(card.session_id, card.last_seq - PAGE);
  }

  /** @param {string} id @param {number} seq */
  #followFrom(id, seq) {
    const after = Math.max(0, seq);
    this.socket.follow(id, after);
    this.dispatch({ type: 'desk.followed', session_id: id, after });
  }

  /** @param {string} id */
  #forget(id) {
    this.socket.unfollow(id);
    this.dispatch({ type: 'desk.dropped', session_id: id });
  }

  /** A session is no longer looked at. @param {string} id */
  #leave(id) {
    if (standing(this.state, this.state.cards.get(id)) !== 'mine') this.#forget(id);
  }

  /** Fetches what is known of a session, and follows it. @param {string} id */
  #load(id) {
    this.#opened.abort();
    this.#opened = new AbortController();
    const { signal } = this.#opened;
    this.details.now(id, signal).then(
      (details) => {
        if (this.selected === id && !this.socket.follows(id))
          this.#followFrom(id, details.message_count - PAGE);
      },
      (error) => {
        if (!signal.aborted && error instanceof ApiError && error.status === 404) this.#erased(id);
      },
    );
  }

  /** @param {Frame} frame a message.created */
  #said(frame) {
    const id = frame.session_id;
    const message = /** @type {import('./desk-outbox.js').Delivered} */ (/** @type {unknown} */ (frame));
    this.outbox.recognise(message, this.state.me?.id);
    if (id === this.selected && ['bot', 'agent', 'customer'].includes(frame.kind)) this.details.soon(id);
    const card = this.state.cards.get(id);
    const isNews = card && standing(this.state, card) === 'mine' && id !== this.selected;
    if (isNews && frame.kind === 'customer' && unread(this.state, card).at(-1)?.seq === frame.seq)
      this.view.announce(text.newMessage(this.name(id)));
  }

  /** A session has changed hands. @param {Frame} frame @param {State} before */
  #moved(frame, before) {
    const id = frame.session_id;
    const was = standing(before, before.cards.get(id));
    const is = standing(this.state, this.state.cards.get(id));
    this.listing.soon();
    if (id === this.selected || is === 'mine') this.details.soon(id);
    if (is === 'waiting' && was !== 'waiting') this.view.announce(text.newWaiting(this.name(id)));
    if (is === 'mine' && frame.cause === 'transferred' && frame.by && frame.by.id !== this.state.me?.id)
      this.view.toast(text.gaveYou(frame.by.name, this.name(id)), {
        label: text.open,
        run: () => this.open(id),
      });
  }

  /** What is held of a session is not what the server has. @param {Frame} frame */
  #again({ session_id: id, reason }) {
    if (reason !== 'ahead') return this.#erased(id);
    this.#followFrom(id, 0);
  }

  /** @param {string} id */
  #erased(id) {
    this.socket.unfollow(id);
    const known = this.state.cards.get(id);
    const card = { session_id: id, ...known, owner: 'erased', agent: null, epoch: (known?.epoch ?? 0) + 1 };
    this.dispatch({ type: 'desk.card', card });
    this.dispatch({ type: 'desk.dropped', session_id: id });
    this.details.forget(id);
    this.listing.soon();
  }

  /** Tells the server up to where the agent has read. */
  #markRead() {
    const { card, transcript } = this;
    if (!card || !transcript || !this.isAlive || document.hidden || this.standing !== 'mine') return;
    if (!this.view.isAtEnd()) return;
    const seq = newest(transcript);
    const isNew = transcript.messages.some((one) => one.kind === 'customer' && one.seq > card.agent_read_seq);
    const id = card.session_id;
    if (!isNew || seq <= (this.#read.get(id) ?? 0)) return;
    this.#read.set(id, seq);
    this.socket.command('read', { session_id: id, seq }, { keep: false }).then(
      (result) => this.dispatch({ type: 'read', session_id: id, seq: result.seq, by: 'agent' }),
      () => {},
    );
  }

  /** @param {string} action @param {string} id */
  #settled(action, id) {
    this.listing.soon();
    this.view.forget(id);
    if (id === this.selected) this.view.settled(action);
  }

  /** @param {unknown} error */
  #why(error) {
    return (error instanceof ApiError && error.message) || text.unreachable;
  }
}
