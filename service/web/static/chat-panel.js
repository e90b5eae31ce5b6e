/**
 * Who answers, as the page shows it: the name at the top, and above the input what there is to
 * say of the queue, with the ways out of it and into it.
 *
 * @typedef {import('./chat-handover.js').Shown} Shown
 */
import { find, put } from './chat-dom.js';
import { queueLines, text } from './chat-text.js';

export class Panel {
  /**
   * @param {{ask: () => void, withdraw: () => void}} actions
   * @param {() => void} focus for when a button that had the focus goes
   */
  constructor(actions, focus) {
    this.focus = focus;
    find('ask').addEventListener('click', actions.ask);
    find('withdraw').addEventListener('click', actions.withdraw);
  }

  /** @param {Shown} shown */
  draw(shown) {
    const { mode, name, leaving } = shown;
    this.#drawHead(mode === 'human' ? name || text.agent : '');
    const [line, more] = queueLines(shown);
    put(find('queue-line'), line);
    put(find('queue-more'), more);
    find('panel').dataset.mode = line ? (mode === 'waiting' && shown.nobody ? 'nobody' : mode) : '';
    this.#toggle(find('ask'), mode === 'bot');
    this.#toggle(find('withdraw'), mode === 'waiting');
    find('withdraw').setAttribute('aria-disabled', String(leaving));
  }

  /** @param {string} name of the live agent, empty where there is none */
  #drawHead(name) {
    put(find('name'), name || 'Recap');
    put(find('face'), [...name].slice(0, 1).join('').toLocaleUpperCase());
    find('face').hidden = find('role').hidden = !name || name === text.agent;
    find('logo').hidden = !find('face').hidden;
    find('total').hidden = Boolean(name);
  }

  /** @param {HTMLElement} button @param {boolean} isShown */
  #toggle(button, isShown) {
    const hadFocus = document.activeElement === button;
    button.hidden = !isShown;
    if (hadFocus && !isShown) this.focus();
  }
}
