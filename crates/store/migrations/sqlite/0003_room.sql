-- Less room for each account: what the key of a row says is not said again.
--
-- Of a keyed hash the first 16 bytes are kept. Two of ten million names meet with a chance of one in 2^82; whoever
-- wants two that meet must create 2^64 of them, because the key is not in the database.
-- The default tenant is the empty text, which takes no room.
-- What an account is found by stands in its own row, as 5 bytes each (src/sqlite/lookup.rs), in place of an index of
-- each table by account.

CREATE TABLE accounts_of_3 (
    id       BLOB NOT NULL PRIMARY KEY,
    tenant   TEXT NOT NULL,
    found_by BLOB NOT NULL,
    record   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO accounts_of_3 (id, tenant, found_by, record)
    SELECT id, CASE tenant WHEN 'default' THEN '' ELSE tenant END,
        unhex(coalesce((SELECT group_concat('6E' || hex(substr(hash, 1, 4)), '') FROM names
                        WHERE account_id = accounts.id), '')
           || coalesce((SELECT group_concat('6D' || hex(substr(hash, 1, 4)), '') FROM mobiles
                        WHERE account_id = accounts.id), '')),
        record
    FROM accounts ORDER BY id;
DROP TABLE accounts;
ALTER TABLE accounts_of_3 RENAME TO accounts;
CREATE INDEX accounts_by_tenant ON accounts (tenant, id);

CREATE TABLE names_of_3 (
    hash       BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO names_of_3 SELECT substr(hash, 1, 16), account_id FROM names ORDER BY hash;
DROP TABLE names;
ALTER TABLE names_of_3 RENAME TO names;

CREATE TABLE mobiles_of_3 (
    hash       BLOB NOT NULL,
    account_id BLOB NOT NULL,
    PRIMARY KEY (hash, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO mobiles_of_3 SELECT substr(hash, 1, 16), account_id FROM mobiles ORDER BY hash, account_id;
DROP TABLE mobiles;
ALTER TABLE mobiles_of_3 RENAME TO mobiles;

UPDATE events SET tenant = '' WHERE tenant = 'default';
