/**
 * The transcript of the chat that is looked at: durable messages by seq with their days, then what
 * is on its way, then the bot's words as they are written. It keeps the reader's place.
 *
 * @typedef {import('./desk-app.js').Desk} Desk
 * @typedef {import('./desk-transcript.js').Message} Message
 * @typedef {import('./desk-outbox.js').Outgoing} Outgoing
 * @typedef {{key: string, day?: string, message?: Message, outgoing?: Outgoing, isFirst: boolean,
 *   isLast: boolean, isSeen: boolean, isMine: boolean}} Row of a speaker's messages in a row, the
 *   first carries the name and the last the time
 */
import { Keyed, find, make, say, stamp, within } from './desk-dom.js';
import { activity, dayKey, dayOf, exactly, timeOf } from './desk-format.js';
import { typist } from './desk-state.js';
import { text } from './desk-text.js';

const AT_BOTTOM = 48;
const TOGETHER_MS = 300_000;
const QUIET_MS = 400;
const KINDS = ['customer', 'bot', 'agent', 'note', 'activity'];

/** @param {Message} one @param {Message | undefined} other */
function isTogether(one, other) {
  if (!other || one.kind !== other.kind || one.kind === 'activity') return false;
  if ((one.author ?? '') !== (other.author ?? '')) return false;
  const apart = Math.abs(Date.parse(one.created_at) - Date.parse(other.created_at));
  return apart < TOGETHER_MS && dayKey(one.created_at) === dayKey(other.created_at);
}

export class Log {
  #rows;
  #log = find('log');
  #scroller = find('scroller');
  #sticks = true;
  #top = 0;
  #settling = false;
  #shown = { id: '', sign: '' };
  #on;

  /** @param {{earlier: () => void, takeOver: () => void, read: () => void,
   *   retry: (clientId: string) => void, discard: (clientId: string) => void}} on */
  constructor(on) {
    this.#on = on;
    this.#rows = new Keyed(this.#log, {
      key: (/** @type {Row} */ row) => row.key,
      create: (row) => (row.day ? make('p', 'day', row.day) : stamp('message')),
      update: (node, row) => row.day || this.#update(node, row),
    });
    find('earlier').addEventListener('click', on.earlier);
    within(find('draft'), 'button').addEventListener('click', on.takeOver);
    this.#wireScrolling();
  }

  /** Whether the reader sees the newest message. */
  get isAtEnd() {
    return this.#sticks;
  }

  toEnd() {
    this.#sticks = true;
    this.#settle();
  }

  /** @param {Desk} desk */
  render(desk) {
    const { selected: id, transcript } = desk;
    if (!id) return;
    if (this.#shown.id !== id) this.#turnTo(id);
    const isLoading = !transcript || (!transcript.messages.length && (desk.card?.last_seq ?? 0) > 0);
    const isGone = desk.standing === 'erased';
    this.#log.dataset.loading = isLoading && !isGone ? text.loading : '';
    this.#earlier(Boolean(transcript && !transcript.complete && transcript.messages.length), desk);
    const rows = this.#list(desk);
    const sign = rows.map((row) => row.sign).join('\n');
    if (sign !== this.#shown.sign) this.#draw(rows, sign);
    this.#draft(desk);
    this.tick(desk);
  }

  /** @param {Desk} desk */
  tick(desk) {
    const typing = desk.selected && typist(desk.state, desk.selected, Date.now());
    const words = !typing
      ? ''
      : typing.by === 'customer'
        ? text.customerTyping
        : text.colleagueTyping(typing.name ?? text.agent);
    find('typing').hidden = !typing;
    say(find('typing').lastElementChild, words);
    this.#settle();
  }

  /** Another session: nothing of it is news to be read out. @param {string} id */
  #turnTo(id) {
    this.#shown = { id, sign: '' };
    this.#rows.clear();
    this.#sticks = true;
    this.#top = 0;
    find('latest').hidden = true;
    this.#hush();
  }

  /** A screen reader is to hear what comes, not what was there. */
  #hush() {
    this.#log.setAttribute('aria-live', 'off');
    setTimeout(() => this.#log.setAttribute('aria-live', 'polite'), QUIET_MS);
  }

  /** @param {(Row & {sign: string})[]} rows @param {string} sign */
  #draw(rows, sign) {
    const first = this.#log.firstElementChild;
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#rows.show(rows);
    this.#shown.sign = sign;
    const grewAbove = first && this.#log.firstElementChild !== first && first.isConnected;
    if (grewAbove && !this.#sticks) this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd;
    this.#settle();
  }

  /** @param {Desk} desk @returns {(Row & {sign: string})[]} */
  #list(desk) {
    const messages = desk.transcript?.messages ?? [];
    const seenSeq = desk.card?.customer_read_seq ?? 0;
    const seen = messages.findLast(({ kind, seq }) => kind === 'agent' && seq <= seenSeq);
    const rows = [];
    for (const [at, message] of messages.entries()) {
      const before = messages[at - 1];
      if (!before || dayKey(before.created_at) !== dayKey(message.created_at))
        rows.push(this.#day(message.created_at));
      const isFirst = !isTogether(message, before);
      const isLast = !isTogether(message, messages[at + 1]);
      const isSeen = message === seen;
      const isMine = isOwn(message, desk.state.me);
      const sign = `${message.id} ${isFirst} ${isLast} ${isSeen}`;
      rows.push({ key: message.id, message, isFirst, isLast, isSeen, isMine, sign });
    }
    const sending = desk.selected ? desk.outbox.of(desk.selected) : [];
    for (const outgoing of sending) {
      const sign = `${outgoing.clientId} ${outgoing.failed ?? ''}`;
      const fixed = { isFirst: true, isLast: true, isSeen: false, isMine: true };
      rows.push({ key: outgoing.clientId, outgoing, ...fixed, sign });
    }
    return rows;
  }

  /** @param {string} at */
  #day(at) {
    const day = dayOf(at);
    const key = `day ${dayKey(at)} ${day}`;
    return { key, day, isFirst: true, isLast: true, isSeen: false, isMine: false, sign: key };
  }

  /** @param {HTMLElement} node @param {Row} row */
  #update(node, row) {
    const { message, outgoing, isFirst, isLast, isSeen, isMine } = row;
    const kind = message?.kind ?? (outgoing?.type === 'note' ? 'note' : 'agent');
    const shown = KINDS.includes(kind) ? kind : 'activity';
    const at = message?.created_at ?? new Date(outgoing?.at ?? 0).toISOString();
    const content = message?.content ?? outgoing?.content ?? '';
    node.className = `message ${shown}`;
    node.classList.toggle('first', isFirst);
    node.classList.toggle('last', isLast);
    node.classList.toggle('sending', Boolean(outgoing && !outgoing.failed));
    node.classList.toggle('failed', Boolean(outgoing?.failed));
    say(within(node, '.who'), speaker(shown, message?.author, isMine));
    say(within(node, '.text'), shown === 'activity' ? activity(content, message?.author) : content);
    const time = within(node, 'time');
    say(time, timeOf(at));
    time.setAttribute('datetime', at);
    time.title = exactly(at);
    this.#state(within(node, '.state'), outgoing, isSeen);
  }

  /** @param {HTMLElement} state @param {Outgoing | undefined} outgoing @param {boolean} isSeen */
  #state(state, outgoing, isSeen) {
    if (!outgoing?.failed) return say(state, outgoing ? text.sending : isSeen ? text.seen : '');
    const { clientId, failed } = outgoing;
    const retry = make('button', '', text.retry);
    const discard = make('button', '', text.discard);
    const act = (/** @type {() => void} */ run) => () => {
      find('input').focus();
      run();
    };
    retry.addEventListener(
      'click',
      act(() => this.#on.retry(clientId)),
    );
    discard.addEventListener(
      'click',
      act(() => this.#on.discard(clientId)),
    );
    state.replaceChildren(text.notSent(failed), ' ', retry, ' ', discard);
  }

  /** @param {Desk} desk */
  #draft(desk) {
    const draft = desk.transcript?.draft ?? null;
    const node = find('draft');
    node.hidden = !draft;
    say(within(node, '.text'), draft?.text ?? '');
    const button = within(node, 'button');
    button.hidden = desk.standing !== 'bot';
    button.setAttribute('aria-busy', String(desk.selected && desk.actions.isBusy('claim', desk.selected)));
  }

  /** @param {boolean} isThere @param {Desk} desk */
  #earlier(isThere, desk) {
    const button = find('earlier');
    if (!isThere && document.activeElement === button) this.#scroller.focus();
    button.hidden = !isThere;
    button.classList.toggle('busy', desk.isLoadingEarlier);
    if (desk.isLoadingEarlier) this.#hush();
  }

  #wireScrolling() {
    this.#scroller.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
      const atBottom = scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
      // Only a move upwards is the reader's: text that grows below leaves scrollTop alone.
      if (atBottom || scrollTop < this.#top) this.#sticks = atBottom;
      this.#top = scrollTop;
      find('latest').hidden = this.#sticks;
      if (this.#sticks) this.#on.read();
    });
    find('latest').addEventListener('click', () => {
      this.toEnd();
      find('input').focus();
    });
    new ResizeObserver(() => this.#settle()).observe(this.#scroller);
  }

  /** Follows the end of the conversation if the reader is there. */
  #settle() {
    if (!this.#sticks || this.#settling) return;
    this.#settling = true;
    requestAnimationFrame(() => {
      this.#settling = false;
      if (this.#sticks) this.#scroller.scrollTo(0, this.#scroller.scrollHeight);
    });
  }
}

/** @param {Message} message @param {import('./desk-state.js').Me | null} me */
function isOwn({ agent_id: id, author }, me) {
  return Boolean(me) && (id ? id === me?.id : author === me?.name);
}

/** @param {string} kind @param {string | null | undefined} author @param {boolean} isMine */
function speaker(kind, author, isMine) {
  if (kind === 'customer') return text.customer;
  if (kind === 'bot') return text.bot;
  if (kind === 'activity') return '';
  const who = isMine ? text.you : author || text.agent;
  return kind === 'note' ? `${text.note} · ${who} · ${text.noteSeen}` : who;
}
