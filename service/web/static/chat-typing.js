/**
 * Who is typing: the customer, told to the live agent now and then, and the live agent, shown for
 * a few seconds after each sign of it.
 */

const TELL_EVERY_MS = 3000;
const SHOW_MS = 6000;

export class Typing {
  #toldAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{tell: () => void, show: (name: string | null) => void}} room null: nobody types */
  constructor(room) {
    this.room = room;
  }

  /** The customer has touched a key. */
  typed() {
    if (performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = performance.now();
    this.room.tell();
  }

  /** @param {string} name of the live agent who is typing */
  heard(name) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(), SHOW_MS);
    this.room.show(name);
  }

  stop() {
    clearTimeout(this.#timer);
    this.room.show(null);
  }
}
