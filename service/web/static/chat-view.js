/**
 * The chat page's DOM: draws messages in the order of their seq and keeps the reader's place.
 * All text goes in through textContent, never as markup.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {'welcome' | 'noKey' | 'badKey' | 'gone'} Card
 */
import { charactersLeft, locale, text, when } from './chat-text.js';

const COUNT_FROM = 500;
const AT_BOTTOM = 48;
const KINDS = ['customer', 'bot', 'agent', 'activity'];

/** @param {string} id @returns {any} */
const find = (id) => document.getElementById(id);

/** @param {Element} node @param {string} part @returns {HTMLElement} */
const within = (node, part) => /** @type {HTMLElement} */ (node.querySelector(part));

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
  find('input').placeholder = text.placeholder;
}

/** Who speaks, as a label. @param {Message} message */
function speaker({ kind, author }) {
  const name = typeof author === 'string' ? author : author?.name;
  if (kind === 'agent') return name || text.agent;
  return kind === 'bot' ? text.bot : kind === 'customer' ? text.you : '';
}

export class View {
  /** @type {Map<string, HTMLElement>} by message id, or by key while a message has no id */
  #nodes = new Map();
  #sticks = true;
  #settling = false;
  #top = 0;

  /** @param {{send: (content: string) => void, renew: () => void}} actions */
  constructor(actions) {
    this.log = find('log');
    this.scroller = find('scroller');
    this.input = find('input');
    translate();
    this.#wireComposer(actions);
    this.#wireScrolling();
    find('renew').addEventListener('click', actions.renew);
    within(find('card'), 'button').addEventListener('click', actions.renew);
  }

  /** Empties the page for another conversation. */
  clear() {
    this.log.replaceChildren();
    this.#nodes.clear();
    this.#sticks = true;
    find('latest').hidden = true;
    this.draft(null);
    this.banner(false);
    this.total('');
    this.loading(false);
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
    this.#measure();
  }

  /** Gives messages that were never sent back to their writer. @param {string[]} contents */
  refill(contents) {
    this.input.value = [...contents, this.input.value].filter(Boolean).join('\n\n');
    this.#measure();
  }

  /** @param {boolean} busy while the history is on its way */
  loading(busy) {
    this.log.setAttribute('aria-busy', String(busy));
    this.log.dataset.loading = busy ? text.loading : '';
  }

  focus() {
    if (matchMedia('(hover: hover)').matches) this.input.focus();
  }

  /** Draws a message, or what has changed in it, at its place. @param {Message} message */
  show(message) {
    const known = this.#nodes.get(message.id);
    const node = known ?? this.#create(message.id);
    const kind = KINDS.includes(message.kind) ? message.kind : 'activity';
    node.classList.remove(...KINDS);
    node.classList.add(kind);
    within(node, '.who').textContent = speaker(message);
    within(node, '.text').textContent = message.content;
    within(node, 'time').textContent = when(message.created_at);
    within(node, 'time').setAttribute('datetime', message.created_at);
    this.#place(node, message.seq);
  }

  /** Draws a message that has no seq yet, below all others. @param {string} key @param {string} content */
  showUnsent(key, content) {
    this.show({ id: key, seq: Infinity, kind: 'customer', content, created_at: new Date().toISOString() });
    this.#sticks = true;
    this.#settle();
  }

  /** The message shown under `key` has become durable under `id`. @param {string} key @param {string} id */
  rename(key, id) {
    const node = this.#nodes.get(key);
    this.#nodes.delete(key);
    if (!node) return;
    if (this.#nodes.has(id)) node.remove();
    else this.#nodes.set(id, node);
  }

  /**
   * The state line of a customer's message.
   * @param {string} id @param {string} line @param {(() => void) | null} [retry] given: it failed
   */
  state(id, line, retry) {
    const node = this.#nodes.get(id);
    if (!node) return;
    const state = within(node, '.state');
    state.replaceChildren(line);
    node.classList.toggle('failed', retry !== undefined);
    if (retry) state.append(' ', this.#retryButton(retry));
    this.#settle();
  }

  /** What a reply saved. @param {string} id @param {string} line */
  note(id, line) {
    const node = this.#nodes.get(id);
    if (node) within(node, '.note').textContent = line;
    this.#settle();
  }

  /** The reply being written: dots while it is empty, nothing when null. @param {string | null} content */
  draft(content) {
    const draft = find('draft');
    draft.hidden = content === null;
    within(draft, '.text').textContent = content ?? '';
    within(draft, '.dots').hidden = Boolean(content);
    this.#settle();
  }

  /** @param {boolean} lost */
  banner(lost) {
    const banner = find('banner');
    banner.hidden = !lost;
    banner.textContent = lost ? text.lost : '';
  }

  /** @param {string} line */
  total(line) {
    find('total').textContent = line;
  }

  /** @param {string} id */
  #create(id) {
    const part = /** @type {DocumentFragment} */ (find('message').content.cloneNode(true));
    const node = /** @type {HTMLElement} */ (part.firstElementChild);
    this.#nodes.set(id, node);
    return node;
  }

  /** @param {HTMLElement} node @param {number} seq */
  #place(node, seq) {
    node.dataset.seq = String(seq);
    let before = this.log.lastElementChild;
    while (before && (before === node || Number(before.dataset.seq) > seq))
      before = before.previousElementSibling;
    const placed = node.isConnected && node.previousElementSibling === before;
    if (!placed) before ? before.after(node) : this.log.prepend(node);
    this.#settle();
  }

  /** @param {() => void} retry */
  #retryButton(retry) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text.retry;
    button.addEventListener('click', () => {
      this.input.focus();
      retry();
    });
    return button;
  }

  /** @param {{send: (content: string) => void}} actions */
  #wireComposer({ send }) {
    const submit = () => {
      const content = this.input.value.trim();
      if (!content) return;
      this.input.value = '';
      this.#measure();
      send(content);
    };
    this.input.addEventListener('input', () => this.#measure());
    this.input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      // While an input method composes, Enter picks a word; Safari then reports key code 229.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      submit();
    });
    find('composer').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      submit();
      this.input.focus();
    });
  }

  /** Fits the input to its text, and counts down near the limit. */
  #measure() {
    const { input } = this;
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
    const left = input.maxLength - input.value.length;
    find('counter').textContent = left <= COUNT_FROM ? charactersLeft(left) : '';
    find('send').disabled = !input.value.trim();
  }

  #wireScrolling() {
    this.scroller.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.scroller;
      const atBottom = scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
      // Only a move upwards is the reader's: text that grows below leaves scrollTop alone.
      if (atBottom || scrollTop < this.#top) this.#sticks = atBottom;
      this.#top = scrollTop;
      find('latest').hidden = this.#sticks;
    });
    find('latest').addEventListener('click', () => {
      this.#sticks = true;
      this.#settle();
      this.input.focus();
    });
    new ResizeObserver(() => this.#settle()).observe(this.scroller);
  }

  /** Follows the end of the conversation if the reader is there. */
  #settle() {
    if (!this.#sticks || this.#settling) return;
    this.#settling = true;
    requestAnimationFrame(() => {
      this.#settling = false;
      if (this.#sticks) this.scroller.scrollTo(0, this.scroller.scrollHeight);
    });
  }
}
