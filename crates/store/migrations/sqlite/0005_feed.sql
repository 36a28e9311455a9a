-- The ordered feed of events, and who is told of them.

-- Every event that was ever committed, in the order in which that happened: who has seen a place need never look before
-- it again. Its last row is never swept, so that no place is given twice.
CREATE TABLE feed (
    place      INTEGER NOT NULL PRIMARY KEY,
    account_id BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    tenant     TEXT    NOT NULL
) STRICT;

-- Events without a place yet. Only a copy from another engine leaves any here.
CREATE TABLE outbox (
    id         BLOB NOT NULL,
    account_id BLOB NOT NULL,
    tenant     TEXT NOT NULL,
    PRIMARY KEY (id, account_id)
) STRICT, WITHOUT ROWID;

-- Up to which place the feed was forgotten.
CREATE TABLE forgotten (
    name  TEXT    NOT NULL PRIMARY KEY,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is told by a webhook, and how far.
CREATE TABLE webhooks (
    id     BLOB NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What a webhook was told in vain: to be tried again when it is due, or given up, and then never due.
CREATE TABLE deliveries (
    webhook_id BLOB    NOT NULL,
    place      INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    record     BLOB    NOT NULL,
    PRIMARY KEY (webhook_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_due ON deliveries (webhook_id, due);
