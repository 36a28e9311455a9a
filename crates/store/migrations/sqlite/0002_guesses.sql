-- Guesses at what no account holds, and over many accounts.

-- Ledgers of names that nobody has, and of secrets that are not set: they lock as those of others do. A table of fixed
-- size, because anyone can make up names: a name's slot is part of its keyed hash, and another name in the same slot
-- takes its place.
CREATE TABLE unknown_names (
    slot       INTEGER NOT NULL PRIMARY KEY,
    hash       BLOB    NOT NULL,
    ledger     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX unknown_names_by_end ON unknown_names (expires_at);

-- On how many accounts guesses from one network, or with one secret, missed.
CREATE TABLE watches (
    hash       BLOB    NOT NULL PRIMARY KEY,
    watch      BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX watches_by_end ON watches (expires_at);

-- Until then whoever claimed the key may still be at work; afterwards the same request may carry on in its place.
ALTER TABLE idempotency ADD COLUMN leased_until INTEGER NOT NULL DEFAULT 0;

-- What is written where an account would be updated that is not there, so that it takes as long. Never read.
CREATE TABLE blanks (
    slot   INTEGER NOT NULL PRIMARY KEY,
    record BLOB    NOT NULL
) STRICT;
