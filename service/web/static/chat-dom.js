/** Small ways to reach into the page. */

/** @param {string} id @returns {any} */
export const find = (id) => document.getElementById(id);

/** @param {Element} node @param {string} part @returns {HTMLElement} */
export const within = (node, part) => /** @type {HTMLElement} */ (node.querySelector(part));

/**
 * Sets a node's text where it differs: a live region reads out what is written to it, changed or not.
 * @param {Node} node @param {string} value
 */
export function put(node, value) {
  if (node.textContent !== value) node.textContent = value;
}
