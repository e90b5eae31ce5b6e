/**
 * What REST tells of single sessions: metadata, counts and costs. Fetched when a chat is opened,
 * and again once things have settled after something happened in it.
 *
 * @typedef {import('./desk-rest.js').Details} Details
 */
import { persistently } from './api.js';

const AFTER_MS = 800;

export class Lookup {
  /** @type {Map<string, Details>} */
  #found = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  #rest;
  #signal;
  #learned;

  /**
   * @param {import('./desk-rest.js').Rest} rest @param {AbortSignal} signal
   * @param {(details: Details) => void} learned
   */
  constructor(rest, signal, learned) {
    this.#rest = rest;
    this.#signal = signal;
    this.#learned = learned;
    signal.addEventListener('abort', () => this.#timers.forEach((timer) => clearTimeout(timer)));
  }

  /** @param {string} id */
  of(id) {
    return this.#found.get(id);
  }

  /** @param {string} id */
  forget(id) {
    this.#found.delete(id);
  }

  /** Asks until there is an answer. Throws what will not pass. @param {string} id @param {AbortSignal} signal */
  async now(id, signal) {
    const details = await persistently(
      () => this.#rest.details(id, signal),
      signal,
      () => {},
    );
    this.#keep(id, details);
    return details;
  }

  /** @param {string} id */
  soon(id) {
    if (!this.#timers.has(id))
      this.#timers.set(
        id,
        setTimeout(() => void this.#look(id), AFTER_MS),
      );
  }

  /** @param {string} id */
  async #look(id) {
    this.#timers.delete(id);
    try {
      this.#keep(id, await this.#rest.details(id, this.#signal));
    } catch {
      // the figures stay as they were until the next change
    }
  }

  /** @param {string} id @param {Details} details */
  #keep(id, details) {
    this.#found.set(id, details);
    this.#learned(details);
  }
}
