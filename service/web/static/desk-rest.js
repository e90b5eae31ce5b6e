/**
 * The desk's REST calls. Every failure is an ApiError, as in api.js.
 *
 * @typedef {import('./desk-transcript.js').Message} Message
 * @typedef {{turns: number, prompt_tokens: number | null, completion_tokens: number | null,
 *   cached_tokens: number | null, full_prompt_tokens: number | null, saved_tokens: number | null,
 *   cost: number | null, saved_cost: number | null, currency: string}} Usage
 * @typedef {{session_id: string, owner: string, epoch: number, message_count: number,
 *   created_at: string, updated_at: string, reason: string | null, queued_at: string | null}} Shown
 * @typedef {Shown & {metadata: Record<string, unknown>, usage: Usage}} Details
 * @typedef {Shown & {last_message: {kind: string, content: string} | null}} Listed
 */
import { ApiError, reached, refusal } from './api.js';

const PATIENCE_MS = 15_000;

export class Rest {
  #token;

  /** @param {string} token */
  constructor(token) {
    this.#token = token;
  }

  /** A ticket for one websocket. @param {AbortSignal} signal @returns {Promise<string>} */
  async ticket(signal) {
    const { ticket } = await this.#request('POST', '/v1/agents/ticket', signal);
    return ticket;
  }

  /** @param {'bot' | 'waiting'} owner @param {AbortSignal} signal @returns {Promise<Listed[]>} newest first */
  async sessions(owner, signal) {
    const { data } = await this.#request('GET', `/v1/agents/sessions?owner=${owner}&limit=50`, signal);
    return data;
  }

  /** @param {string} session @param {AbortSignal} signal @returns {Promise<Details>} */
  details(session, signal) {
    return this.#request('GET', `/v1/agents/sessions/${encodeURIComponent(session)}`, signal);
  }

  /**
   * @param {string} session @param {number} after @param {number} limit @param {AbortSignal} signal
   * @returns {Promise<Message[]>} those with a seq above `after`
   */
  async messages(session, after, limit, signal) {
    const path = `/v1/sessions/${encodeURIComponent(session)}/messages?after=${after}&limit=${limit}`;
    const { data } = await this.#request('GET', path, signal);
    return data;
  }

  /** @param {string} method @param {string} path @param {AbortSignal} signal @returns {Promise<any>} */
  async #request(method, path, signal) {
    const scope = new AbortController();
    const stop = () => scope.abort();
    // A network that swallows everything never breaks a request off by itself.
    const timer = setTimeout(stop, PATIENCE_MS);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const headers = {
      Accept: 'application/json',
      Authorization: `Bearer ${this.#token}`,
    };
    try {
      const response = await reached(
        fetch(path, {
          method,
          headers,
          signal: scope.signal,
          cache: 'no-store',
        }),
      );
      if (!response.ok) throw await refusal(response);
      const body = await reached(response.json());
      if (body === null || typeof body !== 'object') throw new ApiError(0);
      return body;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}
