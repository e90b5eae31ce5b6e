/**
 * Who answers: the bot, a live agent, or nobody yet. What the events say counts; the answer to a
 * POST counts where no event has come since it was sent.
 *
 * @typedef {import('./api.js').Ownership} Ownership
 * @typedef {'unknown' | 'bot' | 'asking' | 'waiting' | 'human' | 'resolved'} Mode
 * @typedef {{mode: Mode, name: string, position: number | null, nobody: boolean, leaving: boolean,
 *   problem: string}} Shown
 *   `name` of the live agent; `nobody` is here; `leaving` the queue; `problem` why asking failed
 */
import { ApiError, fetchOwner, persistently, requestHandoff, withdrawHandoff } from './api.js';

/** @typedef {(session: import('./api.js').Session, signal: AbortSignal) => Promise<Ownership>} Call */

export class Handover {
  #owner = '';
  #name = '';
  /** @type {number | null} */
  #position = null;
  #nobody = false;
  #heardAt = -Infinity;
  /** @type {'' | 'asking' | 'leaving'} */
  #pending = '';
  #problem = '';

  /**
   * @param {{session: () => Promise<import('./api.js').Session>, signal: AbortSignal,
   *   changed: () => void, broken: (error: unknown) => void}} room
   * @param {boolean} isNew whether there is no session yet, so that only the bot can own it
   */
  constructor(room, isNew) {
    this.room = room;
    if (isNew) this.#owner = 'bot';
  }

  /** @returns {Mode} */
  get mode() {
    if (this.#pending === 'asking') return 'asking';
    if (this.#owner === '') return 'unknown';
    if (this.#owner === 'bot' || this.#owner === 'waiting' || this.#owner === 'resolved') return this.#owner;
    return 'human';
  }

  /** Whether a live agent answers, or is waited for. */
  get isTheirs() {
    return this.mode === 'human' || this.mode === 'waiting';
  }

  /** @returns {Shown} */
  get shown() {
    return {
      mode: this.mode,
      name: this.#name,
      position: this.#position,
      nobody: this.#nobody,
      leaving: this.#pending === 'leaving',
      problem: this.#problem,
    };
  }

  /** The events are there. They tell of every owner but the bot, so that one has to be asked for. */
  async connected() {
    if (this.#owner === 'bot') return;
    const session = await this.room.session();
    const askedAt = performance.now();
    const ownership = await fetchOwner(session, this.room.signal).catch(() => null);
    if (ownership?.owner === 'bot') this.answered(ownership, askedAt);
  }

  /** @param {Ownership} ownership from an event */
  heard(ownership) {
    this.#heardAt = performance.now();
    this.#take(ownership);
  }

  /** @param {Partial<Ownership>} ownership from a POST's answer @param {number} sentAt */
  answered(ownership, sentAt) {
    const { owner } = ownership;
    if (owner === undefined || this.#heardAt > sentAt) return;
    // An answer that names the owner alone takes nothing away from what is known of it.
    if (owner !== this.#owner || 'position' in ownership) this.#take({ ...ownership, owner });
  }

  /** Asks for a live agent, for as long as it takes to get through. */
  ask() {
    return this.#call('asking', requestHandoff);
  }

  /** Goes on with the bot. */
  withdraw() {
    return this.#call('leaving', withdrawHandoff);
  }

  /** @param {'asking' | 'leaving'} pending @param {Call} call */
  async #call(pending, call) {
    if (this.#pending) return;
    this.#pending = pending;
    this.#problem = '';
    this.room.changed();
    const { signal } = this.room;
    let sentAt = 0;
    const attempt = async () => {
      const session = await this.room.session();
      sentAt = performance.now();
      return call(session, signal);
    };
    try {
      const ownership = await persistently(attempt, signal, () => {});
      this.#over(pending);
      this.answered(ownership, sentAt);
    } catch (error) {
      this.#over(pending);
      this.#refused(error);
    }
    this.room.changed();
  }

  /** @param {'asking' | 'leaving'} pending */
  #over(pending) {
    if (this.#pending === pending) this.#pending = '';
  }

  /** @param {unknown} error */
  #refused(error) {
    if (this.room.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) this.room.broken(error);
    else this.#problem = error.message;
  }

  /** @param {Ownership} ownership */
  #take({ owner, agent, position, agents_online: online }) {
    this.#owner = owner;
    this.#name = agent?.name ?? '';
    this.#position = position ?? null;
    this.#nobody = online === 0;
    this.#problem = '';
    // What was asked for has happened, or has been overtaken.
    if (owner !== 'bot') this.#over('asking');
    this.room.changed();
  }
}
