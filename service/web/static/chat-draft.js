/**
 * The reply that is being written, put together from its pieces.
 *
 * @typedef {{messageId: string, text: string, length: number}} Draft
 *   `messageId` is the customer's message that it answers; `length` counts code points
 * @typedef {{message_id: string, offset: number, content: string}} Delta
 */

/**
 * The draft after one more piece. Offsets count code points: a piece that was seen already
 * replaces what it repeats, and a gap is shown as one until the finished reply closes it.
 * @param {Draft | null} draft
 * @param {Delta} delta
 * @returns {Draft}
 */
export function extend(draft, { message_id: messageId, offset, content }) {
  const before = draft?.messageId === messageId ? draft : { text: '', length: 0 };
  const length = offset + [...content].length;
  if (offset === before.length) return { messageId, text: before.text + content, length };
  const kept = offset < before.length ? [...before.text].slice(0, offset).join('') : `${before.text}… `;
  return { messageId, text: kept + content, length };
}
