/** Small tools for the desk's DOM. All text goes in through textContent, never as markup. */
import { locale } from './chat-text.js';
import { text } from './desk-text.js';

/** @param {string} id @returns {any} */
export const find = (id) => document.getElementById(id);

/** @param {ParentNode} node @param {string} part @returns {any} */
export const within = (node, part) => node.querySelector(part);

/** @param {string} tag @param {string} className @param {string} [content] */
export function make(tag, className, content = '') {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = content;
  return node;
}

/** Sets a text only where it differs, so that nothing is read out or laid out again. @param {Node} node @param {string} content */
export function say(node, content) {
  if (node.textContent !== content) node.textContent = content;
}

/** @param {string} id of a template with one element @returns {HTMLElement} */
export const stamp = (id) => find(id).content.firstElementChild.cloneNode(true);

/** @param {HTMLElement} node @param {string} value spans between backticks become code */
export function fill(node, value) {
  const parts = value.split('`').map((part, index) => make(index % 2 ? 'code' : 'span', '', part));
  node.replaceChildren(...parts);
}

/** Puts the words of the reader's language into the page. */
export function translate() {
  const words = /** @type {Record<string, any>} */ (text);
  document.documentElement.lang = locale;
  document.title = text.desk;
  for (const node of document.querySelectorAll('[data-text]'))
    node.textContent = words[/** @type {HTMLElement} */ (node).dataset.text ?? ''];
  for (const node of document.querySelectorAll('[data-label]')) {
    const label = words[/** @type {HTMLElement} */ (node).dataset.label ?? ''];
    node.setAttribute('aria-label', label);
    if (node.matches('button')) /** @type {HTMLElement} */ (node).title = label;
  }
  for (const icon of document.querySelectorAll('button svg')) icon.setAttribute('aria-hidden', 'true');
}

/**
 * A container's children as a function of items: nodes are kept by key, and moved only if out of
 * place, so that focus and selections stay.
 * @template T
 */
export class Keyed {
  /** @type {Map<string, {node: HTMLElement, item: T}>} */
  #held = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {{key: (item: T) => string, create: (item: T) => HTMLElement,
   *   update: (node: HTMLElement, item: T) => void}} how
   */
  constructor(parent, how) {
    this.parent = parent;
    this.how = how;
  }

  /** @param {string} key */
  node(key) {
    return this.#held.get(key)?.node;
  }

  /** @param {T[]} items */
  show(items) {
    const keys = new Set(items.map(this.how.key));
    for (const [key, { node }] of this.#held) if (!keys.has(key)) this.#remove(key, node);
    let place = this.parent.firstElementChild;
    for (const item of items) {
      const node = this.#draw(item);
      if (node === place) place = node.nextElementSibling;
      else this.parent.insertBefore(node, place);
    }
  }

  clear() {
    this.#held.clear();
    this.parent.replaceChildren();
  }

  /** @param {T} item */
  #draw(item) {
    const key = this.how.key(item);
    const node = this.#held.get(key)?.node ?? this.how.create(item);
    this.#held.set(key, { node, item });
    this.how.update(node, item);
    return node;
  }

  /** @param {string} key @param {HTMLElement} node */
  #remove(key, node) {
    this.#held.delete(key);
    node.remove();
  }
}

/**
 * Arrow keys in a row or column of elements, of which one is in the order of Tab.
 * @param {HTMLElement} container @param {string} selector @param {{back: string, on: string}} arrows
 */
export function rove(container, selector, { back, on }) {
  container.addEventListener('keydown', (event) => {
    const all = /** @type {HTMLElement[]} */ ([...container.querySelectorAll(selector)]);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const steps = /** @type {Record<string, number>} */ ({
      [back]: at - 1,
      [on]: at + 1,
      Home: 0,
      End: all.length - 1,
    });
    const to = all[Math.min(steps[event.key], all.length - 1)];
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey || !to) return;
    event.preventDefault();
    all.forEach((node) => (node.tabIndex = node === to ? 0 : -1));
    to.focus();
  });
}
