/** The customer's chat page: one view, and the conversation that storage names. */
import { Conversation } from './chat-conversation.js';
import * as store from './chat-store.js';
import { View } from './chat-view.js';

/** @type {Conversation} */
let conversation;
const view = new View({
  send: (content) => conversation.send(content),
  ask: () => conversation.handover.ask(),
  withdraw: () => conversation.handover.withdraw(),
  typed: () => conversation.typed(),
  watched: () => conversation?.watched(),
  renew: () => {
    conversation.leave();
    store.forgetConversation();
    restart();
  },
});

/** Closes what is open, and opens what storage now names. */
function restart() {
  conversation?.close();
  conversation = new Conversation(view);
  conversation.open();
}

store.takeKey();
restart();
addEventListener('hashchange', () => store.takeKey() && restart());
store.onOtherTab(() => store.session()?.id !== conversation.sessionId && restart());
