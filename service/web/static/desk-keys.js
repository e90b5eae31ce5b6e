/**
 * The desk's keyboard shortcuts: Alt and a key, so that they work while somebody writes. None of
 * them opens a menu of a browser or its address bar.
 */
import { make } from './desk-dom.js';
import { text } from './desk-text.js';

const isMac = /mac|iphone|ipad/i.test(navigator.platform);
const ALT = isMac ? '⌥' : 'Alt';

/** @type {{name: keyof typeof text.keys, codes: string[], shown: string[]}[]} */
const KEYS = [
  { name: 'nextPrevious', codes: ['ArrowDown', 'ArrowUp'], shown: ['↓', '↑'] },
  { name: 'claimNext', codes: ['KeyQ'], shown: ['Q'] },
  { name: 'claim', codes: ['KeyC'], shown: ['C'] },
  { name: 'note', codes: ['KeyN'], shown: ['N'] },
  { name: 'suggest', codes: ['KeyG'], shown: ['G'] },
  { name: 'returnToBot', codes: ['KeyR'], shown: ['R'] },
  { name: 'transfer', codes: ['KeyX'], shown: ['X'] },
  { name: 'release', codes: ['KeyL'], shown: ['L'] },
  { name: 'resolve', codes: ['KeyK'], shown: ['K'] },
  { name: 'details', codes: ['KeyI'], shown: ['I'] },
  { name: 'status', codes: ['KeyA'], shown: ['A'] },
  { name: 'help', codes: ['Slash'], shown: ['/'] },
];

/** @typedef {Partial<Record<keyof typeof text.keys | 'next' | 'previous', () => void>>} Commands */

/** Whether a key typed there becomes text. @param {EventTarget | null} target */
const isText = (target) => target instanceof Element && target.matches('input, textarea, select');

/** @param {KeyboardEvent} event @returns {keyof Commands | null} */
function commandOf(event) {
  const { altKey, ctrlKey, metaKey, shiftKey, code, key, target } = event;
  if (event.isComposing || ctrlKey || metaKey || event.getModifierState('AltGraph')) return null;
  if (!altKey) return key === '?' && !isText(target) ? 'help' : null;
  if (shiftKey) return null;
  if (code === 'ArrowDown') return 'next';
  if (code === 'ArrowUp') return 'previous';
  // The letter as it is printed, where the layout has one; on a Mac, Alt makes another of it.
  const letter = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : code;
  return KEYS.find(({ codes }) => codes.includes(letter))?.name ?? null;
}

/** @param {() => Commands | null} commands null while no desk is open */
export function listen(commands) {
  document.addEventListener('keydown', (event) => {
    const name = commandOf(event);
    const run = name && !document.querySelector('dialog[open]') && commands()?.[name];
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/** Writes shortcuts down. @param {HTMLElement} list a `dl` @param {string[]} [only] names */
export function explain(list, only) {
  const chosen = KEYS.filter(({ name }) => !only || only.includes(name)).map(({ name, shown }) => ({
    words: text.keys[name],
    keys: shown.flatMap((key) => [ALT, key]),
  }));
  const rows = only ? chosen : [...chosen, { words: text.keys.leave, keys: ['Esc'] }];
  list.replaceChildren(
    ...rows.flatMap(({ words, keys }) => {
      const value = make('dd', '');
      value.append(...keys.map((key) => make('kbd', '', key)));
      return [make('dt', '', words), value];
    }),
  );
}

/** Tells assistive technology of the shortcuts. @param {Record<string, HTMLElement>} buttons by name */
export function label(buttons) {
  for (const { name, shown } of KEYS) {
    const keys = shown.map((key) => `Alt+${key}`).join(' ');
    buttons[name]?.setAttribute('aria-keyshortcuts', keys);
    if (buttons[name])
      buttons[name].title = [buttons[name].title, `${ALT} ${shown[0]}`].filter(Boolean).join(' · ');
  }
}
