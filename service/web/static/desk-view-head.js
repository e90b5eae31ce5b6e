/**
 * The head of a chat: who it is, whose it is, and what can be done with it.
 *
 * @typedef {import('./desk-app.js').Desk} Desk
 * @typedef {'claim' | 'returnToBot' | 'transfer' | 'release' | 'resolve'} Action
 */
import { find, make, rove, say, within } from './desk-dom.js';
import { initials, span, TINTS, tint } from './desk-format.js';
import { colleagues } from './desk-state.js';
import { text } from './desk-text.js';

/** @type {Record<Action, string[]>} in which standing each can be done */
const POSSIBLE = {
  claim: ['bot', 'waiting'],
  returnToBot: ['mine'],
  transfer: ['mine'],
  release: ['mine'],
  resolve: ['mine'],
};
/** @type {Record<Action, string>} */
const COMMANDS = {
  claim: 'claim',
  returnToBot: 'return_to_bot',
  transfer: 'transfer',
  release: 'release',
  resolve: 'resolve',
};

export class Head {
  #desk;
  #head = find('head');
  #menu = find('colleagues');

  /** @param {() => Desk | null} desk */
  constructor(desk) {
    this.#desk = desk;
    for (const action of /** @type {Action[]} */ (Object.keys(POSSIBLE)))
      this.button(action).addEventListener('click', () => this.act(action));
    rove(this.#menu, '[role=menuitem]', { back: 'ArrowUp', on: 'ArrowDown' });
    this.#menu.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape' || event.key === 'Tab') this.closeMenu();
      if (event.key === 'Escape') this.button('transfer').focus();
    });
    this.button('transfer').addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'ArrowDown' && !event.altKey) this.#openMenu(event);
    });
    document.addEventListener('pointerdown', (event) => {
      const isInside = event.target instanceof Element && event.target.closest('.menu');
      if (!isInside) this.closeMenu();
    });
  }

  /** @param {Action} action @returns {HTMLButtonElement} */
  button(action) {
    return within(this.#head, `[data-action=${action}]`);
  }

  /** @param {Desk} desk */
  render(desk) {
    const id = desk.selected;
    if (!id) return;
    const name = desk.name(id);
    const face = within(this.#head, '.face');
    say(face, initials(name, id));
    for (let index = 0; index < TINTS; index += 1) face.classList.toggle(`tint-${index}`, index === tint(id));
    say(within(this.#head, 'h2'), name);
    this.#actions(desk, id);
    this.tick(desk);
    if (!this.#menu.hidden) this.#list(desk);
  }

  /** @param {Desk} desk */
  tick(desk) {
    const { card, standing } = desk;
    const owner = text.owner[standing];
    const words = typeof owner === 'function' ? owner(card?.agent?.name ?? text.agent) : owner;
    const waited =
      standing === 'waiting' && card?.queued_at ? span(desk.now - Date.parse(card.queued_at)) : '';
    const reason = ['waiting', 'mine'].includes(standing) ? card?.reason : '';
    say(within(this.#head, '.standing'), [words, waited, reason].filter(Boolean).join(' · '));
    this.#head.dataset.standing = standing;
  }

  /** @param {Action} action */
  act(action) {
    const desk = this.#desk();
    const id = desk?.selected;
    if (!desk || !id || !POSSIBLE[action].includes(desk.standing)) return;
    if (action === 'transfer') this.#menu.hidden ? this.#openMenu() : this.closeMenu();
    else void desk.actions[action](id);
  }

  closeMenu() {
    this.#menu.hidden = true;
    this.button('transfer').setAttribute('aria-expanded', 'false');
  }

  /** @param {Event} [event] */
  #openMenu(event) {
    const desk = this.#desk();
    if (!desk) return;
    event?.preventDefault();
    this.#menu.replaceChildren();
    this.#list(desk);
    this.#menu.hidden = false;
    this.button('transfer').setAttribute('aria-expanded', 'true');
    this.#menu.firstElementChild.focus();
  }

  /** @param {Desk} desk @param {string} id */
  #actions(desk, id) {
    const { standing } = desk;
    if (standing !== 'mine') this.closeMenu();
    for (const action of /** @type {Action[]} */ (Object.keys(POSSIBLE))) {
      const button = this.button(action);
      button.hidden = !POSSIBLE[action].includes(standing);
      const isBusy = desk.actions.isBusy(COMMANDS[action], id);
      button.classList.toggle('busy', isBusy);
      button.setAttribute('aria-busy', String(isBusy));
    }
    within(this.#head, '.menu').hidden = standing !== 'mine';
    say(this.button('claim'), standing === 'bot' ? text.takeOver : text.claim);
  }

  /** The live agents who could take the chat. @param {Desk} desk */
  #list(desk) {
    const people = colleagues(desk.state);
    const shown = people.map(({ id }) => id).join();
    if (this.#menu.childElementCount && this.#menu.dataset.shown === shown) return;
    const hadFocus = this.#menu.contains(document.activeElement);
    this.#menu.dataset.shown = shown;
    const items = people.map((person) => {
      const item = make('button', '', person.name);
      item.addEventListener('click', () => this.#give(person));
      return item;
    });
    const rows = items.length ? items : [make('p', '', text.nobodyOnline)];
    rows.forEach((row, index) => {
      row.setAttribute('role', 'menuitem');
      row.tabIndex = index ? -1 : 0;
      if (!items.length) row.setAttribute('aria-disabled', 'true');
    });
    this.#menu.replaceChildren(...rows);
    if (hadFocus) rows[0].focus();
  }

  /** @param {import('./desk-state.js').Person} person */
  #give(person) {
    const desk = this.#desk();
    this.closeMenu();
    this.button('transfer').focus();
    if (desk?.selected) void desk.actions.transfer(desk.selected, person);
  }
}
