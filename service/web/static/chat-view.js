/**
 * The chat page's DOM, put together from its parts.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {'welcome' | 'noKey' | 'badKey' | 'gone'} Card
 * @typedef {{send: (content: string) => void, typed: () => void, ask: () => void, withdraw: () => void,
 *   watched: () => void, renew: () => void}} Actions
 *   `watched`: the reader has the end of the conversation before their eyes
 */
import { Composer } from './chat-composer.js';
import { find, put, within } from './chat-dom.js';
import { Log } from './chat-log.js';
import { Panel } from './chat-panel.js';
import { Scroll } from './chat-scroll.js';
import { locale, text } from './chat-text.js';
import { Unread } from './chat-unread.js';

/** @param {HTMLElement} node @param {string} value spans between backticks become code */
function fill(node, value) {
  const parts = value.split('`').map((part, index) => {
    const piece = document.createElement(index % 2 ? 'code' : 'span');
    piece.textContent = part;
    return piece;
  });
  node.replaceChildren(...parts);
}

/** Puts the words of the reader's language into the page. */
function translate() {
  const words = /** @type {Record<string, any>} */ (text);
  document.documentElement.lang = locale;
  for (const node of document.querySelectorAll('[data-text]'))
    node.textContent = words[/** @type {HTMLElement} */ (node).dataset.text ?? ''];
  for (const node of document.querySelectorAll('[data-label]'))
    node.setAttribute('aria-label', words[/** @type {HTMLElement} */ (node).dataset.label ?? '']);
}

export class View {
  /** @param {Actions} actions */
  constructor(actions) {
    translate();
    this.actions = actions;
    this.scroll = new Scroll(find('scroller'), { mark: () => this.unread.mark, moved: () => this.look() });
    this.log = new Log(find('log'), find('message'), {
      changed: () => this.scroll.settle(),
      retrying: () => this.composer.focus(),
    });
    this.unread = new Unread(this.log, find('latest'));
    this.composer = new Composer(actions);
    this.panel = new Panel(actions, () => this.#catchFocus());
    this.#wire(actions);
  }

  /** Empties the page for another conversation. */
  clear() {
    this.log.clear();
    this.unread.clear();
    this.scroll.toEnd();
    this.draft(null);
    this.typing(null);
    this.lost(false);
    this.total('');
  }

  /** @param {Card | null} name the card above the log, null for none */
  card(name) {
    const card = find('card');
    card.hidden = !name;
    card.className = name ?? '';
    const writable = name === null || name === 'welcome';
    find('composer').hidden = !writable;
    find('renew').disabled = name !== null;
    within(card, 'button').hidden = name !== 'gone';
    const [title, ...lines] = name ? text[name] : [''];
    within(card, 'h2').textContent = title;
    within(card, '.lines').replaceChildren(
      ...lines.map((line) => {
        const paragraph = document.createElement('p');
        fill(paragraph, line);
        return paragraph;
      }),
    );
    this.composer.measure();
  }

  /** To the input, unless that brought up a phone's keyboard over the page. */
  focus() {
    if (matchMedia('(hover: hover)').matches) this.composer.focus();
  }

  /** Draws a message. @param {Message} message @param {boolean} isNew to the reader */
  show(message, isNew) {
    this.log.show(message);
    if (isNew && !this.#isWatched) this.unread.add(message.seq);
  }

  /** Draws a message that has no seq yet, below all others. @param {string} key @param {string} content */
  showUnsent(key, content) {
    const created_at = new Date().toISOString();
    this.log.show({ id: key, seq: Infinity, kind: 'customer', content, created_at });
    this.unread.clear();
    this.scroll.toEnd();
  }

  /** The reply being written: dots while it is empty, nothing when null. @param {string | null} content */
  draft(content) {
    const draft = find('draft');
    draft.hidden = content === null;
    put(within(draft, '.text'), content ?? '');
    within(draft, '.dots').hidden = Boolean(content);
    this.scroll.settle();
  }

  /** The live agent who is typing. @param {string | null} name null: nobody is */
  typing(name) {
    find('typing').hidden = name === null;
    put(within(find('typing'), '.typist'), name === null ? '' : text.typing(name || text.agent));
    this.scroll.settle();
  }

  /** Who answers. @param {import('./chat-handover.js').Shown} shown */
  owner(shown) {
    this.panel.draw(shown);
    this.unread.title(shown.mode === 'human' ? shown.name : '');
    this.composer.invite(shown.mode === 'waiting' && shown.nobody ? text.leaveMessage : text.placeholder);
    this.scroll.settle();
  }

  /** @param {boolean} isLost whether the server is out of reach */
  lost(isLost) {
    const banner = find('banner');
    banner.hidden = !isLost;
    put(banner, isLost ? text.lost : '');
  }

  /** @param {string} line */
  total(line) {
    put(find('total'), line);
  }

  /** Takes note of what the reader sees now. */
  look() {
    if (this.scroll.isSettling) return;
    find('latest').hidden = this.scroll.sticks;
    if (!this.#isWatched) return;
    this.unread.seen();
    this.actions.watched();
  }

  /** The focus needs a place when a button that had it goes. */
  #catchFocus() {
    find('scroller').focus({ preventScroll: true });
    this.focus();
  }

  /** Whether the reader has the end of the conversation before their eyes. */
  get #isWatched() {
    return document.visibilityState === 'visible' && this.scroll.sticks;
  }

  /** @param {Actions} actions */
  #wire({ renew }) {
    find('renew').addEventListener('click', renew);
    within(find('card'), 'button').addEventListener('click', renew);
    find('latest').addEventListener('click', () => {
      this.unread.seen();
      this.scroll.toEnd();
      this.composer.focus();
    });
    // The page is drawn first: what came meanwhile may reach beyond what can be seen.
    document.addEventListener('visibilitychange', () => this.scroll.settle());
  }
}
