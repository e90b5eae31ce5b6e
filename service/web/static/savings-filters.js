/**
 * What is chosen: the period, the steps, and whose turns.
 *
 * @typedef {{period: import('./savings-period.js').Period, from: string, to: string,
 *   by: 'day' | 'month', tenant: string, model: string, outcome: string}} Choice empty is all
 */
import { find, make } from './savings-dom.js';
import { isDay, isLong, PERIODS, spanOf } from './savings-period.js';
import * as store from './savings-store.js';
import { text } from './savings-text.js';

export class Filters {
  /** @type {Choice} */
  choice = read(store.chosen());

  /** @param {(choice: Choice) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    options(
      find('period'),
      PERIODS.map((period) => [period, text.periods[period]]),
    );
    options(find('by'), [
      ['day', text.day],
      ['month', text.month],
    ]);
    options(find('outcome'), [['', text.allOutcomes], ...Object.entries(text.outcomes)]);
    find('filters').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
    find('filters').addEventListener('change', (/** @type {Event} */ event) => {
      this.#changed(/** @type {HTMLSelectElement} */ (event.target));
    });
    this.#show();
  }

  /** @param {boolean} isOperator @param {string[]} tenants @param {string[]} models */
  offer(isOperator, tenants, models) {
    find('tenant').closest('div').hidden = !isOperator;
    options(find('tenant'), named(text.everybody, tenants, this.choice.tenant));
    options(find('model'), named(text.allModels, models, this.choice.model));
    // Nothing else: somebody may be in the middle of a date.
    for (const name of /** @type {const} */ (['tenant', 'model'])) find(name).value = this.choice[name];
  }

  /** What is chosen, in words: for the paper, where no field can be read. */
  words() {
    const chosen = [...find('filters').querySelectorAll('select')]
      .filter((field) => !field.closest('[hidden]') && field.id !== 'by' && field.id !== 'period')
      .map((field) => field.selectedOptions[0]?.textContent ?? '');
    return chosen;
  }

  /** @param {HTMLSelectElement} field */
  #changed(field) {
    const names = Object.keys(this.choice);
    const choice = /** @type {any} */ (Object.fromEntries(names.map((name) => [name, find(name).value])));
    if (field.id === 'period' && field.value !== 'custom') Object.assign(choice, spanOf(choice.period));
    if (isLong(choice) !== isLong(this.choice)) choice.by = isLong(choice) ? 'month' : 'day';
    const isOpen = !isDay(choice.from) || !isDay(choice.to);
    const isTurned = !isOpen && choice.from > choice.to;
    find('to').setCustomValidity(isTurned ? text.wrongSpan : '');
    if (isOpen || isTurned) {
      find('to').reportValidity();
      return;
    }
    this.choice = choice;
    store.keepChosen(written(choice));
    this.#show();
    this.onChange(choice);
  }

  #show() {
    for (const [name, value] of Object.entries(this.choice)) find(name).value = value;
    for (const name of ['from', 'to']) find(name).closest('div').hidden = this.choice.period !== 'custom';
  }
}

/** @param {Record<string, string>} address @returns {Choice} */
function read({ period, from, to, by, tenant = '', model = '', outcome = '' }) {
  const isSpan = isDay(from) && isDay(to) && from <= to;
  const known = /** @type {any} */ (PERIODS.find((name) => name === period && (isSpan || name !== 'custom')));
  const chosen = known ?? 'days30';
  const span = chosen === 'custom' ? { from, to } : spanOf(chosen);
  const step = by === 'day' || by === 'month' ? by : isLong(span) ? 'month' : 'day';
  return {
    period: chosen,
    ...span,
    by: step,
    tenant,
    model,
    outcome: outcome in text.outcomes ? outcome : '',
  };
}

/** What stands in the address: a period with a name moves on with the days. @param {Choice} choice */
function written({ period, from, to, ...rest }) {
  return period === 'custom' ? { period, from, to, ...rest } : { period, ...rest };
}

/** @param {string} all @param {string[]} names @param {string} chosen which may be none of them */
function named(all, names, chosen) {
  const known = chosen && !names.includes(chosen) ? [...names, chosen] : names;
  return [['', all], ...known.map((name) => [name, name])];
}

/** @param {HTMLSelectElement} field @param {string[][]} pairs of value and words */
function options(field, pairs) {
  const { value } = field;
  field.replaceChildren(
    ...pairs.map(([name, words]) => Object.assign(make('option', '', words), { value: name })),
  );
  field.value = value;
}
