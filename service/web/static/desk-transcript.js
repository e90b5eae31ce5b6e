/**
 * What a desk holds of one session's messages: pure functions, each returns a new value. Messages
 * stand in the order of seq, once each, however often and in whatever order they came.
 *
 * @typedef {{id: string, seq: number, kind: string, content: string, created_at: string,
 *   author?: string | null, agent_id?: string | null, client_msg_id?: string | null}} Message
 * @typedef {import('./chat-draft.js').Draft} Draft
 * @typedef {{messages: Message[], complete: boolean, draft: Draft | null}} Transcript
 *   `complete` when it reaches back to the session's first message
 * @typedef {{message_id: string, seq: number, offset: number, content: string, done?: boolean}} BotDelta
 */
import { extend } from './chat-draft.js';

/** @param {boolean} complete @returns {Transcript} */
export const blank = (complete) => ({ messages: [], complete, draft: null });

/** @param {Transcript} transcript */
export const newest = ({ messages }) => messages.at(-1)?.seq ?? 0;

/** @param {Transcript} transcript */
export const oldest = ({ messages }) => messages[0]?.seq ?? 0;

/** @param {Transcript} transcript @param {Message} message @returns {Transcript} */
export function withMessage(transcript, message) {
  const { messages } = transcript;
  let at = messages.length;
  while (at > 0 && messages[at - 1].seq > message.seq) at -= 1;
  if (messages[at - 1]?.seq === message.seq) return transcript;
  const complete = transcript.complete || message.seq === 1;
  const draft = message.kind === 'bot' ? null : transcript.draft;
  return { messages: messages.toSpliced(at, 0, message), complete, draft };
}

/**
 * Puts a page of older messages before what is there.
 * @param {Transcript} transcript @param {Message[]} page @param {boolean} complete
 * @returns {Transcript}
 */
export function withEarlier(transcript, page, complete) {
  const known = new Set(transcript.messages.map(({ seq }) => seq));
  const messages = [...page.filter(({ seq }) => !known.has(seq)), ...transcript.messages];
  messages.sort((one, other) => one.seq - other.seq);
  return {
    ...transcript,
    messages,
    complete: complete || messages[0]?.seq === 1,
  };
}

/**
 * The bot's reply after one more piece; words for a message that has its answer already are late.
 * @param {Transcript} transcript @param {BotDelta} delta @returns {Transcript}
 */
export function withDelta(transcript, delta) {
  const { draft, messages } = transcript;
  if (delta.done) return draft?.messageId === delta.message_id ? { ...transcript, draft: null } : transcript;
  const answered = messages.findLast(({ kind }) => kind === 'bot')?.seq ?? 0;
  if (answered > delta.seq) return transcript;
  return { ...transcript, draft: extend(draft, delta) };
}

/** @param {Transcript} transcript @returns {Transcript} */
export const withoutDraft = (transcript) => (transcript.draft ? { ...transcript, draft: null } : transcript);
