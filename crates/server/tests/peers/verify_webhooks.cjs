// Verifies messages of webhooks with the standard's own library (v1), and with Node's own Ed25519 (v1a).
'use strict';

const crypto = require('node:crypto');
const { Webhook } = require('standardwebhooks');

// What stands before the 32 bytes of an Ed25519 key (RFC 8410, section 4).
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function verify({ headers, body, key }) {
  if (key.startsWith('whsec_')) return new Webhook(key).verify(body, headers);
  const bytes = Buffer.from(key.slice('whpk_'.length), 'base64');
  const open = crypto.createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
  const [version, signature] = headers['webhook-signature'].split(',');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const right = crypto.verify(null, Buffer.from(signed), open, Buffer.from(signature, 'base64'));
  if (version !== 'v1a' || !right) throw new Error('not signed by that key');
  return JSON.parse(body);
}

function refused(one) {
  try {
    verify(one);
  } catch {
    return;
  }
  throw new Error('what is not signed was verified');
}

for (const one of JSON.parse(process.env.CASES)) {
  if (verify(one).data.id !== one.headers['webhook-id']) throw new Error('another event');
  refused({ ...one, body: `${one.body} ` });
}
JSON.parse(process.env.WRONG).forEach(refused);
console.log('verified');
