// Callers of `tour` and `flowmeter` by the reference implementation of HAWK and the reference BSON, both for Node.js.
//
// `COUNTERSIGN_INFO` is the line of JSON that `countersign dev --json` prints; `NODE_PATH` names the packages.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const bson = require('bson');
const hawk = require('hawk');

const INFO = JSON.parse(process.env.COUNTERSIGN_INFO);
const LOGIN = 'login-Passw0rd';
const TOUR = '/api/WebInterface/Agent/ChangePayPassword';
const FLOWMETER = '/api/Agent/Ent/Password/ResetPwd';
const FLOWMETER_KEY = { ...INFO.hawk, algorithm: 'sha256' };
const CONTRACTS = 'http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer';
let checks = 0;
let people = 0;

async function native(method, path, body) {
  const headers = { authorization: `Bearer ${INFO.api_key}`, 'content-type': 'application/json' };
  const answer = await fetch(INFO.url + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, json: answer.status === 204 ? null : await answer.json() };
}

/** An account of its own with every secret and a session, so that no case spoils another. */
async function newPerson() {
  const n = ++people;
  const numbers = { agentid: 8000000000 + process.pid, usercode: n };
  const known = { username: `node-${process.pid}-${n}`, mobile: `136${process.pid % 10000}`.padEnd(7, '0') + `${n}`.padStart(4, '0') };
  const secrets = { login: LOGIN, payment: 'old-payment' };
  const made = await native('POST', '/v1/accounts', { username: known.username, mobiles: [known.mobile], ...numbers, secrets });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const session = await native('POST', '/v1/sessions', { username: known.username, login: LOGIN });
  const key = session.json.session_key + upperMd5(LOGIN);
  return { ...known, numbers, id: made.json.id, message: key, credentials: { id: session.json.hawk_id, key, algorithm: 'sha256' } };
}

async function newCode(person, purpose) {
  assert.equal((await native('POST', `/v1/accounts/${person.id}/codes`, { purpose })).status, 202);
  const { messages } = (await native('GET', `/v1/dev/outbox?account_id=${person.id}`)).json;
  return messages.at(-1).code;
}

async function verifies(person, kind, secret) {
  return (await native('POST', `/v1/accounts/${person.id}/secrets/${kind}/verify`, { secret })).status === 200;
}

function upperMd5(text) {
  return crypto.createHash('md5').update(text, 'utf8').digest('hex').toUpperCase();
}

/** Triple DES by OpenSSL. */
function encrypt(message, secret) {
  const key = crypto.createHash('sha256').update(message, 'utf8').digest().subarray(0, 24);
  const cipher = crypto.createCipheriv('des-ede3', key, null);
  return Buffer.concat([cipher.update(upperMd5(secret)), cipher.final()]).toString('base64');
}

function writers(namespace, root) {
  const xml = (members) => {
    const inner = Object.keys(members).sort().map((name) => `<${name}>${members[name]}</${name}>`);
    return Buffer.from(`<${root} xmlns="${CONTRACTS}.${namespace}">${inner.join('')}</${root}>`);
  };
  return [
    ['application/json; charset=utf-8', (members) => Buffer.from(JSON.stringify(members))],
    ['application/xml', xml],
    ['application/x-www-form-urlencoded', (members) => Buffer.from(new URLSearchParams(members).toString())],
    ['application/bson', (members) => Buffer.from(bson.serialize(members))],
  ];
}

function header(path, credentials, contentType, payload, options = {}) {
  return hawk.client.header(INFO.url + path, 'POST', { credentials, contentType, payload, ...options });
}

/** Sends, and has the reference client prove the answer: `required` refuses one that is not signed. */
async function send(path, credentials, contentType, payload, signed) {
  const headers = { authorization: signed.header, 'content-type': contentType };
  const answer = await fetch(INFO.url + path, { method: 'POST', headers, body: payload });
  const body = Buffer.from(await answer.arrayBuffer());
  const response = { headers: Object.fromEntries(answer.headers) };
  const proven = hawk.client.authenticate(response, credentials, signed.artifacts, { payload: body, required: true });
  checks += 1;
  return { status: answer.status, type: response.headers['content-type'], body, challenge: proven.headers['www-authenticate'] };
}

const call = (path, credentials, contentType, payload, options) =>
  send(path, credentials, contentType, payload, header(path, credentials, contentType, payload, options));

function errcode({ type, body }) {
  if (type.startsWith('application/bson')) return bson.deserialize(body).errcode;
  if (type.startsWith('application/xml')) return Number(/<errcode>(\d+)<\/errcode>/.exec(body.toString())[1]);
  return JSON.parse(body.toString()).errcode;
}

async function everyBody() {
  for (const [type, write] of writers('Tour.V5.Parm.WebInterface', 'NewPasswordWithVerifyCodeParm')) {
    const person = await newPerson();
    const { username, mobile } = person;
    const members = { newpassword: encrypt(person.message, `new-${type}`), verifycode: await newCode(person, 'payment_change'), mobile, username };
    const wrong = await call(TOUR, person.credentials, type, write({ ...members, verifycode: 'wrong' }));
    assert.deepEqual([wrong.status, errcode(wrong)], [200, 2], type);
    const invalid = await call(TOUR, person.credentials, type, write({ ...members, mobile: '123456789012' }));
    assert.equal(invalid.status, 400, type);
    const right = await call(TOUR, person.credentials, type, write(members));
    assert.deepEqual([right.status, errcode(right)], [200, 0], right.body.toString());
    assert(await verifies(person, 'payment', `new-${type}`), type);
  }
  for (const [type, write] of writers('Flowmeter', 'AgentResetPwdParm')) {
    const person = await newPerson();
    const code = await newCode(person, 'login_reset');
    const members = { ...person.numbers, verifycode: code, newpwd: encrypt(upperMd5(code), `new-${type}`) };
    const undecryptable = await call(FLOWMETER, FLOWMETER_KEY, type, write({ ...members, newpwd: 'AAAA' }));
    assert.deepEqual([undecryptable.status, errcode(undecryptable)], [200, 1], type);
    const right = await call(FLOWMETER, FLOWMETER_KEY, type, write(members), { ext: 'some-app-data' });
    assert.deepEqual([right.status, errcode(right)], [200, 0], right.body.toString());
    assert(await verifies(person, 'login', `new-${type}`), type);
  }
}

async function staleThenRight() {
  const person = await newPerson();
  for (const [path, credentials] of [[TOUR, person.credentials], [FLOWMETER, FLOWMETER_KEY]]) {
    const [type, payload] = ['application/json', Buffer.from('{}')];
    const stale = await call(path, credentials, type, payload, { localtimeOffsetMsec: -3_600_000 });
    assert.deepEqual([stale.status, stale.challenge.error], [401, 'Stale timestamp']);
    // `authenticate` has checked `tsm`, so the server's time may be trusted for the retry.
    const retry = await call(path, credentials, type, payload, { timestamp: Number(stale.challenge.ts) });
    assert.equal(retry.status, 400, 'past HAWK, at validation');
  }
}

async function replay() {
  const person = await newPerson();
  const code = await newCode(person, 'login_reset');
  const payload = Buffer.from(JSON.stringify({ ...person.numbers, verifycode: code, newpwd: encrypt(upperMd5(code), 'replay-1') }));
  const signed = header(FLOWMETER, FLOWMETER_KEY, 'application/json', payload);
  const first = await send(FLOWMETER, FLOWMETER_KEY, 'application/json', payload, signed);
  assert.deepEqual([first.status, errcode(first)], [200, 0]);
  const second = await send(FLOWMETER, FLOWMETER_KEY, 'application/json', payload, signed);
  assert.deepEqual([second.status, second.challenge.error], [401, 'Invalid nonce']);
}

async function strangersLearnNothing() {
  const credentials = { ...FLOWMETER_KEY, key: 'not-the-key' };
  const signed = header(FLOWMETER, credentials, 'application/json', '{}', { localtimeOffsetMsec: -3_600_000 });
  const headers = { authorization: signed.header, 'content-type': 'application/json' };
  const answer = await fetch(INFO.url + FLOWMETER, { method: 'POST', headers, body: '{}' });
  assert.equal(answer.headers.get('www-authenticate'), 'Hawk error="Bad mac"');
  assert.equal(answer.headers.get('server-authorization'), null);
  checks += 1;
}

(async () => {
  for (const part of [everyBody, staleThenRight, replay, strangersLearnNothing]) await part();
  console.log(JSON.stringify({ checks }));
})();
