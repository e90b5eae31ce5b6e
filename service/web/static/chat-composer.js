/** Where the customer writes: it grows with the text and counts down near the limit. */
import { find, put } from './chat-dom.js';
import { charactersLeft, text } from './chat-text.js';

const COUNT_FROM = 500;

export class Composer {
  /** @param {{send: (content: string) => void, typed: () => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.input = find('input');
    this.input.addEventListener('input', () => this.#edited());
    this.input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#key(event));
    find('composer').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
      this.input.focus();
    });
    this.invite(text.placeholder);
  }

  focus() {
    this.input.focus();
  }

  /** @param {string} line that stands in the empty input */
  invite(line) {
    this.input.placeholder = line;
  }

  /** Gives messages that were never sent back to their writer. @param {string[]} contents */
  refill(contents) {
    this.input.value = [...contents, this.input.value].filter(Boolean).join('\n\n');
    this.measure();
  }

  /** Fits the input to its text. */
  measure() {
    const { input } = this;
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
    const left = input.maxLength - input.value.length;
    put(find('counter'), left <= COUNT_FROM ? charactersLeft(left) : '');
    find('send').disabled = !input.value.trim();
  }

  #edited() {
    this.measure();
    if (this.input.value.trim()) this.actions.typed();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes, Enter picks a word; Safari then reports key code 229.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const content = this.input.value.trim();
    if (!content) return;
    this.input.value = '';
    this.measure();
    this.actions.send(content);
  }
}
