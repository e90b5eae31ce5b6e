/**
 * What an agent does to a session, and what is said of it afterwards. An action that is under way
 * is not begun again; one that was refused says why.
 *
 * @typedef {{state: () => import('./desk-state.js').State,
 *   dispatch: (frame: import('./desk-state.js').Frame) => void, changed: () => void,
 *   toast: (words: string, options?: import('./desk-view-notices.js').ToastOptions) => void,
 *   settled: (action: string, sessionId: string) => void}} Desk
 */
import { CommandError } from './desk-socket.js';
import { standing } from './desk-state.js';
import { text } from './desk-text.js';

/** What a refusal means to the one who asked. @param {unknown} error @param {string} [type] of the command */
export function wordsOf(error, type) {
  if (!(error instanceof CommandError)) return String(error);
  const { code, problem, message } = error;
  if (code === 'already_claimed') return text.taken(problem.owner?.name ?? text.agent);
  if (code === 'at_capacity')
    return type === 'transfer' ? text.theyAreFull : text.full(problem.capacity ?? '');
  return /** @type {Record<string, string>} */ (text.failed)[code] ?? (message || code);
}

export class Actions {
  #socket;
  #words;
  #desk;
  /** @type {Set<string>} `action session` of what is under way */
  #busy = new Set();

  /**
   * @param {import('./desk-socket.js').DeskSocket} socket
   * @param {import('./desk-words.js').Words} words @param {Desk} desk
   */
  constructor(socket, words, desk) {
    this.#socket = socket;
    this.#words = words;
    this.#desk = desk;
  }

  /** @param {string} action @param {string} sessionId */
  isBusy(action, sessionId) {
    return this.#busy.has(`${action} ${sessionId}`);
  }

  /** @param {string} id */
  claim(id) {
    return this.#own('claim', id, {});
  }

  /** @param {string} id */
  async release(id) {
    if (await this.#own('release', id)) this.#undoable(id, text.done.release);
  }

  /** @param {string} id */
  async returnToBot(id) {
    if (await this.#own('return_to_bot', id)) this.#undoable(id, text.done.returned);
  }

  /** @param {string} id @param {import('./desk-state.js').Person} colleague */
  async transfer(id, { id: agentId, name }) {
    if (await this.#own('transfer', id, { agent_id: agentId })) this.#desk.toast(text.done.transfer(name));
  }

  /** @param {string} id */
  async resolve(id) {
    if (await this.#own('resolve', id)) this.#desk.toast(text.done.resolve);
  }

  /** Asks the bot what it would answer. @param {string} id */
  async suggest(id) {
    const result = await this.#run('draft', id);
    if (!result) return;
    this.#words.suggest(id, result.content);
    this.#desk.settled('draft', id);
  }

  /** @param {string} wanted */
  async status(wanted) {
    const before = this.#desk.state().me;
    const result = await this.#run('status', '', { status: wanted });
    if (before && result)
      this.#desk.dispatch({ type: 'agent.presence', agent: before, status: result.status });
    this.#desk.changed();
  }

  /**
   * An action that changes whose the session is.
   * @param {string} type @param {string} id @param {object} [fields]
   * @returns {Promise<boolean>} whether it was done
   */
  async #own(type, id, fields = {}) {
    const result = await this.#run(type, id, fields);
    if (!result) return false;
    this.#desk.dispatch({ type: 'desk.card', card: result.session, at: new Date().toISOString() });
    this.#desk.settled(type, id);
    return true;
  }

  /** @param {string} id @param {string} words */
  #undoable(id, words) {
    const undo = () => {
      const now = standing(this.#desk.state(), this.#desk.state().cards.get(id));
      if (now === 'bot' || now === 'waiting') void this.claim(id);
    };
    this.#desk.toast(words, { label: text.undo, run: undo, about: id });
  }

  /** @param {string} type @param {string} id @param {object} [fields] @returns {Promise<any>} null if refused or under way */
  async #run(type, id, fields = {}) {
    if (this.isBusy(type, id)) return null;
    this.#busy.add(`${type} ${id}`);
    this.#desk.changed();
    try {
      return await this.#socket.command(type, { ...(id && { session_id: id }), ...fields });
    } catch (error) {
      this.#desk.toast(wordsOf(error, type), { isError: true });
      return null;
    } finally {
      this.#busy.delete(`${type} ${id}`);
      this.#desk.changed();
    }
  }
}
