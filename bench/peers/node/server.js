// A PIN service as one would write it in an afternoon: fastify, npm argon2, a counter in SQLite.
// node server.js DATABASE; prints its address. POST /verify {"account": "...", "pin": "......"}
'use strict';

const argon2 = require('argon2');
const Database = require('better-sqlite3');
const fastify = require('fastify')();

const LIMIT = 5;

const db = new Database(process.argv[2]);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
const find = db.prepare('SELECT hash, failed FROM accounts WHERE name = ?');
const miss = db.prepare('UPDATE accounts SET failed = failed + 1 WHERE name = ?');
const reset = db.prepare('UPDATE accounts SET failed = 0 WHERE name = ?');

const body = {
  type: 'object',
  required: ['account', 'pin'],
  properties: { account: { type: 'string', maxLength: 64 }, pin: { type: 'string', pattern: '^[0-9]{6}$' } },
};

fastify.post('/verify', { schema: { body } }, async (request, reply) => {
  const { account, pin } = request.body;
  const row = find.get(account);
  if (!row) return reply.code(404).send({ ok: false });
  if (row.failed >= LIMIT) return reply.code(423).send({ ok: false });
  if (!(await argon2.verify(row.hash, pin))) {
    miss.run(account);
    return reply.code(401).send({ ok: false });
  }
  if (row.failed > 0) reset.run(account);
  return { ok: true };
});

fastify.listen({ host: '127.0.0.1', port: 0 }).then((address) => console.log(address));
