// A shop that moves pretend money only with a consumed intent. It needs Node 20 or later and nothing else.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, SHOP_WEBHOOK_SECRET = '' } = process.env;
const { SHOP_LEDGER = 'ledger.jsonl', SHOP_PORT = '8090' } = process.env;
const PRICES = { tea: 1250, cup: 3900 }; // in fen
const PAYEE = 'The Tea Shop';
const BODY_MAX = 64 * 1024;
const WEBHOOK_TOLERANCE_S = 300;
const AGAIN_MS = 2000; // how often payments in doubt are looked after
const PATIENCE_MS = 30_000; // how long one call of Countersign may take

/** What a caller is told instead of a success. A status of 0: nobody has answered us. */
class Refused extends Error {
  constructor(status, code, more = {}) {
    super(code);
    Object.assign(this, { status, code, body: { ...more, code } });
  }
}

/** One fact a line, on the disk before anything is built on it. What the shop knows is made from these lines alone. */
class Ledger {
  customers = new Map(); // account → { balance, cart, reserved: what payments that are being used may still take }
  payments = new Map(); // intent → { account, digested, attempt, state: asked | using | moved | failed, … }
  events = new Set(); // ids of webhooks that were taken

  constructor(path) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const end = bytes.lastIndexOf('\n') + 1;
    if (end < bytes.length) truncateSync(path, end); // nobody was told of a line that a crash has torn
    const lines = bytes.toString('utf8', 0, end).split('\n').filter(Boolean);
    lines.forEach((line) => this.#apply(JSON.parse(line)));
    this.file = openSync(path, 'a', 0o600);
  }

  write(fact) {
    writeSync(this.file, `${JSON.stringify(fact)}\n`);
    fsyncSync(this.file);
    this.#apply(fact);
  }

  /** The id of this customer's payment that is not over, if there is one. */
  openOf(account) {
    const over = ({ state }) => state === 'moved' || state === 'failed';
    return [...this.payments].find(([, payment]) => payment.account === account && !over(payment))?.[0];
  }

  #apply({ fact, intent, account, ...said }) {
    const payment = this.payments.get(intent);
    const customer = this.customers.get(account ?? payment?.account);
    const kept = payment?.state === 'using' ? payment.fen : 0; // reserved for this payment, until now
    if (fact === 'customer') this.customers.set(account, { balance: said.balance, cart: {}, reserved: 0 });
    if (fact === 'cart') customer.cart = said.cart;
    if (fact === 'asked') this.payments.set(intent, { account, ...said, attempt: 0, state: 'asked' });
    if (fact === 'missed') payment.attempt += 1;
    if (['using', 'failed', 'moved'].includes(fact)) {
      Object.assign(payment, said, { state: fact });
      customer.reserved += (fact === 'using' ? payment.fen : 0) - kept;
    }
    if (fact === 'event') this.events.add(said.id);
    if (fact === 'moved') {
      customer.balance -= payment.fen;
      customer.cart = {};
    }
  }
}

const ledger = new Ledger(SHOP_LEDGER);

/** One call of Countersign's native API, a GET where there is no body; throws whatever is no success. */
async function countersign(path, body, key) {
  const headers = { authorization: `Bearer ${COUNTERSIGN_API_KEY}`, 'content-type': 'application/json' };
  if (key) headers['idempotency-key'] = key;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const request = { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal };
  let answer, told;
  try {
    answer = await fetch(COUNTERSIGN_URL + path, request);
    told = await answer.json();
  } catch {
    throw new Refused(0, 'no_answer');
  }
  if (!answer.ok) throw new Refused(answer.status, told.code, told);
  return told;
}

/** Whether it says nothing about the payment: the same request under the same key may still come out otherwise. */
const undecided = ({ status, code }) =>
  [0, 401, 429].includes(status) || status >= 500 || ['idempotency_conflict', 'forbidden'].includes(code);

/** What no PIN helps against: the payment is given up, and the person may ask anew. */
const hopeless = ({ status, code }) =>
  status === 423 ||
  ['limit_exceeded', 'code_required', 'intent_expired', 'intent_voided', 'intent_cancelled'].includes(code);

/** The canonical form (RFC 8785) that Countersign digests: JSON as JavaScript writes it, members in order. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

const digestOf = (value) => createHash('sha256').update(canonical(value)).digest('base64url');
const yuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
const total = (cart) => Object.entries(cart).reduce((sum, [item, count]) => sum + PRICES[item] * count, 0);
/** What the shop sells, as the intent must say it. */
const sale = (cart) => ({ amount: yuan(total(cart)), currency: 'CNY', payee: PAYEE, details: { cart } });

function known(map, id) {
  if (!map.has(id)) throw new Refused(404, 'not_found');
  return map.get(id);
}

async function addCustomer({ name, pin }) {
  const { id } = await countersign('/v1/accounts', { username: name, secrets: { payment: pin } });
  ledger.write({ fact: 'customer', account: id, balance: 100_00 });
  return { account: id };
}

function putIntoCart({ account, item, count }) {
  const { cart, reserved } = known(ledger.customers, account);
  if (reserved > 0) throw new Refused(409, 'being_paid');
  const fits = Object.hasOwn(PRICES, item) && Number.isInteger(count) && count >= 0 && count < 100;
  if (!fits) throw new Refused(422, 'no_such_item');
  ledger.write({ fact: 'cart', account, cart: { ...cart, [item]: count } });
  return { total: yuan(total(ledger.customers.get(account).cart)) };
}

const asking = new Map(); // account → the answer to a /pay that is under way

/** Puts the cart before its customer. It has one payment at a time: whoever clicks again gets the same one. */
function pay({ account }) {
  const begun = asking.get(account) ?? ask(account).finally(() => asking.delete(account));
  asking.set(account, begun);
  return begun;
}

async function ask(account) {
  const { cart } = known(ledger.customers, account);
  if (total(cart) === 0) throw new Refused(422, 'cart_empty');
  const digest = digestOf(sale(cart));
  const open = ledger.openOf(account);
  if (open) {
    const told = await stillOpen(open, digest);
    if (told) return told;
  }
  // The same number and cart after a crash: the same intent.
  const key = `pay-${account}-${ledger.payments.size}-${digest}`;
  const intent = await countersign('/v1/intents', { account_id: account, ...sale(cart) }, key);
  if (soldBy(intent) !== digest || digestOf(intent.digested) !== intent.digest) {
    throw new Refused(502, 'not_what_was_asked_for');
  }
  ledger.write({ fact: 'asked', intent: intent.id, account, digested: intent.digested });
  return shown(intent);
}

/** What the person reads comes from Countersign, as it was digested. */
const shown = ({ id, display, expires_at }) => ({
  intent: id, display, expires_at, attempt: ledger.payments.get(id).attempt,
});

function soldBy({ digested: { amount, currency, payee, details } }) {
  return digestOf({ amount, currency, payee, details });
}

/** The intent as it is now; of one that Countersign does not keep any more, this state alone. */
async function read(id) {
  try {
    return await countersign(`/v1/intents/${id}`);
  } catch (refused) {
    if (refused.code !== 'not_found') throw new Refused(503, 'in_doubt');
    return { state: 'forgotten' };
  }
}

/** The customer's payment again if it is good and for this very cart; else it is given up, or its end waited for. */
async function stillOpen(id, digest) {
  const payment = ledger.payments.get(id);
  const intent = await read(id);
  const open = intent.state === 'pending' || intent.state === 'approved';
  if (payment.state === 'asked' && open && soldBy(intent) === digest) return shown(intent);
  if (payment.state === 'asked') await giveUp(id, payment, open ? 'cart_changed' : `intent_${intent.state}`);
  if (payment.state === 'using' || payment.state === 'asked') throw new Refused(409, 'being_paid');
  if (payment.state === 'moved') throw new Refused(422, 'cart_empty');
  return undefined;
}

/** Takes the PIN, or nothing where a window is open, and pays. A second click with the same PIN is the same request. */
async function approve({ intent, pin, attempt }) {
  const payment = known(ledger.payments, intent);
  if (payment.state === 'asked') {
    if (attempt !== payment.attempt) throw new Refused(409, 'form_outdated', { attempt: payment.attempt });
    const body = pin === undefined ? {} : { secret: pin };
    try {
      await countersign(`/v1/intents/${intent}/approve`, body, `approve-${intent}-${attempt}`);
    } catch (refused) {
      if (['secret_incorrect', 'secret_required'].includes(refused.code)) {
        if (attempt === payment.attempt) ledger.write({ fact: 'missed', intent });
        refused.body.attempt = payment.attempt;
      }
      // Payments rest, the PIN is locked, the time is over: the goods are not kept for as long as that takes.
      if (hopeless(refused)) await giveUp(intent, payment, refused.code);
      // Approved before a crash, and not used yet: go on.
      else if (refused.code !== 'intent_already_approved') throw refused;
    }
    await use(intent, payment);
  }
  await settle(intent, payment);
  return { moved: yuan(payment.fen), balance: yuan(ledger.customers.get(payment.account).balance) };
}

/**
 * Writes down what is about to be done, before it is, and with that keeps the money back for it. The digest is of what would be
 * sold now, not of what was shown.
 */
async function use(intent, payment) {
  if (payment.state !== 'asked') return;
  const { balance, reserved, cart } = ledger.customers.get(payment.account);
  const fen = total(cart);
  if (fen > balance - reserved) return giveUp(intent, payment, 'no_money');
  ledger.write({ fact: 'using', intent, fen, digest: digestOf({ ...payment.digested, ...sale(cart) }) });
}

/**
 * Consumes, and only then moves the money. Asked again under the same key Countersign gives the first answer, so this may be
 * repeated until it is answered; and because two callers can then both be told 200, the ledger moves each intent once.
 */
async function settle(intent, payment) {
  if (payment.state === 'using') {
    try {
      await countersign(`/v1/intents/${intent}/consume`, { digest: payment.digest }, `use-${intent}`);
      moved(intent, payment);
    } catch (refused) {
      if (undecided(refused)) throw new Refused(503, 'in_doubt');
      await decide(intent, payment, refused.code);
    }
  }
  if (payment.state === 'failed') throw new Refused(409, payment.code);
}

/**
 * Consuming was refused. After a day Countersign has forgotten the key, and says so too of what this shop itself has consumed: so
 * the intent is read first. Nobody else consumes, so one that is consumed by our digest was ours. One that is not kept any more
 * stays in doubt: the audit trail knows, and a person has to look.
 */
async function decide(intent, payment, code) {
  const { state, digest } = await read(intent);
  if (state === 'forgotten') throw new Refused(503, 'in_doubt');
  if (state === 'consumed' && digest === payment.digest) moved(intent, payment);
  else await giveUp(intent, payment, code);
}

function moved(intent, payment) {
  if (payment.state === 'using') ledger.write({ fact: 'moved', intent });
}

/**
 * Takes the intent back, and only then says that the payment failed: many a refusal is of the moment, and the same request could
 * come out otherwise later. No money has moved, so none goes back. Another request may have been quicker: then it was used.
 */
async function giveUp(intent, payment, code) {
  const begun = payment.state;
  try {
    await countersign(`/v1/intents/${intent}/cancel`, {});
  } catch (refused) {
    const over = ['intent_expired', 'intent_voided', 'intent_cancelled'].includes(refused.code);
    // What the shop never tried to use, and is not kept any more, was not used.
    if (!over && !(begun === 'asked' && refused.code === 'not_found')) throw new Refused(503, 'in_doubt');
  }
  if (payment.state === begun && begun !== 'failed') ledger.write({ fact: 'failed', intent, code });
}

/** Payments that were begun and whose end is not known: after a crash, or where nobody had answered. */
async function lookAfter() {
  for (const [intent, payment] of ledger.payments) {
    if (payment.state === 'using') await settle(intent, payment).catch((refused) => console.error(intent, refused.code));
  }
  setTimeout(lookAfter, AGAIN_MS);
}

/** Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`; one of several signatures must fit, and the time. */
function takeEvent(body, { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures = '' }) {
  const key = Buffer.from(SHOP_WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
  const right = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest();
  const fits = signatures.split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === right.length && timingSafeEqual(given, right);
  });
  const recent = Math.abs(Date.now() / 1000 - Number(at)) <= WEBHOOK_TOLERANCE_S;
  if (key.length < 24 || !id || !fits || !recent) throw new Refused(401, 'not_signed');
  // The same event may come more than once, and none says more than where to look.
  if (!ledger.events.has(id)) ledger.write({ fact: 'event', id, type: parsed(body).type });
  return {};
}

function parsed(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    throw new Refused(400, 'not_json');
  }
}

const showCustomer = ({ account }) => {
  const { balance, cart } = known(ledger.customers, account);
  return { balance: yuan(balance), cart };
};
const routes = {
  '/customer': addCustomer, '/cart': putIntoCart, '/pay': pay, '/approve': approve, '/balance': showCustomer,
};

async function answerTo(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    if ((size += part.length) > BODY_MAX) throw new Refused(413, 'too_large');
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  if (request.method !== 'POST') throw new Refused(405, 'post_only');
  if (request.url === '/webhook') return takeEvent(body, request.headers);
  if (!Object.hasOwn(routes, request.url)) throw new Refused(404, 'not_found');
  return routes[request.url](parsed(body));
}

const server = createServer((request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  answerTo(request).then((told) => send(200, told), (error) => {
    if (error instanceof Refused) return send(error.status || 503, error.body);
    console.error(error.message); // never the request: it may hold a PIN
    return send(500, { code: 'broken' });
  });
});

await lookAfter();
server.listen(Number(SHOP_PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
