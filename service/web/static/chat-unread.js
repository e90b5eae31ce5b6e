/** Counts what came while nobody looked, and says so in the title, the log and on the button. */
import { put } from './chat-dom.js';
import { text, unreadCount } from './chat-text.js';

const PAGE_TITLE = document.title;

export class Unread {
  #count = 0;
  #name = '';

  /** @param {import('./chat-log.js').Log} log @param {HTMLElement} button that leads to the end */
  constructor(log, button) {
    this.log = log;
    this.button = button;
  }

  /** The line above the first unread message. */
  get mark() {
    return this.#count ? this.log.divider : null;
  }

  /** @param {number} seq of a message that nobody has seen yet */
  add(seq) {
    if (this.#count === 0) this.log.divide(seq);
    this.#count += 1;
    this.#draw();
  }

  /** Everything has been seen; the line stays, so that the reader finds where the new begins. */
  seen() {
    this.#count = 0;
    this.#draw();
  }

  /** Everything has been seen and answered. */
  clear() {
    this.log.divide(null);
    this.seen();
  }

  /** @param {string} name whose conversation the title says it is */
  title(name) {
    this.#name = name;
    this.#draw();
  }

  #draw() {
    const title = this.#name ? `${this.#name} · ${PAGE_TITLE}` : PAGE_TITLE;
    document.title = this.#count ? `(${unreadCount(this.#count)}) ${title}` : title;
    put(this.button, this.#count ? text.latestCount(unreadCount(this.#count)) : text.latest);
    this.button.classList.toggle('primary', this.#count > 0);
  }
}
