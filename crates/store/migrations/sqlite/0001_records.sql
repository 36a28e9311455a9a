-- Everything the embedded store keeps. Records are opaque: src/record says what their bytes mean.
-- The account's id leads every key of what belongs to an account. A `hash` is a keyed hash; the value is nowhere.

CREATE TABLE accounts (
    id     BLOB NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_tenant ON accounts (tenant, id);

-- A unique name. No two accounts have the same.
CREATE TABLE names (
    hash       BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_account ON names (account_id);

-- A mobile number, which several accounts may share.
CREATE TABLE mobiles (
    hash       BLOB NOT NULL,
    account_id BLOB NOT NULL,
    PRIMARY KEY (hash, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mobiles_by_account ON mobiles (account_id);

CREATE TABLE sessions (
    hash       BLOB    NOT NULL PRIMARY KEY,
    account_id BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- The audit trail. It outlives its account, so nothing here refers to one.
CREATE TABLE events (
    account_id BLOB NOT NULL,
    id         BLOB NOT NULL,
    tenant     TEXT NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_tenant ON events (tenant, id);

CREATE TABLE apps (
    id     BLOB NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX apps_by_tenant ON apps (tenant, id);

-- What may happen once: nonces of requests.
CREATE TABLE once (
    hash       BLOB    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_end ON once (expires_at);

-- What may happen so often in a span: `times` are 8 bytes each, `span` the longest that was ever asked about.
CREATE TABLE counters (
    hash       BLOB    NOT NULL PRIMARY KEY,
    span       INTEGER NOT NULL,
    times      BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_end ON counters (expires_at);

-- Idempotency keys; without an answer, the request is running or was when the server died.
CREATE TABLE idempotency (
    hash        BLOB    NOT NULL PRIMARY KEY,
    fingerprint BLOB    NOT NULL,
    answer      BLOB,
    -- Whom the answer tells of, so that it goes with the account.
    account_id  BLOB,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_account ON idempotency (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX idempotency_by_end ON idempotency (expires_at);

-- Wrapped keys, useless without the master key.
CREATE TABLE keys (
    id      INTEGER NOT NULL PRIMARY KEY,
    wrapped BLOB    NOT NULL
) STRICT;

-- One row that health checks write, to prove that a durable write works.
CREATE TABLE pulse (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    beats INTEGER NOT NULL
) STRICT;
INSERT INTO pulse (id, beats) VALUES (1, 0);
