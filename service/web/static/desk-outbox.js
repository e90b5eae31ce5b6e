/**
 * Replies and notes on their way. Each shows at once and goes when its durable message has come,
 * by the command's answer or among the events, whichever is first. They outlive a reload: the
 * server carries out a cmd_id once.
 *
 * @typedef {import('./desk-store.js').Unsent} Outgoing
 * @typedef {import('./desk-transcript.js').Message & {session_id: string}} Delivered
 */
import { uuid } from './api.js';
import * as store from './desk-store.js';

export class Outbox {
  /** @type {Outgoing[]} */
  #entries = [];
  #socket;
  #on;

  /**
   * @param {import('./desk-socket.js').DeskSocket} socket
   * @param {{delivered: (message: Delivered) => void, changed: () => void,
   *   wordsOf: (error: import('./desk-socket.js').CommandError) => string}} on
   */
  constructor(socket, on) {
    this.#socket = socket;
    this.#on = on;
  }

  /** Sends what an earlier page left. */
  resume() {
    this.#entries = store.outbox();
    for (const entry of this.#entries) if (!entry.failed) this.#send(entry);
  }

  /** @param {string} sessionId @returns {Outgoing[]} oldest first */
  of(sessionId) {
    return this.#entries.filter((entry) => entry.sessionId === sessionId);
  }

  /** @param {'send' | 'note'} type @param {string} sessionId @param {string} content */
  add(type, sessionId, content) {
    const entry = { cmdId: uuid(), type, sessionId, content, clientId: uuid(), at: Date.now() };
    this.#keep([...this.#entries, entry]);
    this.#send(entry);
  }

  /** A refused command keeps its answer, so it is asked again as a new one. @param {string} clientId */
  retry(clientId) {
    const entry = this.#entries.find((other) => other.clientId === clientId);
    if (!entry) return;
    const again = { ...entry, cmdId: uuid(), at: Date.now(), failed: undefined };
    this.#keep(this.#entries.map((other) => (other === entry ? again : other)));
    this.#send(again);
  }

  /** @param {string} clientId */
  discard(clientId) {
    this.#keep(this.#entries.filter((entry) => entry.clientId !== clientId));
  }

  /** A durable message may be one of these. @param {Delivered} message @param {string | undefined} me */
  recognise(message, me) {
    if (message.kind !== 'agent' && message.kind !== 'note') return;
    const entry = this.#entries.find((other) => isSame(other, message, me));
    if (entry) this.discard(entry.clientId);
  }

  /** @param {Outgoing} entry */
  #send({ type, sessionId, content, clientId, cmdId, at }) {
    const fields = { session_id: sessionId, content, ...(type === 'send' && { client_msg_id: clientId }) };
    this.#socket.command(type, fields, { id: cmdId, at }).then(
      ({ message }) => {
        this.discard(clientId);
        this.#on.delivered({ ...message, session_id: sessionId });
      },
      (error) => this.#failed(cmdId, this.#on.wordsOf(error)),
    );
  }

  /** @param {string} cmdId @param {string} failed */
  #failed(cmdId, failed) {
    this.#keep(this.#entries.map((entry) => (entry.cmdId === cmdId ? { ...entry, failed } : entry)));
  }

  /** @param {Outgoing[]} entries */
  #keep(entries) {
    this.#entries = entries;
    store.keepOutbox(entries);
    this.#on.changed();
  }
}

/** A note may carry no id of this page: whose it is and what it says must do. @param {Outgoing} entry @param {Delivered} message @param {string | undefined} me */
function isSame({ type, sessionId, clientId, cmdId, content }, message, me) {
  if (sessionId !== message.session_id) return false;
  if (message.client_msg_id === clientId || message.client_msg_id === cmdId) return true;
  return (
    type === 'note' &&
    message.kind === 'note' &&
    message.agent_id === me &&
    message.content.trim() === content.trim()
  );
}
