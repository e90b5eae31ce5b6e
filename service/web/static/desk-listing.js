/**
 * The lists that no event carries: whom the bot serves, and what those in the queue last said.
 * Asked for every ten seconds while the tab is looked at, and soon after something has changed.
 *
 * @typedef {import('./desk-rest.js').Listed} Listed
 */
const EVERY_MS = 10_000;
const SOON_MS = 400;

export class Listing {
  /** @type {Listed[]} newest first */
  bot = [];
  /** @type {Map<string, Listed>} */
  waiting = new Map();
  #rest;
  #signal;
  #changed;
  #askedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import('./desk-rest.js').Rest} rest @param {AbortSignal} signal @param {() => void} changed */
  constructor(rest, signal, changed) {
    this.#rest = rest;
    this.#signal = signal;
    this.#changed = changed;
    const visible = () => {
      if (!document.hidden && Date.now() - this.#askedAt >= EVERY_MS) this.soon();
    };
    document.addEventListener('visibilitychange', visible, { signal });
    const beat = setInterval(visible, 1000);
    signal.addEventListener('abort', () => [clearInterval(beat), clearTimeout(this.#timer)]);
  }

  /** @param {string} id */
  of(id) {
    return this.waiting.get(id) ?? this.bot.find((row) => row.session_id === id);
  }

  soon() {
    this.#timer ??= setTimeout(() => void this.#refresh(), SOON_MS);
  }

  async #refresh() {
    this.#timer = undefined;
    this.#askedAt = Date.now();
    try {
      const lists = ['bot', 'waiting'].map((owner) =>
        this.#rest.sessions(/** @type {'bot' | 'waiting'} */ (owner), this.#signal),
      );
      const [bot, waiting] = await Promise.all(lists);
      this.bot = bot;
      this.waiting = new Map(waiting.map((row) => [row.session_id, row]));
      this.#changed();
    } catch {
      // The banner tells when the line is lost; until the next time the old lists stand.
    }
  }
}
