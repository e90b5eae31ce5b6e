/**
 * The left column: the agent's own chats, the queue, and whom the bot serves. Three list boxes; in
 * each, arrow keys move and Enter opens.
 *
 * @typedef {{id: string, place?: number, name: string, clock: string, since?: string, preview: string,
 *   isTyping?: boolean, unread?: number}} Row `since` when a ticking clock began
 * @typedef {import('./desk-app.js').Desk} Desk
 */
import { Keyed, find, rove, say, stamp, within } from './desk-dom.js';
import { activity, initials, moment, oneLine, span, tint } from './desk-format.js';
import { mine, queue, typist, unanswered, unread } from './desk-state.js';
import { text } from './desk-text.js';

const URGENT_MS = 120_000;
const COUNTED = 99;

/** @param {string} kind @param {string} content @param {string | null} [author] */
function previewOf(kind, content, author) {
  if (kind === 'activity') return activity(content, author);
  const who = { bot: text.bot, note: text.note, agent: author || text.agent }[kind];
  return who ? `${who}: ${oneLine(content)}` : oneLine(content);
}

export class Lists {
  /** @type {Record<string, {section: HTMLElement, list: HTMLElement, rows: Keyed<Row>}>} */
  #lists = {};
  #open;

  /** @param {(id: string) => void} open */
  constructor(open) {
    this.#open = open;
    for (const name of ['mine', 'queue', 'bot']) {
      const section = /** @type {HTMLElement} */ (within(find('lists'), `[data-list=${name}]`));
      const list = within(section, 'ul');
      const rows = new Keyed(list, {
        key: (/** @type {Row} */ row) => row.id,
        create: (row) => this.#create(row),
        update: (node, row) => this.#update(node, row),
      });
      this.#lists[name] = { section, list, rows };
      rove(list, '[role=option]', { back: 'ArrowUp', on: 'ArrowDown' });
    }
  }

  /** @param {Desk} desk */
  render(desk) {
    const focused = /** @type {HTMLElement | null} */ (
      document.activeElement?.closest('#lists [role=option]')
    );
    const place = focused ? [...(focused.parentElement?.children ?? [])].indexOf(focused) : -1;
    const from = focused?.closest('section')?.dataset.list ?? '';
    this.#show('mine', this.#mine(desk), desk);
    this.#show('queue', this.#queue(desk), desk);
    this.#show('bot', this.#bot(desk), desk);
    if (focused && document.activeElement !== focused) this.#refocus(focused.dataset.id ?? '', from, place);
    find('next').hidden = queue(desk.state).length === 0;
    this.tick(desk);
  }

  /** Moves the clocks on. @param {Desk} desk */
  tick(desk) {
    for (const node of find('lists').querySelectorAll('[data-since]')) {
      const waited = desk.now - Date.parse(node.dataset.since);
      say(within(node, '.clock'), span(waited));
      node.classList.toggle('late', waited > URGENT_MS);
    }
    for (const node of find('lists').querySelectorAll('.typing'))
      if (!typist(desk.state, node.dataset.id, Date.now())) desk.draw();
  }

  /** Puts the focus on a session's row, or on the first there is. @param {string | null} id */
  focus(id) {
    const all = /** @type {HTMLElement[]} */ ([...find('lists').querySelectorAll('[role=option]')]);
    const node = all.find((option) => option.dataset.id === id) ?? all[0];
    node?.focus();
    return Boolean(node);
  }

  /** @param {string} name @param {Row[]} rows @param {Desk} desk */
  #show(name, rows, desk) {
    const { section, list, rows: keyed } = this.#lists[name];
    keyed.show(rows);
    say(within(section, '.count'), rows.length ? String(rows.length) : '');
    within(section, '.empty').hidden = rows.length > 0;
    list.hidden = rows.length === 0;
    const options = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const option of options)
      option.setAttribute('aria-selected', String(option.dataset.id === desk.selected));
    const reachable =
      options.find((option) => option === document.activeElement) ??
      options.find((option) => option.dataset.id === desk.selected) ??
      options.find((option) => option.tabIndex === 0) ??
      options[0];
    for (const option of options) option.tabIndex = option === reachable ? 0 : -1;
  }

  /** The row with the focus is gone: to where its session went, or to its neighbour. @param {string} id @param {string} from @param {number} place */
  #refocus(id, from, place) {
    const same = Object.values(this.#lists).find(({ rows }) => rows.node(id)?.isConnected);
    const siblings = [...(this.#lists[from]?.list.children ?? [])];
    const next = same?.rows.node(id) ?? siblings[Math.min(place, siblings.length - 1)];
    if (next) /** @type {HTMLElement} */ (next).focus();
    else this.focus(null);
  }

  /** @param {Desk} desk @returns {Row[]} */
  #mine(desk) {
    const { state } = desk;
    return mine(state).map((card) => {
      const id = card.session_id;
      const messages = state.transcripts.get(id)?.messages ?? [];
      const last = messages.at(-1);
      const [open] = unanswered(messages);
      const isTyping = typist(state, id, Date.now())?.by === 'customer';
      const said = last && previewOf(last.kind, last.content, last.author);
      return {
        id,
        name: desk.name(id),
        clock: last ? moment(last.created_at) : '',
        since: open?.created_at,
        preview: isTyping ? text.isTyping : (said ?? card.reason ?? ''),
        isTyping,
        unread: unread(state, card).length,
      };
    });
  }

  /** @param {Desk} desk @returns {Row[]} */
  #queue(desk) {
    const { state } = desk;
    return queue(state).map((card, index) => {
      const id = card.session_id;
      const last = state.transcripts.get(id)?.messages.at(-1) ?? desk.listing.waiting.get(id)?.last_message;
      const said = last && last.kind !== 'activity' ? previewOf(last.kind, last.content) : '';
      return {
        id,
        place: index + 1,
        name: desk.name(id),
        clock: '',
        since: card.queued_at ?? undefined,
        preview: [card.reason, said].filter(Boolean).join(' · '),
      };
    });
  }

  /** @param {Desk} desk @returns {Row[]} */
  #bot(desk) {
    return desk.listed().map(({ session_id: id, updated_at: at, last_message: listed }) => {
      const heard = desk.state.transcripts.get(id)?.messages.at(-1);
      const last = heard ?? listed;
      return {
        id,
        name: desk.name(id),
        clock: moment(heard?.created_at ?? at),
        preview: last ? previewOf(last.kind, last.content, heard?.author) : '',
      };
    });
  }

  /** @param {Row} row */
  #create({ id }) {
    const node = stamp('option');
    node.dataset.id = id;
    within(node, '.face').classList.add(`tint-${tint(id)}`);
    node.addEventListener('click', () => this.#open(id));
    node.addEventListener('keydown', (event) => {
      if (event.altKey || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      this.#open(id);
    });
    return node;
  }

  /** @param {HTMLElement} node @param {Row} row */
  #update(node, { id, place, name, clock, since, preview, isTyping = false, unread: count = 0 }) {
    say(within(node, '.face'), place ? String(place) : initials(name, id));
    within(node, '.face').classList.toggle('place', Boolean(place));
    say(within(node, '.name'), name);
    say(within(node, '.preview'), preview);
    node.classList.toggle('typing', isTyping);
    if (since) node.dataset.since = since;
    else {
      delete node.dataset.since;
      node.classList.remove('late');
      say(within(node, '.clock'), clock);
    }
    const badge = within(node, '.badge');
    badge.hidden = count === 0;
    say(badge.firstElementChild, count > COUNTED ? `${COUNTED}+` : String(count));
    say(badge.lastElementChild, count ? text.unread(count) : '');
  }
}
