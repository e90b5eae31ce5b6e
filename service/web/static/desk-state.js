/**
 * What a live agent's desk knows, as a pure reducer: state = snapshot + events. A session's owner
 * changes only with a greater epoch, so whatever comes twice or late changes nothing, and the
 * state is at any time what a fresh snapshot would say.
 *
 * @typedef {{id: string, name: string}} Person
 * @typedef {Person & {capacity: number | null, status: string}} Me
 * @typedef {{session_id: string, owner: string, agent: Person | null, epoch: number,
 *   queued_at: string | null, reason: string | null, last_seq: number, agent_read_seq: number,
 *   customer_read_seq: number, since: string | null, partial?: boolean}} Card
 *   `since` when it became its agent's, where an event told; `partial` while the read marks are unknown
 * @typedef {import('./desk-transcript.js').Transcript} Transcript
 * @typedef {{by: string, name: string | null, at: number}} Typing `at` in milliseconds
 * @typedef {{me: Me | null, agents: Map<string, Person & {status: string}>, cards: Map<string, Card>,
 *   transcripts: Map<string, Transcript>, typing: Map<string, Typing>}} State
 * @typedef {{type: string, [field: string]: any}} Frame a frame of the socket, or `desk.…` of this page
 * @typedef {'mine' | 'waiting' | 'bot' | 'other' | 'resolved' | 'erased' | 'unknown'} Standing
 */
import { blank, withDelta, withEarlier, withMessage, withoutDraft } from './desk-transcript.js';

const TYPING_MS = 6000;

/** @type {State} */
export const nothing = {
  me: null,
  agents: new Map(),
  cards: new Map(),
  transcripts: new Map(),
  typing: new Map(),
};

/** @param {State} state @param {Frame} frame @param {number} now milliseconds @returns {State} */
export function reduce(state, frame, now) {
  const handler = handlers[frame.type];
  return handler ? handler(state, frame, now) : state;
}

/** @template K, V @param {Map<K, V>} map @param {K} key @param {V | undefined} value undefined removes */
function put(map, key, value) {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** @param {State} state @param {string} id @param {(transcript: Transcript) => Transcript} change */
function changeTranscript(state, id, change) {
  const before = state.transcripts.get(id);
  const after = change(before ?? blank(false));
  return after === before ? state : { ...state, transcripts: put(state.transcripts, id, after) };
}

/** @param {State} state @param {string} id @param {Partial<Card>} fields */
function changeCard(state, id, fields) {
  const card = state.cards.get(id);
  return card ? { ...state, cards: put(state.cards, id, { ...card, ...fields }) } : state;
}

/** @param {any} shape a card of the wire @param {string | null} since @returns {Card} */
const cardOf = (shape, since) => ({
  session_id: shape.session_id,
  owner: shape.owner,
  agent: shape.agent ?? null,
  epoch: shape.epoch,
  queued_at: shape.queued_at ?? null,
  reason: shape.reason ?? null,
  last_seq: shape.last_seq ?? shape.message_count ?? 0,
  agent_read_seq: shape.agent_read_seq ?? 0,
  customer_read_seq: shape.customer_read_seq ?? 0,
  since,
  ...(shape.agent_read_seq === undefined && { partial: true }),
});

/**
 * Takes in a session's new standing, if it is newer than what is known.
 * @param {State} state @param {any} shape @param {string | null} at
 */
function settle(state, shape, at) {
  const known = state.cards.get(shape.session_id);
  const fresh = shape.agent_read_seq !== undefined;
  if (known && shape.epoch < known.epoch) return state;
  if (known && shape.epoch === known.epoch && !(known.partial && fresh)) return state;
  const since = known?.owner === shape.owner ? known?.since : undefined;
  const card = cardOf(shape, since ?? at);
  card.last_seq = Math.max(card.last_seq, known?.last_seq ?? 0);
  const next = { ...state, cards: put(state.cards, card.session_id, card) };
  const isSilent = card.owner === 'bot' || !next.transcripts.has(card.session_id);
  return isSilent ? next : changeTranscript(next, card.session_id, withoutDraft);
}

/** @param {State} state @param {Frame} frame @returns {State} */
function snapshot(state, { queue, mine, agents }) {
  const present = new Set([...queue, ...mine].map(({ session_id: id }) => id));
  const listed = (/** @type {Card} */ card) => ['mine', 'waiting'].includes(standing(state, card));
  // Who waits or is served here stands in the snapshot; of the others the newest word still holds.
  const others = [...state.cards.values()].filter((card) => !present.has(card.session_id) && !listed(card));
  const cards = new Map(others.map((card) => [card.session_id, card]));
  for (const shape of [...queue, ...mine]) {
    const known = state.cards.get(shape.session_id);
    const since = known?.owner === shape.owner ? (known?.since ?? null) : null;
    cards.set(shape.session_id, cardOf(shape, since));
  }
  const transcripts = new Map([...state.transcripts].map(([id, held]) => [id, withoutDraft(held)]));
  const people = agents.map((/** @type {Person & {status: string}} */ agent) => [agent.id, agent]);
  return {
    ...state,
    cards,
    transcripts,
    agents: new Map(people),
    typing: new Map(),
  };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function ownerChanged(state, frame) {
  const erased = frame.cause === 'erased';
  const next = settle(state, erased ? { ...frame, owner: 'erased', agent: null } : frame, frame.at ?? null);
  if (!erased || next === state) return next;
  return {
    ...next,
    transcripts: put(next.transcripts, frame.session_id, undefined),
  };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function messageCreated(state, { type: _type, session_id: id, ...message }) {
  const shape = /** @type {import('./desk-transcript.js').Message} */ (/** @type {unknown} */ (message));
  let next = changeTranscript(state, id, (transcript) => withMessage(transcript, shape));
  const card = next.cards.get(id);
  if (card && shape.seq > card.last_seq) next = changeCard(next, id, { last_seq: shape.seq });
  const writer = shape.kind === 'customer' ? 'customer' : shape.agent_id;
  const typed = next.typing.get(id);
  return typed && typed.by === writer ? { ...next, typing: put(next.typing, id, undefined) } : next;
}

/** @param {State} state @param {Frame} frame @returns {State} */
function read(state, { session_id: id, seq, by }) {
  const card = state.cards.get(id);
  const mark = by === 'customer' ? 'customer_read_seq' : 'agent_read_seq';
  return card && seq > card[mark] ? changeCard(state, id, { [mark]: seq }) : state;
}

/** @param {State} state @param {Frame} frame @returns {State} */
function presence(state, { agent, status }) {
  const gone = status === 'offline';
  const agents = put(state.agents, agent.id, gone ? undefined : { id: agent.id, name: agent.name, status });
  const me = state.me?.id === agent.id && !gone ? { ...state.me, status } : state.me;
  return { ...state, agents, me: /** @type {Me | null} */ (me) };
}

/** @param {State} state @param {Frame} frame @returns {State} */
const drop = (state, { session_id: id }) => ({
  ...state,
  transcripts: put(state.transcripts, id, undefined),
  typing: put(state.typing, id, undefined),
});

/** @type {Record<string, (state: State, frame: Frame, now: number) => State>} */
const handlers = {
  hello: (state, { agent }) => ({ ...state, me: agent }),
  snapshot,
  'session.waiting': ownerChanged,
  'session.claimed': ownerChanged,
  'session.released': ownerChanged,
  'session.transferred': ownerChanged,
  'session.resolved': ownerChanged,
  'message.created': messageCreated,
  typing: (state, { session_id: id, by, name }, now) => ({
    ...state,
    typing: put(state.typing, id, { by, name: name ?? null, at: now }),
  }),
  read,
  'bot.delta': (state, frame) =>
    changeTranscript(state, frame.session_id, (held) => withDelta(held, /** @type {any} */ (frame))),
  'agent.presence': presence,
  resync_required: drop,
  /** A session's card that a command or REST answered. */
  'desk.card': (state, { card, at }) => settle(state, card, at ?? null),
  /** This page follows a session from `after` on. */
  'desk.followed': (state, { session_id: id, after }) =>
    changeTranscript(state, id, (held) => ({
      ...held,
      complete: held.complete || after === 0,
    })),
  'desk.earlier': (state, { session_id: id, messages, complete }) =>
    changeTranscript(state, id, (held) => withEarlier(held, messages, complete)),
  'desk.dropped': drop,
};

/** Whose a session is, as seen from this desk. @param {State} state @param {Card | undefined} card @returns {Standing} */
export function standing({ me }, card) {
  if (!card) return 'unknown';
  if (card.owner === me?.id) return 'mine';
  const named = ['bot', 'waiting', 'resolved', 'erased'].includes(card.owner);
  return named ? /** @type {Standing} */ (card.owner) : 'other';
}

/** @template T @param {T} one @param {T} other */
const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** Who waits, in the order of the queue. @param {State} state @returns {Card[]} */
export const queue = (state) =>
  [...state.cards.values()]
    .filter((card) => card.owner === 'waiting')
    .sort(
      (one, other) =>
        compare(one.queued_at ?? '', other.queued_at ?? '') || compare(one.session_id, other.session_id),
    );

/** This agent's sessions, the longest held first. @param {State} state @returns {Card[]} */
export const mine = (state) =>
  [...state.cards.values()]
    .filter((card) => state.me && card.owner === state.me.id)
    .sort((one, other) => compare(one.since ?? '', other.since ?? ''));

/** Who else could take a session over. @param {State} state */
export const colleagues = (state) =>
  [...state.agents.values()]
    .filter(({ id, status }) => id !== state.me?.id && status === 'online')
    .sort((one, other) => one.name.localeCompare(other.name));

/**
 * Customers' messages that no agent has read and nobody has answered.
 * @param {State} state @param {Card} card @returns {import('./desk-transcript.js').Message[]} oldest first
 */
export function unread(state, card) {
  const messages = state.transcripts.get(card.session_id)?.messages ?? [];
  const found = unanswered(messages);
  return found.filter(({ seq }) => seq > card.agent_read_seq);
}

/** @param {import('./desk-transcript.js').Message[]} messages */
export function unanswered(messages) {
  const found = [];
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    if (messages[at].kind === 'customer') found.unshift(messages[at]);
    else if (messages[at].kind === 'bot' || messages[at].kind === 'agent') break;
  }
  return found;
}

/** Who is writing in a session right now. @param {State} state @param {string} id @param {number} now */
export function typist(state, id, now) {
  const typing = state.typing.get(id);
  return typing && typing.by !== state.me?.id && now - typing.at < TYPING_MS ? typing : null;
}
