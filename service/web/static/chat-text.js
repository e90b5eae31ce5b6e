/** Every word, figure and date of the chat page, in Chinese where the browser is, else in English. */

const preferred = navigator.language || 'en';
const chinese = /^zh\b/i.test(preferred);
/** The page's language tag, with the reader's region where the page speaks their language. */
export const locale = chinese || /^en\b/i.test(preferred) ? preferred : 'en';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const origin = location.origin;

const english = {
  newConversation: 'New conversation',
  conversation: 'Conversation',
  compose: 'Write',
  yourMessage: 'Your message',
  placeholder: 'Write a message…',
  hint: 'Enter to send, Shift + Enter for a new line',
  send: 'Send',
  retry: 'Retry',
  latest: 'Newest messages',
  latestCount: (/** @type {string} */ count) => `Newest messages (${count})`,
  newMessages: 'New messages',
  you: 'You',
  bot: 'Assistant',
  agent: 'Live agent',
  someone: 'A live agent',
  writing: 'The assistant is writing…',
  typing: (/** @type {string} */ name) => `${name} is typing…`,
  delivered: 'Delivered',
  seen: 'Seen',
  sending: 'sending…',
  loading: 'Loading the conversation…',
  lost: 'Connection lost. Reconnecting…',
  notSent: (/** @type {string} */ why) => `Not sent: ${why}`,
  notYet: 'Not sent yet: the server cannot be reached',
  noAnswer: (/** @type {string} */ why) => `No answer: ${why}`,
  left: (/** @type {string} */ count) => `${count} left`,
  ask: 'Talk to a person',
  withdraw: 'Continue with the assistant',
  leaveMessage: 'Leave a message…',
  asking: ['Asking for a person…', ''],
  askFailed: (/** @type {string} */ why) => ['A person could not be asked to join', why],
  waiting: ['Waiting for a person', 'You can write already; it will be read.'],
  place: (/** @type {string} */ place) => `Your place in the queue: ${place}. You can write already.`,
  nobody: [
    'Nobody is here at the moment',
    'You stay in the queue. Leave a message, or go on with the assistant.',
  ],
  resolved: ['This conversation is resolved', 'If anything is left, just write again.'],
  activity: /** @type {Record<string, (name: string) => string>} */ ({
    'handed over': () => 'A person was asked to join',
    claimed: (name) => `${name} joined the conversation`,
    released: (name) => `${name} left; you are back in the queue`,
    transferred: (name) => `${name} handed the conversation to a colleague`,
    'returned to bot': (name) => `${name} left; the assistant is back`,
    resolved: (name) => `${name} resolved the conversation`,
    reopened: () => 'The conversation goes on, with the assistant',
    'agent lost': (name) => `${name} lost the connection`,
    withdrawn: () => 'You went on with the assistant',
  }),
  welcome: ['How can we help?', 'Write as you would to a person; several messages in a row are fine.'],
  noKey: [
    'This page opens from a link',
    'The link carries a key, and this browser does not have one yet.',
    'Start `recap` for the first time: it prints the link.',
    `Or run \`recap tenant rotate NAME\` and open \`${origin}/#key=PUBLISHABLE_KEY\`.`,
  ],
  badKey: [
    'This key is not valid any more',
    'The server does not know the key that this browser keeps.',
    'Open the newest link that you were given. Whoever runs the server makes one with `recap tenant rotate`; older keys stop working then.',
  ],
  gone: [
    'This conversation is no longer on the server',
    'Its records were removed. You can start a new one.',
  ],
  sent: (/** @type {string} */ sent) => `${sent} tokens sent`,
  instead: (/** @type {string} */ sent, /** @type {string} */ full) =>
    `${sent} tokens sent instead of ${full}`,
  percent: (/** @type {number} */ part) => `${part}\u00a0% saved`,
  total: (/** @type {string[]} */ parts) => `saved so far: ${parts.join(', ')}`,
  tokens: (/** @type {string} */ count) => `${count} tokens`,
  status: /** @type {Record<string, string>} */ ({
    hit: 'prefix hit',
    miss: 'prefix miss',
    reuse: 'answer reused',
    collapsed: 'call shared',
    bypass: 'sent whole',
  }),
};

/** @type {typeof english} */
const mandarin = {
  newConversation: '新对话',
  conversation: '对话',
  compose: '撰写',
  yourMessage: '您的消息',
  placeholder: '输入消息…',
  hint: 'Enter 发送，Shift + Enter 换行',
  send: '发送',
  retry: '重试',
  latest: '最新消息',
  latestCount: (count) => `最新消息（${count}）`,
  newMessages: '新消息',
  you: '您',
  bot: '助手',
  agent: '人工客服',
  someone: '人工客服',
  writing: '助手正在输入…',
  typing: (name) => `${name} 正在输入…`,
  delivered: '已送达',
  seen: '已读',
  sending: '发送中…',
  loading: '正在加载对话…',
  lost: '连接已断开，正在重新连接…',
  notSent: (why) => `未发送：${why}`,
  notYet: '尚未发送：无法连接服务器',
  noAnswer: (why) => `未能回复：${why}`,
  left: (count) => `还可输入 ${count} 字`,
  ask: '转人工客服',
  withdraw: '继续使用助手',
  leaveMessage: '请留言…',
  asking: ['正在请求人工客服…', ''],
  askFailed: (why) => ['未能请求人工客服', why],
  waiting: ['正在等待人工客服', '您可以先写下消息，客服会看到。'],
  place: (place) => `您排在第 ${place} 位，可以先写下消息。`,
  nobody: ['目前没有客服在线', '您仍在排队中。可以留言，也可以继续使用助手。'],
  resolved: ['这段对话已解决', '如果还有问题，直接写下即可。'],
  activity: {
    'handed over': () => '已请求人工客服',
    claimed: (name) => `${name} 加入了对话`,
    released: (name) => `${name} 离开了，您回到排队中`,
    transferred: (name) => `${name} 将对话转给了同事`,
    'returned to bot': (name) => `${name} 离开了，助手继续为您服务`,
    resolved: (name) => `${name} 将对话标记为已解决`,
    reopened: () => '对话继续，由助手为您服务',
    'agent lost': (name) => `${name} 的连接已断开`,
    withdrawn: () => '您选择了继续使用助手',
  },
  welcome: ['有什么可以帮您？', '像平时聊天一样写就好，连发几条也没关系。'],
  noKey: [
    '请通过链接打开此页面',
    '链接中带有密钥，而此浏览器还没有密钥。',
    '首次启动 `recap` 时会打印该链接。',
    `也可以运行 \`recap tenant rotate NAME\`，然后打开 \`${origin}/#key=PUBLISHABLE_KEY\`。`,
  ],
  badKey: [
    '此密钥已失效',
    '服务器不认识此浏览器保存的密钥。',
    '请打开您收到的最新链接。服务器的管理员可用 `recap tenant rotate` 生成新链接，旧密钥随即失效。',
  ],
  gone: ['服务器上已没有这段对话', '对话记录已被删除，您可以开始新的对话。'],
  sent: (sent) => `发送 ${sent} 个 token`,
  instead: (sent, full) => `发送 ${sent} 个 token，原需 ${full} 个`,
  percent: (part) => `节省 ${part}%`,
  total: (parts) => `累计节省：${parts.join('，')}`,
  tokens: (count) => `${count} 个 token`,
  status: {
    hit: '前缀命中',
    miss: '前缀未命中',
    reuse: '复用已有回答',
    collapsed: '合并调用',
    bypass: '完整发送',
  },
};

export const text = chinese ? mandarin : english;

/** @param {number} count */
export const charactersLeft = (count) => text.left(whole.format(count));

/** @param {number} count of unread messages */
export const unreadCount = (count) => whole.format(count);

/**
 * What an activity is called; a word that this page does not know stands as it is.
 * @param {string} word @param {string} name of the live agent who acted, if one did
 */
export const activityLine = (word, name) => text.activity[word]?.(name || text.someone) ?? word;

/**
 * What there is to say of who answers: a line, and one more below it; empty where it goes without.
 * @param {import('./chat-handover.js').Shown} shown
 * @returns {string[]}
 */
export function queueLines({ mode, position, nobody, problem }) {
  if (mode === 'asking' || mode === 'resolved') return text[mode];
  if (mode === 'waiting' && nobody) return text.nobody;
  if (mode === 'waiting' && position !== null) return [text.waiting[0], text.place(whole.format(position))];
  if (mode === 'waiting') return text.waiting;
  return problem ? text.askFailed(problem) : ['', ''];
}

/** @param {number} amount @param {string} currency */
function money(amount, currency) {
  const digits = amount < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits }).format(amount);
  } catch {
    return `${new Intl.NumberFormat(locale, digits).format(amount)} ${currency ?? ''}`;
  }
}

/** One line: what a turn saved. @param {import('./chat-store.js').Saving} saving */
export function savingLine({ sent, full, saved, status }) {
  const parts = [];
  if (sent !== null && saved > 0) {
    parts.push(text.instead(whole.format(sent), whole.format(full)));
    parts.push(text.percent(Math.floor((100 * saved) / full)));
  } else if (sent !== null) {
    parts.push(text.sent(whole.format(sent)));
  }
  // On a narrow screen it breaks between its parts.
  const shown = [...parts, text.status[status]].filter(Boolean);
  return shown.map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

/**
 * What the conversation saved; empty while that is nothing.
 * @param {import('./chat-store.js').Total | null} total
 */
export function totalLine(total) {
  if (!total || total.tokens <= 0) return '';
  const parts = [text.tokens(whole.format(total.tokens))];
  if (total.cost > 0) parts.push(money(total.cost, total.currency));
  return text.total(parts);
}

/** The time of today's messages, date and time of older ones. @param {string} stamp ISO 8601 */
export function when(stamp) {
  const date = new Date(stamp);
  if (Number.isNaN(date.getTime())) return '';
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(locale, { timeStyle: 'short', ...(today ? {} : { dateStyle: 'medium' }) });
}
