/**
 * The page: one thing at a time of the card, the figures, an empty time.
 *
 * @typedef {import('./savings-api.js').Report} Report
 * @typedef {import('./savings-api.js').Row} Row
 * @typedef {{by: 'day' | 'month', steps: string[], time: Report, means: Report, round: Report,
 *   model: Report, outcome: Report, session: Report, tenant: Report | null}} Reports `tenant` only
 *   where there are several
 * @typedef {'time' | 'means' | 'round' | 'latency' | 'model' | 'outcome' | 'tenant' | 'session'} Name
 */
import { figure, fill, find, make, within } from './savings-dom.js';
import { Figure, keyOf } from './savings-figure.js';
import { compact, Money, number, percent } from './savings-format.js';
import * as groups from './savings-groups.js';
import { spending, times } from './savings-over-time.js';
import { rows as bars } from './savings-rows.js';
import { largest, total } from './savings-sums.js';
import { text } from './savings-text.js';

/** @type {Name[]} in the order of the page */
const FIGURES = ['time', 'means', 'round', 'tenant', 'model', 'outcome', 'latency', 'session'];
const DEAREST = 10;

export class View {
  /** @param {{onKey: (given: string) => void, onOut: () => void, onRetry: () => void, onCsv: (name: Name) => void}} on */
  constructor({ onKey, onOut, onRetry, onCsv }) {
    find('card')
      .querySelector('form')
      .addEventListener('submit', (/** @type {Event} */ event) => {
        event.preventDefault();
        onKey(find('key').value);
      });
    find('out').addEventListener('click', onOut);
    find('print').addEventListener('click', () => print());
    find('retry').addEventListener('click', onRetry);
    this.figures = Object.fromEntries(FIGURES.map((name) => [name, new Figure(name, () => onCsv(name))]));
    this.figures.session.tableOnly();
    find('figures').append(...FIGURES.map((name) => this.figures[name].node));
  }

  /** Asks for a key. @param {string} [problem] */
  card(problem = '') {
    this.#only('card');
    const card = find('card');
    within(card, 'h2').textContent = text.card.title;
    const lines = text.card.lines.map((words) => {
      const line = make('p', '');
      fill(line, words);
      return line;
    });
    within(card, '.lines').replaceChildren(...lines);
    fill(within(card, '.problem'), problem);
    find('key').value = '';
    find('key').setAttribute('aria-invalid', String(Boolean(problem)));
    find('key').focus();
    document.title = text.title;
    find('whose').textContent = '';
  }

  /** What is shown stays, if there is anything, until the new figures come. */
  loading() {
    find('problem').hidden = true;
    find('busy').hidden = false;
    find('say').textContent = text.loading;
    find('report').setAttribute('aria-busy', 'true');
    this.#only('report');
    find('bones').hidden = !find('found').hidden || !find('empty').hidden;
  }

  /** @param {string} why */
  failed(why) {
    this.#settled();
    find('bones').hidden = true;
    find('problem').hidden = false;
    within(find('problem'), 'span').textContent = why;
  }

  /** @param {string} why a download that failed */
  notice(why) {
    find('say').textContent = why;
    find('notice').textContent = why;
    find('notice').hidden = !why;
  }

  /** @param {Reports} reports */
  show(reports) {
    this.#settled();
    find('say').textContent = text.loaded;
    find('whose').textContent = reports.time.tenant ?? text.everybody;
    const isEmpty = reports.time.data.length === 0;
    find('bones').hidden = true;
    find('found').hidden = isEmpty;
    find('empty').hidden = !isEmpty;
    if (isEmpty) return;
    const sums = total(reports.time.data);
    const of = (/** @type {number} */ amount) => new Money(reports.time.currency, amount);
    this.#head(sums, reports.round.data, of(Math.max(sums.uncached_cost, sums.cost)));
    this.#figures(reports, of);
  }

  /** @param {Reports} reports @param {(amount: number) => Money} of */
  #figures({ by, steps, time, means, round, model, outcome, session, tenant }, of) {
    const most = (/** @type {Row[]} */ rows) =>
      of(Math.max(largest(rows, 'uncached_cost'), largest(rows, 'cost')));
    const dearest = session.data.filter((row) => row.session).slice(0, DEAREST);
    const overTime = { rows: time.data, names: steps, by };
    this.figures.time.show(spending(overTime, most(time.data)));
    this.figures.latency.show(times(overTime));
    this.figures.means.show(groups.means(means.data, most(means.data)));
    this.figures.round.show(groups.rounds(round.data));
    this.figures.model.show(groups.groups('model', model.data, most(model.data)));
    this.figures.outcome.show(groups.groups('outcome', outcome.data, most(outcome.data)));
    this.figures.tenant.node.hidden = !tenant;
    if (tenant) this.figures.tenant.show(groups.groups('tenant', tenant.data, most(tenant.data)));
    this.figures.session.node.hidden = dearest.length === 0;
    this.figures.session.show(groups.sessions(dearest, most(dearest), time.tenant === null));
  }

  /** The figures that everybody asks for first. @param {Row} sums @param {Row[]} rounds @param {Money} money */
  #head(sums, rounds, money) {
    const { cost, full_cost: full, uncached_cost: uncached, saved_cost: saved } = sums;
    find('saved').replaceChildren(figure(saved, money.show(saved)));
    find('verdict').textContent =
      saved > 0 ? text.savedOf(percent(saved, full)) : saved < 0 ? text.dearer : text.even;
    const cuts = [
      { look: 'spent', value: Math.min(cost, full) },
      { look: saved < 0 ? 'over' : 'saved', value: Math.abs(saved) },
      { look: 'cached', value: uncached - full },
    ];
    const lines = [
      {
        name: text.uncached,
        amount: uncached,
        parts: saved < 0 ? [{ look: 'cached', value: uncached }] : cuts,
      },
      { name: text.full, amount: full, parts: saved < 0 ? [cuts[0]] : cuts.slice(0, 2) },
      { name: text.spentWith, amount: cost, parts: saved < 0 ? cuts.slice(0, 2) : [cuts[0]] },
    ].map(({ amount, ...line }) => ({ ...line, amount: figure(amount, money.show(amount)) }));
    const words = /** @type {Record<string, string>} */ ({
      spent: text.spent,
      saved: text.savedBy,
      over: text.over,
      cached: text.takenOff,
    });
    const keys = make('ul', 'keys');
    keys.append(
      ...cuts.filter(({ value }) => value > 0).map(({ look }) => keyOf({ look, label: words[look] })),
    );
    find('compared').replaceChildren(bars(lines, Math.max(uncached, full, cost)), keys);
    this.#tiles(sums, rounds);
    find('unknown').hidden = sums.unknown === 0;
    find('unknown').textContent = text.unknown(sums.unknown, number(sums.unknown));
  }

  /** @param {Row} sums @param {Row[]} rounds */
  #tiles(sums, rounds) {
    const later = total(rounds.filter(({ round }) => round && round !== '1'));
    const looked = later.hits + later.misses;
    const rate = percent(sums.hits, sums.hits + sums.misses);
    const tile = (
      /** @type {string} */ id,
      /** @type {Node | string} */ shown,
      /** @type {string} */ hint,
    ) => {
      find(id).replaceChildren(shown);
      find(`${id}-hint`).textContent = hint;
    };
    tile('turns', figure(sums.turns, compact(sums.turns)), '');
    tile('rate', rate, looked ? text.laterRate(percent(later.hits, looked)) : '');
    const tokens = percent(sums.saved_tokens, sums.full_prompt_tokens);
    const all = compact(sums.full_prompt_tokens);
    tile('tokens', figure(sums.saved_tokens, compact(sums.saved_tokens)), text.tokensOf(tokens, all));
    const reused = figure(sums.reused, compact(sums.reused));
    tile('reused', reused, text.shareOfTurns(percent(sums.reused, sums.turns)));
  }

  #settled() {
    find('busy').hidden = true;
    find('say').textContent = '';
    find('report').removeAttribute('aria-busy');
  }

  /** @param {'card' | 'report'} id */
  #only(id) {
    for (const part of ['card', 'report']) find(part).hidden = part !== id;
    for (const button of ['out', 'print']) find(button).hidden = id === 'card';
    if (id === 'card') ['found', 'empty', 'problem', 'notice'].forEach((part) => (find(part).hidden = true));
  }
}
