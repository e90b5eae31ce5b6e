/** The savings page: a key, what is chosen, and the reports that it asks for. */
import { ApiError } from './api.js';
import { Ledger } from './savings-api.js';
import { find, make, translate } from './savings-dom.js';
import { dated } from './savings-format.js';
import { Filters } from './savings-filters.js';
import { shift, steps } from './savings-period.js';
import * as store from './savings-store.js';
import { text } from './savings-text.js';
import { View } from './savings-view.js';

const DEAREST_AND_NONE = '11';
const ORDERED = { order: 'cost' };
/** A download's address is freed only when the browser has surely taken it up. */
const FREE_AFTER_MS = 60_000;

let isOperator = false;
let loads = new AbortController();

translate();
const view = new View({ onKey: enter, onOut: leave, onRetry: load, onCsv: download });
const filters = new Filters(load);

/**
 * What is asked of the ledger.
 * @param {string} by @param {Record<string, string>} [more]
 * @returns {import('./savings-api.js').Question}
 */
function question(by, more = {}) {
  const { from, to, tenant, model, outcome } = filters.choice;
  const whose = isOperator ? tenant : '';
  return { by, from, to: shift(to, 1), tenant: whose, model, outcome, ...more };
}

/** The questions of the figures, as their CSV holds them. */
const questions = {
  time: () => question(filters.choice.by),
  latency: () => question(filters.choice.by),
  means: () => question('means'),
  round: () => question('round'),
  model: () => question('model', ORDERED),
  outcome: () => question('outcome', ORDERED),
  tenant: () => question('tenant', ORDERED),
  session: () => question('session', ORDERED),
};

async function load() {
  const key = store.key();
  loads.abort();
  loads = new AbortController();
  const { signal } = loads;
  if (key === null) return view.card();
  view.loading();
  view.notice('');
  try {
    const reports = await ask(new Ledger(key), signal);
    signal.throwIfAborted();
    subtitle();
    view.show(reports);
  } catch (error) {
    if (!signal.aborted) refused(error);
  }
}

/** @param {Ledger} ledger @param {AbortSignal} signal @returns {Promise<import('./savings-view.js').Reports>} */
async function ask(ledger, signal) {
  const { by, from, to, tenant } = filters.choice;
  const anybody = { tenant: '', model: '', outcome: '' };
  const everybody = await ledger.report(question('tenant', anybody), signal);
  isOperator = everybody.tenant === null;
  const report = (/** @type {import('./savings-api.js').Question} */ asked) => ledger.report(asked, signal);
  const { time, means, round, outcome, session } = questions;
  const [models, ...rest] = await Promise.all([
    report(question('model', { ...ORDERED, model: '', outcome: '' })),
    report(time()),
    report(means()),
    report(round()),
    report(questions.model()),
    report(outcome()),
    report({ ...session(), limit: DEAREST_AND_NONE }),
    isOperator && !tenant ? report(questions.tenant()) : null,
  ]);
  const names = (/** @type {import('./savings-api.js').Report} */ { data }, /** @type {string} */ of) =>
    data.map((row) => String(row[of])).sort((one, other) => one.localeCompare(other));
  filters.offer(isOperator, names(everybody, 'tenant'), names(models, 'model'));
  const [ofTime, ofMeans, ofRound, ofModel, ofOutcome, ofSession, ofTenant] = rest;
  return {
    by,
    steps: steps({ from, to }, by),
    time: ofTime,
    means: ofMeans,
    round: ofRound,
    model: ofModel,
    outcome: ofOutcome,
    session: ofSession,
    tenant: ofTenant,
  };
}

/** @param {unknown} error */
function refused(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status !== 401) return view.failed(text.failed(error.status === 0 ? text.away : error.message));
  store.keepKey(null);
  view.card(text.refused);
}

/** @param {string} given */
function enter(given) {
  const key = store.readKey(given);
  if (key === null) return view.card(text.notAKey);
  if (key.startsWith('pk_')) return view.card(text.publishable);
  store.keepKey(key);
  load();
}

function leave() {
  store.keepKey(null);
  load();
}

/** Saves a figure's report as a file. @param {import('./savings-view.js').Name} name */
async function download(name) {
  const asked = questions[name]();
  view.notice('');
  try {
    const sheet = await new Ledger(store.key() ?? '').spreadsheet(asked, loads.signal);
    const blob = new Blob(['\ufeff', sheet], { type: 'text/csv;charset=utf-8' });
    const link = make('a', '');
    link.href = URL.createObjectURL(blob);
    link.download = `recap-${asked.by}-${filters.choice.from}-${filters.choice.to}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), FREE_AFTER_MS);
  } catch (error) {
    if (loads.signal.aborted) return;
    if (error instanceof ApiError && error.status !== 401)
      view.notice(text.csvFailed(error.status === 0 ? text.away : error.message));
    else refused(error);
  }
}

/** What the figures are of, in words. */
function subtitle() {
  const { from, to } = filters.choice;
  const span = `${dated(from, 'table')} – ${dated(to, 'table')}`;
  find('shown').textContent = [span, ...filters.words(), text.utc].join(' · ');
}

store.takeKey();
load();
addEventListener('hashchange', () => store.takeKey() && load());
