/**
 * The ledger over fetch. Every failure is an ApiError, as in api.js.
 *
 * @typedef {{turns: number, unknown: number, hits: number, misses: number, reused: number,
 *   prompt_tokens: number, full_prompt_tokens: number, saved_tokens: number, cost: number,
 *   full_cost: number, uncached_cost: number, saved_cost: number, latency_p50_ms: number | null,
 *   latency_p95_ms: number | null, first_token_p50_ms: number | null,
 *   first_token_p95_ms: number | null}} Sums
 * @typedef {Sums & Record<string, any>} Row its group's name stands under the grouping's own name
 * @typedef {{by: string, tenant: string | null, currency: string, data: Row[]}} Report
 * @typedef {Record<string, string>} Question the query of a report
 */
import { reached, refusal, withAbort } from './api.js';

const PATIENCE_MS = 60_000;

export class Ledger {
  #key;

  /** @param {string} key */
  constructor(key) {
    this.#key = key;
  }

  /** @param {Question} question @param {AbortSignal} signal @returns {Promise<Report>} */
  report(question, signal) {
    return this.#ask(question, 'application/json', signal, (response) => response.json());
  }

  /** @param {Question} question @param {AbortSignal} signal @returns {Promise<string>} */
  spreadsheet(question, signal) {
    return this.#ask(question, 'text/csv', signal, (response) => response.text());
  }

  /**
   * @template T
   * @param {Question} question @param {string} accept @param {AbortSignal} signal
   * @param {(response: Response) => Promise<T>} read @returns {Promise<T>}
   */
  #ask(question, accept, signal, read) {
    const query = new URLSearchParams(Object.entries(question).filter(([, value]) => value));
    const headers = { Accept: accept, Authorization: `Bearer ${this.#key}` };
    return withAbort(signal, async (scope) => {
      const timer = setTimeout(() => scope.abort(), PATIENCE_MS);
      try {
        const init = { headers, cache: /** @type {const} */ ('no-store'), signal: scope.signal };
        const response = await reached(fetch(`/v1/usage?${query}`, init));
        if (!response.ok) throw await refusal(response);
        return await reached(read(response));
      } finally {
        clearTimeout(timer);
      }
    });
  }
}
