/**
 * The messages on the page, in the order of their seq. All text goes in through textContent,
 * never as markup.
 *
 * @typedef {import('./api.js').Message} Message
 */
import { put, within } from './chat-dom.js';
import { activityLine, text, when } from './chat-text.js';

const KINDS = ['customer', 'bot', 'agent', 'activity'];

/** @param {Message} message */
const authorOf = ({ author }) => (typeof author === 'string' ? author : author?.name) ?? '';

/** Who speaks, as a label. @param {Message} message */
function speaker(message) {
  if (message.kind === 'agent') return authorOf(message) || text.agent;
  return message.kind === 'bot' ? text.bot : message.kind === 'customer' ? text.you : '';
}

/** A live agent's message right after another of theirs needs no name. @param {Element | null} node */
function join(node) {
  if (!(node instanceof HTMLElement)) return;
  const before = node.previousElementSibling;
  const isSame = node.dataset.by && before instanceof HTMLElement && before.dataset.by === node.dataset.by;
  node.classList.toggle('joined', Boolean(isSame));
}

export class Log {
  /** @type {Map<string, HTMLElement>} by message id, or by key while a message has no id */
  #nodes = new Map();
  /** @type {HTMLElement | null} the line above what is new to the reader */
  #divider = null;

  /**
   * @param {HTMLElement} element @param {HTMLTemplateElement} template of a message
   * @param {{changed: () => void, retrying: () => void}} room
   */
  constructor(element, template, room) {
    this.element = element;
    this.template = template;
    this.room = room;
  }

  get divider() {
    return this.#divider;
  }

  clear() {
    this.element.replaceChildren();
    this.#nodes.clear();
    this.#divider = null;
    this.loading(false);
  }

  /** @param {boolean} busy while the history is on its way: it is not read out */
  loading(busy) {
    const { element } = this;
    element.setAttribute('aria-busy', String(busy));
    element.dataset.loading = busy ? text.loading : '';
    // What has just been drawn is history, too.
    if (busy) element.setAttribute('aria-live', 'off');
    else setTimeout(() => this.#speak());
  }

  #speak() {
    const { element } = this;
    if (element.getAttribute('aria-busy') === 'false') element.setAttribute('aria-live', 'polite');
  }

  /** Draws a message, or what has changed in it, at its place. @param {Message} message */
  show(message) {
    const node = this.#nodes.get(message.id) ?? this.#create(message.id);
    const kind = KINDS.includes(message.kind) ? message.kind : 'activity';
    node.classList.remove(...KINDS);
    node.classList.add(kind);
    node.dataset.by = kind === 'agent' ? authorOf(message) : '';
    const { content } = message;
    put(within(node, '.who'), speaker(message));
    put(within(node, '.text'), kind === 'activity' ? activityLine(content, authorOf(message)) : content);
    put(within(node, 'time'), when(message.created_at));
    within(node, 'time').setAttribute('datetime', message.created_at);
    this.#place(node, message.seq);
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
    const hasFailed = retry !== undefined;
    node.classList.toggle('failed', hasFailed);
    // Of what happens to a message on its way, only a failure is worth reading out.
    state.setAttribute('aria-live', hasFailed ? 'polite' : 'off');
    if (line && state.firstChild?.textContent === line) return;
    state.replaceChildren(line);
    if (retry) state.append(' ', this.#retryButton(retry));
    this.room.changed();
  }

  /**
   * What has become of the customer's messages.
   * @param {Map<string, 'delivered' | 'seen'>} receipts by message id
   */
  receipts(receipts) {
    for (const [id, node] of this.#nodes) {
      const receipt = receipts.get(id);
      put(within(node, '.receipt'), receipt ? text[receipt] : '');
    }
    this.room.changed();
  }

  /** What a reply saved. @param {string} id @param {string} line */
  note(id, line) {
    const node = this.#nodes.get(id);
    if (node) put(within(node, '.note'), line);
    this.room.changed();
  }

  /** Draws the line above the message of that seq, or takes it away. @param {number | null} seq */
  divide(seq) {
    this.#divider?.remove();
    this.#divider = null;
    if (seq === null) return;
    const line = document.createElement('div');
    line.className = 'divider';
    line.setAttribute('role', 'separator');
    line.setAttribute('aria-label', text.newMessages);
    line.textContent = text.newMessages;
    this.#divider = line;
    this.#place(line, seq - 0.5);
  }

  /** @param {string} id */
  #create(id) {
    const part = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const node = /** @type {HTMLElement} */ (part.firstElementChild);
    this.#nodes.set(id, node);
    return node;
  }

  /** @param {HTMLElement} node @param {number} seq */
  #place(node, seq) {
    node.dataset.seq = String(seq);
    let before = /** @type {HTMLElement | null} */ (this.element.lastElementChild);
    while (before && (before === node || Number(before.dataset.seq) > seq))
      before = /** @type {HTMLElement | null} */ (before.previousElementSibling);
    const isPlaced = node.isConnected && node.previousElementSibling === before;
    if (!isPlaced) before ? before.after(node) : this.element.prepend(node);
    join(node);
    join(node.nextElementSibling);
    this.room.changed();
  }

  /** @param {() => void} retry */
  #retryButton(retry) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text.retry;
    button.addEventListener('click', () => {
      this.room.retrying();
      retry();
    });
    return button;
  }
}
