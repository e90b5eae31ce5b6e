/**
 * The live agents' desk: opens with the token that this browser keeps, or says how to get one.
 */
import { ApiError } from './api.js';
import { Desk } from './desk-app.js';
import { Revoked } from './desk-socket.js';
import * as store from './desk-store.js';
import { View } from './desk-view.js';

/** @type {Desk | null} */
let desk = null;
const view = new View(() => desk, {
  token: (given) => store.keepToken(given) && begin(),
  signOut: () => {
    store.forgetToken();
    begin();
  },
});

/** Closes what is open, and opens the desk of the token that is kept. */
function begin() {
  desk?.close();
  desk = null;
  const token = store.token();
  view.card(token ? null : 'noToken');
  if (token) void work(token);
  return true;
}

/** @param {string} token */
async function work(token) {
  const opened = (desk = new Desk(token, view));
  try {
    await opened.run();
  } catch (error) {
    if (desk !== opened) return;
    opened.close();
    desk = null;
    view.card(error instanceof Revoked ? 'revoked' : 'badToken');
    if (!(error instanceof Revoked || error instanceof ApiError)) throw error;
  }
}

store.takeToken();
begin();
addEventListener('hashchange', () => store.takeToken() && begin());
store.onOtherTab(begin);
