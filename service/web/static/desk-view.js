/**
 * The desk's page: its parts, and where the focus goes.
 *
 * @typedef {import('./desk-app.js').Desk} Desk
 */
import { find, say, translate, within } from './desk-dom.js';
import { explain, label, listen } from './desk-keys.js';
import { mine, unread } from './desk-state.js';
import { text } from './desk-text.js';
import { Composer } from './desk-view-composer.js';
import { Details } from './desk-view-details.js';
import { Head } from './desk-view-head.js';
import { Lists } from './desk-view-lists.js';
import { Log } from './desk-view-log.js';
import { Notices } from './desk-view-notices.js';

const HAS_POINTER = matchMedia('(hover: hover)');

export class View {
  #desk;
  #lists;
  #head;
  #log;
  #composer;
  #details;
  #notices;
  /** @type {Element | null} */
  #focused = null;

  /** @param {() => Desk | null} desk @param {{token: (token: string) => boolean, signOut: () => void}} on */
  constructor(desk, on) {
    this.#desk = desk;
    translate();
    this.#lists = new Lists((id) => this.enter(id));
    this.#head = new Head(desk);
    this.#log = new Log({
      earlier: () => void desk()?.earlier(),
      takeOver: () => this.#head.act('claim'),
      read: () => desk()?.draw(),
      retry: (id) => desk()?.outbox.retry(id),
      discard: (id) => desk()?.outbox.discard(id),
    });
    this.#composer = new Composer(desk, () => this.#toLists());
    this.#details = new Details();
    this.#notices = new Notices(on);
    this.#wire(on.signOut);
    this.#wireKeys();
    document.addEventListener('focusin', (event) => (this.#focused = /** @type {Element} */ (event.target)));
  }

  /** @param {Desk} desk */
  render(desk) {
    const { state, selected } = desk;
    find('desk').classList.toggle('in-chat', Boolean(selected));
    find('nothing').hidden = Boolean(selected);
    find('chat').hidden = !selected;
    this.#me(desk);
    this.#lists.render(desk);
    this.#head.render(desk);
    this.#log.render(desk);
    this.#composer.render(desk);
    this.#details.render(desk);
    this.#notices.render(desk);
    find('desk').setAttribute('aria-busy', String(!state.me));
    this.#keepFocus();
  }

  /** Every second. @param {Desk} desk */
  tick(desk) {
    this.#lists.tick(desk);
    this.#log.tick(desk);
    if (desk.selected) this.#head.tick(desk);
  }

  /** Opens a session and goes to where something can be done with it. @param {string} id */
  enter(id) {
    const desk = this.#desk();
    if (!desk) return;
    desk.open(id);
    this.render(desk);
    this.#toChat(desk);
  }

  /** @param {string} action that was done to the chat that is looked at */
  settled(action) {
    const desk = this.#desk();
    if (!desk) return;
    this.render(desk);
    const isOwn = action === 'claim' || action === 'draft';
    if (isOwn && HAS_POINTER.matches) this.#composer.focus();
    else if (!isOwn) within(find('head'), 'h2').focus();
  }

  /** @param {import('./desk-view-notices.js').CardName | null} name the card instead of the desk */
  card(name) {
    find('desk').hidden = Boolean(name);
    find('me').hidden = Boolean(name);
    find('out').hidden = Boolean(name);
    find('keys').hidden = Boolean(name);
    this.#notices.clear();
    this.#notices.card(name);
  }

  toEnd() {
    this.#log.toEnd();
  }

  isAtEnd() {
    return this.#log.isAtEnd && !find('chat').hidden;
  }

  /** @param {string} words @param {import('./desk-view-notices.js').ToastOptions} [options] */
  toast(words, options) {
    this.#notices.toast(words, options);
  }

  /** Takes back what was said of a session before. @param {string} id */
  forget(id) {
    this.#notices.forget(id);
  }

  /** @param {string} words */
  announce(words) {
    this.#notices.announce(words);
  }

  /** @param {Desk} desk */
  #me(desk) {
    const { state } = desk;
    const { me } = state;
    if (!me) return;
    const count = mine(state).length;
    const others = mine(state).filter((card) => card.session_id !== desk.selected);
    const waiting = others.filter((card) => unread(state, card).length > 0).length;
    const badge = within(find('back'), '.badge');
    badge.hidden = waiting === 0;
    say(badge, String(waiting));
    find('me').hidden = false;
    say(find('myname'), me.name);
    say(find('seats'), text.seats(count, me.capacity));
    find('seats').classList.toggle('full', me.capacity !== null && count >= me.capacity);
    if (!desk.actions.isBusy('status', '')) find('status').value = me.status;
    find('me').dataset.status = me.status;
  }

  /** @param {Desk} desk */
  #toChat(desk) {
    const claim = this.#head.button('claim');
    if (desk.standing === 'mine' && HAS_POINTER.matches) this.#composer.focus();
    else if (!claim.hidden) claim.focus();
    else within(find('head'), 'h2').focus();
  }

  #toLists() {
    this.#lists.focus(this.#desk()?.selected ?? null);
  }

  /** Back to the chats, on a screen that shows one thing at a time. */
  #back() {
    const desk = this.#desk();
    const from = desk?.selected ?? null;
    if (!desk) return;
    desk.leave();
    this.render(desk);
    this.#lists.focus(from);
  }

  /** What had the focus is gone: the focus goes to what is left of its place. */
  #keepFocus() {
    const active = document.activeElement;
    if (active && active !== document.body) return;
    const lost = this.#focused;
    if (!lost || (lost.isConnected && lost.checkVisibility())) return;
    this.#focused = null;
    const claim = this.#head.button('claim');
    if (!find('chat').hidden) (claim.hidden ? within(find('head'), 'h2') : claim).focus();
    else this.#toLists();
  }

  /** @param {() => void} signOut */
  #wire(signOut) {
    const help = find('help');
    explain(within(help, '.keylist'));
    explain(within(find('nothing'), '.keylist'), ['claimNext', 'nextPrevious', 'help']);
    find('keys').addEventListener('click', () => help.showModal());
    within(help, 'button').addEventListener('click', () => help.close());
    find('out').addEventListener('click', signOut);
    find('back').addEventListener('click', () => this.#back());
    find('next').addEventListener('click', () => this.#desk()?.claimNext());
    find('status').addEventListener('change', () => this.#desk()?.actions.status(find('status').value));
  }

  #wireKeys() {
    const step = (/** @type {1 | -1} */ by) => {
      const desk = this.#desk();
      const id = desk?.step(by);
      if (id) this.enter(id);
    };
    const commands = {
      next: () => step(1),
      previous: () => step(-1),
      claimNext: () => this.#desk()?.claimNext(),
      claim: () => this.#head.act('claim'),
      note: () => this.#composer.toggleMode(),
      suggest: () => this.#composer.suggest(),
      returnToBot: () => this.#head.act('returnToBot'),
      transfer: () => this.#head.act('transfer'),
      release: () => this.#head.act('release'),
      resolve: () => this.#head.act('resolve'),
      details: () => this.#details.toggle(),
      status: () => this.#toggleStatus(),
      help: () => find('help').showModal(),
    };
    listen(() => (this.#desk() ? commands : null));
    label({
      claimNext: find('next'),
      claim: this.#head.button('claim'),
      note: find('tab-note'),
      suggest: find('suggest'),
      returnToBot: this.#head.button('returnToBot'),
      transfer: this.#head.button('transfer'),
      release: this.#head.button('release'),
      resolve: this.#head.button('resolve'),
      details: find('panel'),
      status: find('status'),
      help: find('keys'),
    });
  }

  #toggleStatus() {
    const desk = this.#desk();
    if (desk?.state.me) void desk.actions.status(desk.state.me.status === 'online' ? 'away' : 'online');
  }
}
