/** Small tools for the page's DOM and its drawings. Text goes in through textContent alone. */
import { locale } from './chat-text.js';
import { text } from './savings-text.js';

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id @returns {any} */
export const find = (id) => document.getElementById(id);

/** @param {ParentNode} node @param {string} part @returns {any} */
export const within = (node, part) => node.querySelector(part);

/** @param {string} tag @param {string} className @param {string} [content] @returns {any} */
export function make(tag, className, content = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.textContent = content;
  return node;
}

/**
 * An element of a drawing.
 * @param {string} tag @param {Record<string, string | number>} attributes @param {string} [content]
 * @returns {SVGElement}
 */
export function draw(tag, attributes, content = '') {
  const node = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.textContent = content;
  return node;
}

/** @param {string} id of a template with one element @returns {HTMLElement} */
export const stamp = (id) => find(id).content.firstElementChild.cloneNode(true);

/** An amount that programs can read too. @param {number} value @param {string} shown */
export function figure(value, shown) {
  const node = make('data', value < 0 ? 'minus' : '', shown);
  node.value = String(value);
  return node;
}

/** @param {HTMLElement} node @param {string} value spans between backticks become code */
export function fill(node, value) {
  const parts = value.split('`').map((part, index) => make(index % 2 ? 'code' : 'span', '', part));
  node.replaceChildren(...parts);
}

/** Puts the words of the reader's language into the page, its templates included. */
export function translate() {
  const words = /** @type {Record<string, any>} */ (text);
  document.documentElement.lang = locale;
  document.title = text.title;
  const templates = [...document.querySelectorAll('template')].map(({ content }) => content);
  for (const part of [document, ...templates]) {
    for (const node of part.querySelectorAll('[data-text]'))
      node.textContent = words[/** @type {HTMLElement} */ (node).dataset.text ?? ''];
    for (const node of part.querySelectorAll('[data-label]'))
      node.setAttribute('aria-label', words[/** @type {HTMLElement} */ (node).dataset.label ?? '']);
  }
}
