/** The reader's place in the conversation: it follows the end while the reader is there. */

const AT_BOTTOM = 48;
const ABOVE_MARK = 12;

export class Scroll {
  #sticks = true;
  #settling = false;
  #top = 0;

  /**
   * @param {HTMLElement} element
   * @param {{mark: () => HTMLElement | null, moved: () => void}} room
   *   `mark`: what must not be scrolled past, since the reader has not been there
   */
  constructor(element, room) {
    this.element = element;
    this.room = room;
    element.addEventListener('scroll', () => this.#scrolled());
    new ResizeObserver(() => this.settle()).observe(element);
  }

  /** Whether the reader is at the end. */
  get sticks() {
    return this.#sticks;
  }

  /** Whether the page is about to be scrolled: `moved` will be called. */
  get isSettling() {
    return this.#settling;
  }

  /** To the end, whatever is there. */
  toEnd() {
    this.#sticks = true;
    this.settle();
  }

  /** Follows the end of the conversation if the reader is there. */
  settle() {
    if (!this.#sticks || this.#settling) return;
    this.#settling = true;
    requestAnimationFrame(() => {
      this.#settling = false;
      if (this.#sticks) this.#follow();
    });
  }

  #follow() {
    const { element } = this;
    const end = element.scrollHeight - element.clientHeight;
    const mark = this.room.mark();
    const limit = mark ? this.#topOf(mark) - ABOVE_MARK : end;
    this.#sticks = limit >= end - AT_BOTTOM;
    element.scrollTo(0, Math.min(limit, end));
    this.room.moved();
  }

  /** @param {HTMLElement} node */
  #topOf(node) {
    const { element } = this;
    return node.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const atBottom = scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
    // Only a move upwards is the reader's: text that grows below leaves scrollTop alone.
    if (atBottom || scrollTop < this.#top) this.#sticks = atBottom;
    this.#top = scrollTop;
    this.room.moved();
  }
}
