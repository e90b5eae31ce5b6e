/**
 * The right column: what is known of a session, what the bot spent on it, and what Recap saved.
 *
 * @typedef {import('./desk-app.js').Desk} Desk
 */
import { find, make, say, within } from './desk-dom.js';
import { exactly, moment, money, number, percent } from './desk-format.js';
import { text } from './desk-text.js';

const WIDE = matchMedia('(min-width: 72rem)');
const METADATA_SHOWN = 40;

export class Details {
  #panel = find('details');
  #button = find('panel');
  #isOpen = WIDE.matches;
  #hasChat = false;

  constructor() {
    this.#button.addEventListener('click', () => this.toggle());
    within(this.#panel, 'button').addEventListener('click', () => this.toggle(false));
    WIDE.addEventListener('change', () => this.#show(WIDE.matches));
    this.#panel.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape' && !WIDE.matches) this.toggle(false);
    });
  }

  /** @param {boolean} [isOpen] */
  toggle(isOpen = !this.#isOpen) {
    if (!this.#hasChat) return;
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#show(isOpen);
    if (isOpen && !WIDE.matches) within(this.#panel, 'button').focus();
    if (!isOpen && hadFocus) this.#button.focus();
  }

  /** @param {Desk} desk */
  render(desk) {
    this.#hasChat = Boolean(desk.selected);
    this.#show(this.#isOpen);
    const { selected, card, standing, transcript } = desk;
    if (!selected) return;
    const details = standing === 'erased' ? undefined : desk.details.of(selected);
    const owner = text.owner[standing];
    const count = Math.max(
      details?.message_count ?? 0,
      card?.last_seq ?? 0,
      transcript?.messages.at(-1)?.seq ?? 0,
    );
    const { fields } = text;
    this.#facts(within(this.#panel, '.facts'), [
      [fields.owner, typeof owner === 'function' ? owner(card?.agent?.name ?? text.agent) : owner],
      [fields.reason, standing === 'erased' ? '' : (card?.reason ?? '')],
      [fields.waiting, standing === 'waiting' ? moment(card?.queued_at) : '', card?.queued_at],
      [fields.started, moment(details?.created_at), details?.created_at],
      [fields.messages, number(count)],
      [fields.session, selected],
    ]);
    this.#usage(details?.usage);
    this.#metadata(details?.metadata);
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#isOpen = isOpen;
    this.#panel.hidden = !isOpen || !this.#hasChat;
    this.#button.setAttribute('aria-expanded', String(isOpen));
  }

  /** @param {import('./desk-rest.js').Usage | undefined} usage */
  #usage(usage) {
    const section = find('usage');
    section.hidden = !usage?.turns;
    if (!usage?.turns) return;
    const { usageFields: fields } = text;
    const saved = percent(usage.saved_tokens, usage.full_prompt_tokens);
    const whole = (usage.cost ?? 0) + (usage.saved_cost ?? 0);
    within(section, '.gauge').hidden = !saved;
    say(within(section, '.figure'), saved);
    say(within(section, '.words'), fields.saved);
    const money_ = (/** @type {number | null} */ amount) => money(amount, usage.currency);
    const part = usage.saved_cost && usage.saved_cost > 0 ? percent(usage.saved_cost, whole) : '';
    this.#facts(within(section, '.facts'), [
      [fields.turns, number(usage.turns)],
      [fields.sent, number(usage.prompt_tokens)],
      [fields.full, number(usage.full_prompt_tokens)],
      [fields.cost, money_(usage.cost)],
      [fields.savedCost, [money_(usage.saved_cost), part && `(${part})`].filter(Boolean).join(' ')],
    ]);
  }

  /** @param {Record<string, unknown> | undefined} metadata */
  #metadata(metadata) {
    const entries = Object.entries(metadata ?? {}).slice(0, METADATA_SHOWN);
    find('metadata').hidden = entries.length === 0;
    const shown = entries.map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    this.#facts(within(find('metadata'), '.facts'), shown);
  }

  /** @param {HTMLElement} list @param {(string | null | undefined)[][]} rows term, value and perhaps its exact time */
  #facts(list, rows) {
    const filled = rows.filter(([, value]) => value);
    const shown = JSON.stringify(filled);
    if (list.dataset.shown === shown) return;
    list.dataset.shown = shown;
    list.replaceChildren(
      ...filled.flatMap(([term, value, stamp]) => {
        const node = make('dd', '', value ?? '');
        node.dir = 'auto';
        if (stamp) node.title = exactly(stamp);
        return [make('dt', '', term ?? ''), node];
      }),
    );
  }
}
