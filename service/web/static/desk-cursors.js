/**
 * Up to where this page has every message of the sessions that it follows. A cursor stands still
 * from a `subscribe` until its answer: what comes before that was not asked for from the cursor
 * on, and moving to it would skip what lies between.
 */
export class Cursors {
  /** @type {Map<string, number>} */
  #seqs = new Map();
  /** @type {Map<string, string>} session to the cmd_id of the subscribe that is to be answered */
  #asked = new Map();

  /** @param {string} session */
  has(session) {
    return this.#seqs.has(session);
  }

  /** @returns {string[]} */
  sessions() {
    return [...this.#seqs.keys()];
  }

  /** @param {string} session @param {number} seq */
  set(session, seq) {
    this.#seqs.set(session, seq);
  }

  /** @param {string} session */
  drop(session) {
    this.#seqs.delete(session);
    this.#asked.delete(session);
  }

  /**
   * What to subscribe with; the cursors stand still until `answered`.
   * @param {string[]} sessions @param {string} cmdId @returns {Record<string, number>}
   */
  ask(sessions, cmdId) {
    for (const session of sessions) this.#asked.set(session, cmdId);
    return Object.fromEntries(sessions.map((session) => [session, this.#seqs.get(session) ?? 0]));
  }

  /** @param {string} cmdId */
  answered(cmdId) {
    for (const [session, asked] of this.#asked) if (asked === cmdId) this.#asked.delete(session);
  }

  /** A message has come. @param {string} session @param {number} seq */
  saw(session, seq) {
    const known = this.#seqs.get(session);
    if (known !== undefined && seq > known && !this.#asked.has(session)) this.#seqs.set(session, seq);
  }
}
