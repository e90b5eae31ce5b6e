/**
 * The desk's websocket: opened with a ticket, opened again for as long as the page lives, and
 * resumed from the cursors, so that no event is missed. A command without an answer goes out again
 * on the next socket under the same cmd_id, which the server carries out once.
 *
 * @typedef {import('./desk-state.js').Frame} Frame
 * @typedef {{frame: Frame, resolve: (result: any) => void, reject: (error: CommandError) => void,
 *   keep: boolean, at: number}} Command `keep`: sent again after a reconnect; `at` first sent
 * @typedef {{frame: (frame: Frame) => void, line: (alive: boolean) => void}} Listener
 */
import { ApiError, persistently, uuid } from './api.js';
import { Cursors } from './desk-cursors.js';

const TICK_MS = 5_000;
const PING_MS = 25_000;
const SILENCE_MS = 60_000;
const OPENING_MS = 15_000;
/** A command that has waited this long makes the desk doubt the line. */
const DOUBT_MS = 10_000;
/** The server knows a cmd_id for ten minutes; past that, sending again could do things twice. */
const COMMAND_MS = 540_000;
const REVOKED = 4003;
const AT_ONCE = [4008, 1012];
/** Why a session cannot be followed at all; whatever else stands in the way may pass. */
const GONE = ['not_found', 'invalid_request'];

/** @param {Command} command @param {number} now */
const isOver = ({ at }, now) => now - at >= COMMAND_MS;

/** A command was refused, or had no answer (code `no_answer`). */
export class CommandError extends Error {
  /** @param {{code?: string, title?: string, detail?: string, [field: string]: any}} problem */
  constructor(problem) {
    super(problem.detail || problem.title || problem.code || '');
    this.code = problem.code ?? '';
    this.problem = problem;
  }
}

/** The server closed the socket because the agent was revoked. */
export class Revoked extends Error {}

export class DeskSocket {
  #rest;
  #listener;
  #cursors = new Cursors();
  /** @type {Map<string, Command>} by cmd_id, oldest first */
  #commands = new Map();
  /** @type {WebSocket | null} */
  #socket = null;
  #isReady = false;
  #heardAt = 0;
  #pingedAt = 0;
  /** The first ping since something was heard, 0 if there was none. */
  #askedAt = 0;
  #openedAt = 0;
  #ahead = 0;
  /** Whether the machine slept or lost its network since the last frame. */
  #isWary = false;
  /** @type {(code: number) => void} */
  #end = () => {};

  /** @param {import('./desk-rest.js').Rest} rest @param {Listener} listener */
  constructor(rest, listener) {
    this.#rest = rest;
    this.#listener = listener;
  }

  /** Milliseconds by which the server's clock is ahead of this machine's. */
  get ahead() {
    return this.#ahead;
  }

  /**
   * Keeps the line open until `signal` aborts. Throws Revoked, or the ApiError of a ticket refused.
   * @param {AbortSignal} signal
   */
  async run(signal) {
    const timer = setInterval(() => this.#tick(Date.now()), TICK_MS);
    const doubt = () => document.hidden || this.#doubt();
    addEventListener('online', doubt, { signal });
    document.addEventListener('visibilitychange', doubt, { signal });
    try {
      await persistently(
        (gotThrough) => this.#keep(signal, gotThrough),
        signal,
        () => {},
      );
    } finally {
      clearInterval(timer);
    }
  }

  /**
   * Sends a command, at the latest when the line is back.
   * @param {string} type @param {object} [fields]
   * @param {{id?: string, keep?: boolean, at?: number}} [options] `keep` false: given up with the line
   * @returns {Promise<any>} the result; throws CommandError
   */
  command(type, fields = {}, { id = uuid(), keep = true, at = Date.now() } = {}) {
    return new Promise((resolve, reject) => {
      const command = {
        frame: { type, cmd_id: id, ...fields },
        resolve,
        reject,
        keep,
        at,
      };
      if (keep ? isOver(command, Date.now()) : !this.#isReady)
        return reject(new CommandError({ code: 'no_answer' }));
      this.#commands.set(id, command);
      if (this.#isReady) this.#transmit(command.frame);
    });
  }

  /** @param {string} session */
  follows(session) {
    return this.#cursors.has(session);
  }

  /** Follows a session's messages after `seq`. @param {string} session @param {number} seq */
  follow(session, seq) {
    this.#cursors.set(session, seq);
    if (this.#isReady) this.#subscribe([session]);
  }

  /** Follows a session from where it is, whoever owns it now. @param {string} session */
  refollow(session) {
    if (this.#isReady && this.#cursors.has(session)) this.#subscribe([session]);
  }

  /** @param {string} session */
  unfollow(session) {
    this.#cursors.drop(session);
    if (this.#isReady) this.#ask({ [session]: null }, uuid()).catch(() => {});
  }

  /** One socket after another, at once where the server asked for that. @param {AbortSignal} signal @param {() => void} gotThrough */
  async #keep(signal, gotThrough) {
    for (;;) {
      const ticket = await this.#rest.ticket(signal);
      const { code, wasReady } = await this.#hold(ticket, signal, gotThrough);
      signal.throwIfAborted();
      if (code === REVOKED) throw new Revoked();
      if (!wasReady || !AT_ONCE.includes(code)) throw new ApiError(0);
    }
  }

  /**
   * Opens a socket and waits until it ends.
   * @param {string} ticket @param {AbortSignal} signal @param {() => void} gotThrough
   * @returns {Promise<{code: number, wasReady: boolean}>} code 0 when it was thrown away
   */
  async #hold(ticket, signal, gotThrough) {
    const url = new URL('/v1/agents/socket', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['recap.v1', `ticket.${ticket}`]);
    this.#socket = socket;
    this.#openedAt = this.#heardAt = Date.now();
    this.#pingedAt = this.#askedAt = 0;
    const stop = () => this.#end(0);
    signal.addEventListener('abort', stop);
    try {
      const code = await new Promise((/** @type {(code: number) => void} */ resolve) => {
        this.#end = resolve;
        socket.onclose = (event) => resolve(event.code);
        socket.onmessage = (event) => this.#hear(String(event.data), gotThrough);
      });
      return { code, wasReady: this.#isReady };
    } finally {
      signal.removeEventListener('abort', stop);
      this.#letGo(socket);
    }
  }

  /** @param {WebSocket} socket */
  #letGo(socket) {
    socket.onclose = socket.onmessage = null;
    socket.close();
    this.#socket = null;
    if (this.#isReady) this.#listener.line(false);
    this.#isReady = false;
    this.#giveUp(({ keep }) => !keep);
  }

  /** @param {string} data @param {() => void} gotThrough */
  #hear(data, gotThrough) {
    this.#heardAt = Date.now();
    this.#askedAt = 0;
    this.#isWary = false;
    const frame = /** @type {Frame} */ (JSON.parse(data));
    if (frame.type === 'result' || frame.type === 'error') return this.#answer(frame);
    if (frame.type === 'message.created') this.#cursors.saw(frame.session_id, frame.seq);
    if (frame.type === 'resync_required') this.#cursors.drop(frame.session_id);
    this.#listener.frame(frame);
    if (frame.type === 'snapshot') {
      gotThrough();
      this.#resume();
    }
  }

  /** The new socket takes over: the cursors first, then what had no answer. */
  #resume() {
    this.#expire(Date.now());
    this.#isReady = true;
    this.#listener.line(true);
    const followed = this.#cursors.sessions();
    if (followed.length) this.#subscribe(followed);
    for (const { frame } of [...this.#commands.values()].filter(({ keep }) => keep)) this.#transmit(frame);
    this.#ping(Date.now());
  }

  /** @param {string[]} sessions */
  #subscribe(sessions) {
    const id = uuid();
    const settled = () => this.#cursors.answered(id);
    this.#ask(this.#cursors.ask(sessions, id), id).then(settled, (/** @type {CommandError} */ error) => {
      if (error.code === 'no_answer') return;
      settled();
      // One session that is gone must not keep the others from being followed.
      if (!GONE.includes(error.code)) this.#end(0);
      else if (sessions.length > 1) sessions.forEach((session) => this.refollow(session));
      else this.#lose(sessions[0]);
    });
  }

  /** @param {Record<string, number | null>} cursors @param {string} id */
  #ask(cursors, id) {
    return this.command('subscribe', { cursors }, { id, keep: false });
  }

  /** @param {string} session */
  #lose(session) {
    this.#cursors.drop(session);
    this.#listener.frame({
      type: 'resync_required',
      session_id: session,
      reason: 'unknown',
    });
  }

  /** @param {Frame} frame */
  #answer(frame) {
    const command = this.#commands.get(frame.cmd_id);
    if (!command) return;
    this.#commands.delete(frame.cmd_id);
    // The answer to a subscribe stands before the messages that it asked for: no time may pass.
    if (command.frame.type === 'subscribe') this.#cursors.answered(frame.cmd_id);
    if (frame.type === 'result') command.resolve(frame);
    else command.reject(new CommandError(frame));
  }

  /** @param {object} frame */
  #transmit(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** @param {number} now */
  #expire(now) {
    this.#giveUp((command) => isOver(command, now));
  }

  /** @param {(command: Command) => boolean} isLost */
  #giveUp(isLost) {
    for (const [id, command] of this.#commands) {
      if (!isLost(command)) continue;
      this.#commands.delete(id);
      command.reject(new CommandError({ code: 'no_answer' }));
    }
  }

  /** @param {number} now */
  #tick(now) {
    this.#expire(now);
    if (!this.#socket) return;
    if (!this.#isReady) return now - this.#openedAt > OPENING_MS ? this.#end(0) : undefined;
    const silent = this.#askedAt ? now - this.#askedAt : 0;
    if (silent >= (this.#isDoubted(now) ? DOUBT_MS : SILENCE_MS - PING_MS)) this.#end(0);
    else if (now - this.#pingedAt >= PING_MS || (!silent && this.#isDoubted(now))) this.#ping(now);
  }

  /** @param {number} now */
  #isDoubted(now) {
    const isLate = (/** @type {Command} */ { frame, at }) =>
      frame.type !== 'ping' && now - Math.max(at, this.#openedAt) > DOUBT_MS;
    return this.#isWary || [...this.#commands.values()].some(isLate);
  }

  /** The machine woke up, or its network came back: is the line still there? */
  #doubt() {
    const now = Date.now();
    if (!this.#isReady || now - this.#heardAt < DOUBT_MS) return;
    this.#isWary = true;
    this.#ping(now);
  }

  /** @param {number} now */
  #ping(now) {
    this.#pingedAt = now;
    this.#askedAt ||= now;
    const heard = (/** @type {{at?: string}} */ { at }) => {
      const there = Date.parse(at ?? '');
      if (!Number.isNaN(there)) this.#ahead = there - (now + Date.now()) / 2;
    };
    this.command('ping', {}, { keep: false }).then(heard, () => {});
  }
}
