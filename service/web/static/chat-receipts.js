/**
 * Read receipts: how far a live agent has read the customer's messages, and how far the customer
 * has read the answers.
 *
 * @typedef {import('./api.js').Message} Message
 * @typedef {'delivered' | 'seen'} Receipt
 */
import * as store from './chat-store.js';

export class Receipts {
  /** The newest seq that a live agent has read. */
  #read = store.readByAgent();
  #told = 0;

  /** @param {{tell: (seq: number) => Promise<void>}} room */
  constructor(room) {
    this.room = room;
  }

  /** @param {number} seq a live agent has read up to here */
  heard(seq) {
    if (!(seq > this.#read)) return;
    this.#read = seq;
    store.keepReadByAgent(seq);
  }

  /**
   * What stands under which of the customer's messages: “seen” under the newest that was read,
   * “delivered” under a newer one that waits for a live agent's answer.
   * @param {Message[]} messages in any order
   * @param {{isTheirs: boolean}} owner whether a live agent answers, or is waited for
   * @returns {Map<string, Receipt>} by message id
   */
  of(messages, { isTheirs }) {
    /** @type {Map<string, Receipt>} */
    const receipts = new Map();
    const said = messages.filter(({ kind }) => kind === 'customer');
    const newest = last(said);
    const seen = last(said.filter(({ seq }) => seq <= this.#read));
    const reply = last(messages.filter(({ kind }) => kind === 'bot' || kind === 'agent'));
    if (seen && (isTheirs || seen === newest)) receipts.set(seen.id, 'seen');
    const isOpen = newest && newest !== seen && newest.seq > (reply?.seq ?? 0);
    if (isOpen && isTheirs) receipts.set(newest.id, 'delivered');
    return receipts;
  }

  /** Tells once what the customer has read; a failure leaves it for the next occasion. @param {number} seq */
  async tell(seq) {
    if (seq <= this.#told) return;
    const before = this.#told;
    this.#told = seq;
    await this.room.tell(seq).catch(() => {
      if (this.#told === seq) this.#told = before;
    });
  }
}

/** The newest of some messages. @param {Message[]} messages in any order */
const last = (messages) =>
  messages.reduce(
    (newest, message) => (newest && newest.seq > message.seq ? newest : message),
    /** @type {Message | null} */ (null),
  );
