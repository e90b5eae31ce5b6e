/**
 * Where an agent writes: a reply or a note, with what the bot suggests above it. The words belong
 * to the session and the kind, so that nothing is lost by looking at another chat.
 *
 * @typedef {import('./desk-app.js').Desk} Desk
 * @typedef {import('./desk-words.js').Mode} Mode
 */
import { find, rove, say, within } from './desk-dom.js';
import { number } from './desk-format.js';
import { text } from './desk-text.js';

const COUNT_FROM = 500;
/** @type {Mode[]} */
const MODES = ['send', 'note'];

export class Composer {
  #desk;
  #input = find('input');
  #shown = '';

  /** @param {() => Desk | null} desk @param {() => void} leave to the chats */
  constructor(desk, leave) {
    this.#desk = desk;
    this.#input.addEventListener('input', () => {
      desk()?.type(this.#input.value);
      this.#measure();
    });
    this.#input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      // While an input method composes, Enter picks a word; Safari then reports key code 229.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === 'Escape') this.#dismiss() || leave();
      if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.#submit();
    });
    find('composer').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
      this.focus();
    });
    new ResizeObserver(() => this.#measure()).observe(find('field'));
    this.#wireTabs();
    this.#wireSuggestions();
  }

  focus() {
    this.#input.focus();
  }

  get hasFocus() {
    return document.activeElement === this.#input;
  }

  /** @param {Desk} desk */
  render(desk) {
    const { selected: id, standing, card } = desk;
    if (!id) return;
    const mode = desk.mode(id);
    const isMine = standing === 'mine';
    const isWriting = isMine || ['waiting', 'bot', 'other', 'resolved'].includes(standing);
    const closed = text.closed[standing];
    find('composer').dataset.mode = mode;
    find('field').hidden = !isWriting;
    find('hint').hidden = !isWriting;
    find('tab-send').hidden = !isMine;
    find('tab-note').hidden = !isWriting;
    say(find('closed'), typeof closed === 'function' ? closed(card?.agent?.name ?? text.agent) : closed);
    this.#tabs(mode);
    this.#fields(mode);
    this.#suggestion(desk, id);
    this.#show(`${mode} ${id}`, desk.words.typed(id, mode));
    const isBots = mode === 'send' && desk.words.isSuggested(id);
    say(find('hint'), isBots ? text.suggested : text.hint);
    find('hint').classList.toggle('warn', isBots);
  }

  /** The other kind of words. */
  toggleMode() {
    const desk = this.#desk();
    if (!desk?.selected) return;
    if (desk.standing === 'mine') desk.setMode(desk.mode(desk.selected) === 'send' ? 'note' : 'send');
    this.focus();
  }

  suggest() {
    const desk = this.#desk();
    if (!desk?.selected || desk.standing !== 'mine') return;
    desk.setMode('send');
    void desk.actions.suggest(desk.selected);
  }

  #submit() {
    const desk = this.#desk();
    if (!desk || !this.#input.value.trim()) return;
    desk.send();
    // What is typed before the next drawing must not bring the sent words back.
    this.#input.value = '';
    this.#measure();
  }

  /** @param {Mode} mode */
  #tabs(mode) {
    for (const each of MODES) {
      const tab = find(`tab-${each}`);
      tab.setAttribute('aria-selected', String(each === mode));
      tab.tabIndex = each === mode ? 0 : -1;
    }
    find('field').setAttribute('aria-labelledby', `tab-${mode}`);
  }

  /** @param {Mode} mode */
  #fields(mode) {
    const isNote = mode === 'note';
    this.#input.placeholder = isNote ? text.notePlaceholder : text.replyPlaceholder;
    this.#input.setAttribute('aria-label', isNote ? text.noteLabel : text.replyLabel);
    find('send').setAttribute('aria-label', isNote ? text.addNote : text.send);
  }

  /** @param {Desk} desk @param {string} id */
  #suggestion(desk, id) {
    const isReply = desk.standing === 'mine' && desk.mode(id) === 'send';
    const suggestion = isReply ? desk.words.suggestion(id) : null;
    const isBusy = desk.actions.isBusy('draft', id);
    find('suggestion').hidden = suggestion === null;
    say(within(find('suggestion'), '.text'), suggestion ?? '');
    find('suggest').hidden = !isReply;
    find('suggest').classList.toggle('busy', isBusy);
    find('suggest').setAttribute('aria-busy', String(isBusy));
    say(within(find('suggest'), 'span'), isBusy ? text.suggesting : text.suggest);
  }

  /** @param {string} place whose words they are @param {string} typed */
  #show(place, typed) {
    const isNew = place !== this.#shown;
    this.#shown = place;
    if (this.#input.value !== typed) {
      this.#input.value = typed;
      this.#input.setSelectionRange(typed.length, typed.length);
    } else if (!isNew) return;
    this.#measure();
  }

  #wireTabs() {
    for (const mode of MODES) {
      find(`tab-${mode}`).addEventListener('click', () => {
        this.#desk()?.setMode(mode);
        this.focus();
      });
      find(`tab-${mode}`).addEventListener('focus', () => this.#desk()?.setMode(mode));
    }
    rove(within(find('composer'), '[role=tablist]'), '[role=tab]:not([hidden])', {
      back: 'ArrowLeft',
      on: 'ArrowRight',
    });
  }

  #wireSuggestions() {
    const [use, dismiss] = find('suggestion').querySelectorAll('button');
    find('suggest').addEventListener('click', () => this.suggest());
    dismiss.addEventListener('click', () => this.#dismiss());
    use.addEventListener('click', () => {
      const desk = this.#desk();
      const suggestion = desk?.selected && desk.words.suggestion(desk.selected);
      if (!desk?.selected || !suggestion) return;
      this.#replace(suggestion);
      desk.words.use(desk.selected);
      desk.draw();
    });
    find('suggestion').addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape') this.#dismiss();
    });
  }

  /** Replaces what was typed so that the browser's Undo brings it back. @param {string} content */
  #replace(content) {
    this.focus();
    this.#input.select();
    if (!document.execCommand('insertText', false, content)) this.#input.value = content;
  }

  /** @returns {boolean} whether there was a suggestion */
  #dismiss() {
    const desk = this.#desk();
    if (!desk?.selected || find('suggestion').hidden) return false;
    desk.words.dismiss(desk.selected);
    desk.draw();
    this.focus();
    return true;
  }

  /** Fits the input to its text, and counts down near the limit. */
  #measure() {
    const input = this.#input;
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
    const left = input.maxLength - input.value.length;
    say(find('counter'), left <= COUNT_FROM ? text.left(number(left)) : '');
    find('send').disabled = !input.value.trim();
  }
}
