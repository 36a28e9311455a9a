//! What no statement says.

use crate::rules::{Rule, says};

pub(crate) static WORDS: &[Rule] = &[
    Rule {
        name: "no sequence",
        offence: |it| says(it, &["SEQUENCE", "SERIAL", "BIGSERIAL", "SMALLSERIAL", "IDENTITY", "NEXTVAL"]),
        bad: &["CREATE SEQUENCE n", "CREATE TABLE t (id BIGSERIAL)", "SELECT nextval('n')"],
        good: &["INSERT INTO apps (id) VALUES ($1)"],
    },
    Rule {
        name: "no trigger, function or rule",
        offence: |it| says(it, &["TRIGGER", "FUNCTION", "PROCEDURE", "RULE", "DO $", "CALL", "LANGUAGE"]),
        bad: &[
            "CREATE TRIGGER a",
            "CREATE OR REPLACE FUNCTION f()",
            "CREATE RULE r AS",
            "DO $$ BEGIN END $$",
        ],
        good: &["INSERT INTO apps (id) VALUES ($1) ON CONFLICT (id) DO NOTHING"],
    },
    Rule {
        name: "no notice between connections",
        offence: |it| says(it, &["LISTEN", "UNLISTEN", "NOTIFY", "PG_NOTIFY"]),
        bad: &["LISTEN apps", "NOTIFY apps", "SELECT pg_notify('apps', '')"],
        good: &[],
    },
    Rule {
        name: "no reference between tables",
        offence: |it| says(it, &["REFERENCES", "FOREIGN KEY"]),
        bad: &["CREATE TABLE t (a BYTEA REFERENCES accounts)", "ALTER TABLE t ADD FOREIGN KEY (a)"],
        good: &["CREATE TABLE t (account_id BYTEA NOT NULL PRIMARY KEY)"],
    },
    Rule {
        name: "no lock but of rows",
        offence: |it| {
            let advisory =
                it.tokens.iter().find(|token| token.starts_with("PG_") && token.contains("ADVISORY"));
            advisory
                .cloned()
                .or_else(|| says(it, &["LOCK TABLE", "ACCESS EXCLUSIVE", "FOR SHARE", "FOR KEY"]))
        },
        bad: &[
            "SELECT pg_try_advisory_lock(1)",
            "LOCK TABLE accounts IN EXCLUSIVE MODE",
            "SELECT 1 FOR SHARE",
        ],
        good: &["SELECT record FROM accounts WHERE id = $1 FOR UPDATE"],
    },
    Rule {
        name: "no lock that is not waited for",
        offence: |it| says(it, &["SKIP LOCKED", "NOWAIT"]),
        bad: &["SELECT a FROM t FOR UPDATE SKIP LOCKED", "SELECT a FROM t FOR UPDATE NOWAIT"],
        good: &[],
    },
    Rule {
        name: "nothing that outlives its transaction in a session",
        offence: |it| {
            says(it, &["TEMP", "TEMPORARY", "UNLOGGED", "DECLARE", "CURSOR", "WITH HOLD", "PREPARE"])
        },
        bad: &[
            "CREATE TEMP TABLE t (a TEXT)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "PREPARE p AS SELECT 1",
        ],
        good: &[],
    },
    Rule {
        name: "no transaction prepared by hand",
        offence: |it| says(it, &["PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED"]),
        bad: &["PREPARE TRANSACTION 'a'", "COMMIT PREPARED 'a'"],
        good: &["COMMIT"],
    },
    Rule {
        name: "no query that needs all shards at once",
        offence: |it| {
            says(it, &["OVER", "DISTINCT ON", "RECURSIVE", "TABLESAMPLE", "GROUPING", "ROLLUP", "CUBE"])
        },
        bad: &[
            "SELECT DISTINCT ON (a) a FROM t",
            "SELECT rank() OVER () FROM t",
            "WITH RECURSIVE t AS (SELECT 1)",
        ],
        good: &["SELECT count(*) FROM accounts"],
    },
    Rule {
        name: "no clock or dice of the database",
        offence: |it| {
            let clock = ["NOW (", "CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP", "CLOCK_TIMESTAMP"];
            says(it, &clock).or_else(|| says(it, &["RANDOM", "GEN_RANDOM_UUID", "TRANSACTION_TIMESTAMP"]))
        },
        bad: &["DELETE FROM once WHERE expires_at < now()", "SELECT random()", "SELECT CURRENT_TIMESTAMP"],
        good: &["DELETE FROM once WHERE shard = $1 AND expires_at < $2"],
    },
    Rule {
        name: "no column that the database keeps for itself",
        offence: |it| says(it, &["CTID", "XMIN", "XMAX", "TABLEOID", "PG_CURRENT_XACT_ID", "TXID_CURRENT"]),
        bad: &["SELECT xmin FROM accounts", "DELETE FROM once WHERE ctid = $1"],
        good: &["SELECT version FROM accounts WHERE id = $1"],
    },
    Rule {
        name: "whole numbers of a stated size, never divided",
        offence: |it| says(it, &["INT", "INTEGER", "NUMERIC", "DECIMAL", "/"]),
        bad: &["CREATE TABLE t (id INTEGER)", "SELECT $1::int[]", "SELECT n / 2 FROM t"],
        good: &["CREATE TABLE t (id BIGINT, shard SMALLINT)"],
    },
    Rule {
        name: "no constraint that is not checked at once",
        offence: |it| says(it, &["DEFERRABLE", "DEFERRED", "EXCLUDE", "INHERITS", "GENERATED"]),
        bad: &["CREATE TABLE t (a TEXT UNIQUE DEFERRABLE)", "CREATE TABLE t () INHERITS (s)"],
        good: &["INSERT INTO t (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a"],
    },
];
