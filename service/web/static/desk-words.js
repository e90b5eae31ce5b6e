/**
 * The words that are being written, for each session a reply and a note, and what the bot suggests
 * for them. A suggestion goes into an empty reply by itself; next to words that somebody typed it
 * waits to be used or dismissed.
 *
 * @typedef {'send' | 'note'} Mode
 */
import * as store from './desk-store.js';

const KEEP_AFTER_MS = 300;

export class Words {
  #typed = store.words();
  /** @type {Map<string, string>} by session */
  #suggestions = new Map();
  /** @type {Map<string, string>} what was put into a reply by the bot, as it was */
  #inserted = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} session @param {Mode} mode */
  typed(session, mode) {
    return this.#typed.get(`${mode} ${session}`) ?? '';
  }

  /** @param {string} session @param {Mode} mode @param {string} content */
  type(session, mode, content) {
    const key = `${mode} ${session}`;
    if (content) this.#typed.set(key, content);
    else this.#typed.delete(key);
    if (mode === 'send' && !content) this.#inserted.delete(session);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), KEEP_AFTER_MS);
  }

  /** Writes nothing more to storage: it may be another agent's by now. */
  close() {
    clearTimeout(this.#timer);
  }

  /** Keeps what is written for a reload. */
  keep() {
    store.keepWords(this.#typed);
  }

  /** @param {string} session */
  suggestion(session) {
    return this.#suggestions.get(session) ?? null;
  }

  /** Whether the reply is the bot's, not changed by a person. @param {string} session */
  isSuggested(session) {
    return this.#inserted.has(session) && this.#inserted.get(session) === this.typed(session, 'send');
  }

  /** @param {string} session @param {string} content */
  suggest(session, content) {
    if (this.typed(session, 'send').trim()) this.#suggestions.set(session, content);
    else this.#insert(session, content);
  }

  /** @param {string} session */
  dismiss(session) {
    this.#suggestions.delete(session);
  }

  /** Puts the suggestion in the place of what was typed. @param {string} session */
  use(session) {
    const content = this.#suggestions.get(session);
    this.dismiss(session);
    if (content !== undefined) this.#insert(session, content);
  }

  /** @param {string} session @param {string} content */
  #insert(session, content) {
    this.#inserted.set(session, content);
    this.type(session, 'send', content);
  }
}
