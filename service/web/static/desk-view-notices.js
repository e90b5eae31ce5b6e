/**
 * What the desk tells beside the chats: the banner of a lost line, toasts, the words for screen
 * readers, the title's count, and the card when there is no desk to show.
 *
 * @typedef {{label?: string, run?: () => void, isError?: boolean, about?: string}} ToastOptions
 *   `about`: the session that an offer (`label`, `run`) holds for, until something else is done to it
 * @typedef {'noToken' | 'badToken' | 'revoked'} CardName
 */
import { fill, find, make, say, stamp, within } from './desk-dom.js';
import { mine, unread } from './desk-state.js';
import { text } from './desk-text.js';

const TOAST_MS = 8000;
const TOASTS = 5;
/** A line that is back this soon was never missed. */
const PATIENCE_MS = 700;
const ICON = '/static/icon.svg';
const BADGED =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0f766e" d="M9 3h14a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-7l-6.3 4.7A1 1 0 0 1 8 28v-4.1A6 6 0 0 1 3 18V9a6 6 0 0 1 6-6Z"/><circle cx="24" cy="8" r="8" fill="#fff"/><circle cx="24" cy="8" r="6" fill="#d92d20"/></svg>',
  );

export class Notices {
  #lostAt = 0;
  #wasAlive = false;

  /** @param {{token: (token: string) => boolean}} on `token` returns whether it can be one */
  constructor(on) {
    const form = within(find('card'), 'form');
    form.addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      if (on.token(find('token').value)) find('token').value = '';
      else find('token').select();
    });
  }

  /** @param {import('./desk-app.js').Desk} desk */
  render(desk) {
    this.#banner(desk);
    this.#title(desk);
  }

  /** @param {string} words @param {ToastOptions} [options] an error stays until it is closed */
  toast(words, { label, run, isError = false, about = '' } = {}) {
    const toasts = find('toasts');
    const same = [...toasts.children].find((other) => within(other, 'p').textContent === words);
    same?.remove();
    const node = stamp('toast');
    node.classList.toggle('error', isError);
    node.dataset.about = about;
    const close = () => this.#close(node);
    const [act, shut] = node.querySelectorAll('button');
    shut.setAttribute('aria-label', text.close);
    shut.addEventListener('click', close);
    if (label && run) {
      act.hidden = false;
      act.textContent = label;
      act.addEventListener('click', () => [close(), run()]);
    }
    toasts.append(node);
    // A live region speaks of what changes in it, not of what it came with.
    within(node, 'p').setAttribute('role', isError ? 'alert' : 'status');
    requestAnimationFrame(() => (within(node, 'p').textContent = words));
    if (!isError) this.#fade(node, close);
    const infos = [...toasts.children].filter((other) => !other.classList.contains('error'));
    if (toasts.children.length > TOASTS) infos[0]?.remove();
  }

  /** @param {string} about a session whose offers have lapsed */
  forget(about) {
    for (const node of [...find('toasts').children]) if (node.dataset.about === about) this.#close(node);
  }

  /** @param {string} words to be read out, not shown */
  announce(words) {
    const line = make('span', '', words);
    find('announcer').append(line);
    setTimeout(() => line.remove(), TOAST_MS);
  }

  clear() {
    find('toasts').replaceChildren();
    find('banner').hidden = true;
    document.title = text.desk;
    this.#lostAt = 0;
    this.#wasAlive = false;
  }

  /** @param {CardName | null} name */
  card(name) {
    find('card').hidden = !name;
    if (!name) return;
    const [title, ...lines] = text[name];
    within(find('card'), 'h2').textContent = title;
    within(find('card'), '.lines').replaceChildren(
      ...lines.map((line) => {
        const paragraph = make('p', '');
        fill(paragraph, line);
        return paragraph;
      }),
    );
    find('token').focus();
  }

  /** Whether somebody is at the toasts, by pointer or by key. @param {HTMLElement} node @param {() => void} close */
  #fade(node, close) {
    const later = () =>
      setTimeout(() => (node.matches(':hover, :focus-within') ? later() : close()), TOAST_MS);
    later();
  }

  /** @param {HTMLElement} node */
  #close(node) {
    const hadFocus = node.contains(document.activeElement);
    const next = /** @type {HTMLElement | null} */ (node.nextElementSibling ?? node.previousElementSibling);
    node.remove();
    if (hadFocus) (next?.querySelector('button:not([hidden])') ?? find('scroller')).focus();
  }

  /** @param {import('./desk-app.js').Desk} desk */
  #banner(desk) {
    if (desk.isAlive) this.#lostAt = 0;
    else if (!this.#lostAt) {
      this.#lostAt = Date.now();
      setTimeout(() => desk.draw(), PATIENCE_MS);
    }
    this.#wasAlive ||= desk.isAlive;
    const isShown = !desk.isAlive && Date.now() - this.#lostAt >= PATIENCE_MS - 50;
    const words = desk.isDraining ? text.restarting : this.#wasAlive ? text.lost : text.connecting;
    find('banner').hidden = !isShown;
    say(find('banner'), isShown ? words : '');
  }

  /** @param {import('./desk-app.js').Desk} desk */
  #title({ state }) {
    const count = mine(state).reduce((sum, card) => sum + unread(state, card).length, 0);
    const isBadged = document.hidden && count > 0;
    const title = isBadged ? `(${count}) ${text.desk}` : text.desk;
    if (document.title !== title) document.title = title;
    const icon = isBadged ? BADGED : ICON;
    if (find('favicon').getAttribute('href') !== icon) find('favicon').setAttribute('href', icon);
  }
}
