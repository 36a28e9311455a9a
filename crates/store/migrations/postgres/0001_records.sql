-- Everything the store keeps in PostgreSQL, or in a database that speaks its protocol. Records are opaque: src/record
-- says what their bytes mean, and they are the same in every engine.
--
-- Made to be spread: what belongs to an account is led by the account's id, what is looked up by a keyed hash is led by
-- that, and whatever must be walked in the order of time is led by a shard, one of sixteen, so that the newest rows are
-- not all in one place. No sequence, no trigger, no function, no reference from one table to another.
-- Times are milliseconds since 1970. docs/adr/0018 names each rule and who documents it.

CREATE TABLE IF NOT EXISTS accounts (
    id       BYTEA  NOT NULL PRIMARY KEY,
    tenant   TEXT   NOT NULL,
    -- What it is found by, 5 bytes each, so that an erased account's look-ups are found (src/mark.rs).
    found_by BYTEA  NOT NULL,
    record   BYTEA  NOT NULL,
    -- How often the row was written, and which write was the last: whoever lost the answer to a commit asks whether it was
    -- made.
    version  BIGINT NOT NULL,
    writer   BYTEA  NOT NULL
-- Room in each page, so that a row which is written again stays there and its index is left alone.
) WITH (fillfactor = 85);

-- A unique name. No two accounts have the same.
CREATE TABLE IF NOT EXISTS names (
    hash       BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL
);

-- A mobile number, which several accounts may share.
CREATE TABLE IF NOT EXISTS mobiles (
    hash       BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    PRIMARY KEY (hash, account_id)
);

CREATE TABLE IF NOT EXISTS sessions (
    hash       BYTEA    NOT NULL PRIMARY KEY,
    account_id BYTEA    NOT NULL,
    expires_at BIGINT   NOT NULL,
    shard      SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_account ON sessions (account_id);
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (shard, expires_at);

-- The audit trail. It outlives its account, so nothing here refers to one. An event's id begins with its time, so its
-- months are parts of their own where the database can (src/postgres/migration.rs).
CREATE TABLE IF NOT EXISTS events (
    account_id BYTEA    NOT NULL,
    id         BYTEA    NOT NULL,
    tenant     TEXT     NOT NULL,
    record     BYTEA    NOT NULL,
    shard      SMALLINT NOT NULL,
    PRIMARY KEY (account_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX IF NOT EXISTS events_by_time ON events (shard, id);
CREATE TABLE IF NOT EXISTS events_of_other_times PARTITION OF events DEFAULT;

CREATE TABLE IF NOT EXISTS apps (
    id     BYTEA NOT NULL PRIMARY KEY,
    tenant TEXT  NOT NULL,
    record BYTEA NOT NULL
);

-- What may happen once: nonces of requests.
CREATE TABLE IF NOT EXISTS once (
    hash       BYTEA    NOT NULL PRIMARY KEY,
    expires_at BIGINT   NOT NULL,
    shard      SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS once_by_end ON once (shard, expires_at);

-- What may happen so often in a span: `times` are 8 bytes each, `span` the longest that was ever asked about.
CREATE TABLE IF NOT EXISTS counters (
    hash       BYTEA    NOT NULL PRIMARY KEY,
    span       BIGINT   NOT NULL,
    times      BYTEA    NOT NULL,
    expires_at BIGINT   NOT NULL,
    shard      SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS counters_by_end ON counters (shard, expires_at);

-- Idempotency keys; without an answer, the request is running or was when the server died.
CREATE TABLE IF NOT EXISTS idempotency (
    hash         BYTEA    NOT NULL PRIMARY KEY,
    fingerprint  BYTEA    NOT NULL,
    answer       BYTEA,
    -- Whom the answer tells of, so that it goes with the account.
    account_id   BYTEA,
    expires_at   BIGINT   NOT NULL,
    -- Until then whoever claimed the key may still be at work; afterwards the same request may carry on in its place.
    leased_until BIGINT   NOT NULL,
    shard        SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS idempotency_by_account ON idempotency (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idempotency_by_end ON idempotency (shard, expires_at);

-- Ledgers of names that nobody has. A table of fixed size: a name's slot is part of its keyed hash.
CREATE TABLE IF NOT EXISTS unknown_names (
    slot       BIGINT   NOT NULL PRIMARY KEY,
    hash       BYTEA    NOT NULL,
    ledger     BYTEA    NOT NULL,
    expires_at BIGINT   NOT NULL,
    shard      SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS unknown_names_by_end ON unknown_names (shard, expires_at);

-- On how many accounts guesses from one network, or with one secret, missed; and what codes to one prefix have cost.
CREATE TABLE IF NOT EXISTS watches (
    hash       BYTEA    NOT NULL PRIMARY KEY,
    watch      BYTEA    NOT NULL,
    expires_at BIGINT   NOT NULL,
    shard      SMALLINT NOT NULL
);
CREATE INDEX IF NOT EXISTS watches_by_end ON watches (shard, expires_at);

-- Wrapped keys, useless without the master key.
CREATE TABLE IF NOT EXISTS keys (
    id      BIGINT NOT NULL PRIMARY KEY,
    wrapped BYTEA  NOT NULL
);

-- The keys that receipts are signed with. A row stays for good: receipts of a key that was replaced still verify.
CREATE TABLE IF NOT EXISTS signing_keys (
    -- The thumbprint of the public key (RFC 7638); its text is the `kid` of tokens.
    id         BYTEA  NOT NULL PRIMARY KEY,
    algorithm  TEXT   NOT NULL,
    -- The public key as a JWK (RFC 7517).
    public     TEXT   NOT NULL,
    -- The private key, sealed.
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    -- From when on another key signs, once one is there.
    retired_at BIGINT
);

-- What is written where an account would be updated that is not there, so that it takes as long. Never read.
CREATE TABLE IF NOT EXISTS blanks (
    slot   INT4  NOT NULL PRIMARY KEY,
    record BYTEA   NOT NULL
);

-- One row that health checks write, to prove that a durable write works.
CREATE TABLE IF NOT EXISTS pulse (
    id    INT4   NOT NULL PRIMARY KEY,
    beats BIGINT  NOT NULL
);
INSERT INTO pulse (id, beats) VALUES (1, 0) ON CONFLICT (id) DO NOTHING;

-- Who does what only one server at a time should do, and until when.
CREATE TABLE IF NOT EXISTS leases (
    name   TEXT   NOT NULL PRIMARY KEY,
    holder BYTEA  NOT NULL,
    until  BIGINT NOT NULL
);

-- Events that have no place in the feed yet. Written in the transaction of what they tell of; an event's id begins with
-- its time, so each shard is walked from its oldest.
CREATE TABLE IF NOT EXISTS outbox (
    shard      SMALLINT NOT NULL,
    id         BYTEA    NOT NULL,
    account_id BYTEA    NOT NULL,
    tenant     TEXT     NOT NULL,
    PRIMARY KEY (shard, id, account_id)
);

-- Every event in one order: who has seen a place need never look before it again. Written by one server at a time, many
-- rows at once; its last row is never swept, so that no place is given twice.
CREATE TABLE IF NOT EXISTS feed (
    place      BIGINT NOT NULL PRIMARY KEY,
    account_id BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    tenant     TEXT   NOT NULL
);

-- Up to which place the feed was forgotten.
CREATE TABLE IF NOT EXISTS forgotten (
    name  TEXT   NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL
);

-- Who is told by a webhook, and how far.
CREATE TABLE IF NOT EXISTS webhooks (
    id     BYTEA NOT NULL PRIMARY KEY,
    tenant TEXT  NOT NULL,
    record BYTEA NOT NULL
);

-- What a webhook was told in vain: to be tried again when it is due, or given up, and then never due.
CREATE TABLE IF NOT EXISTS deliveries (
    webhook_id BYTEA  NOT NULL,
    place      BIGINT NOT NULL,
    due        BIGINT NOT NULL,
    record     BYTEA  NOT NULL,
    PRIMARY KEY (webhook_id, place)
);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (webhook_id, due);

-- A copy of another store into this one that is not finished, and who makes it. While its row is here no server serves.
CREATE TABLE IF NOT EXISTS copies (
    name   TEXT  NOT NULL PRIMARY KEY,
    holder BYTEA NOT NULL
);
