//! What a statement must be like.

use crate::parts::{LEADS_INDEX, LEADS_KEY, changed, found_by, leaders, made, nested, primary_key};
use crate::rules::{Rule, says};

pub(crate) static SHAPES: &[Rule] = &[
    Rule {
        name: "every key is led by an id or a keyed hash",
        offence: |it| {
            let table = it.begins(&["CREATE", "TABLE"]) && !it.has(&["PARTITION", "OF"]);
            let key = primary_key(it);
            let led = key.first().is_some_and(|first| LEADS_KEY.contains(&first.as_str()));
            (table && !led).then(|| format!("key ({})", key.join(", ")))
        },
        bad: &[
            "CREATE TABLE t (id BYTEA)",
            "CREATE TABLE t (at BIGINT, id BYTEA, PRIMARY KEY (at, id))",
            "CREATE TABLE t (expires_at BIGINT NOT NULL PRIMARY KEY, id BYTEA)",
        ],
        good: &[
            "CREATE TABLE t (a TEXT, hash BYTEA NOT NULL PRIMARY KEY)",
            "CREATE TABLE p PARTITION OF t DEFAULT",
        ],
    },
    Rule {
        name: "every index is led by the account or a shard",
        offence: |it| {
            let index = it.begins(&["CREATE"]) && it.has(&["INDEX"]);
            let first = it.after(&["("]).and_then(<[String]>::first);
            let led = first.is_some_and(|first| LEADS_INDEX.contains(&first.as_str()));
            (index && !led).then(|| format!("led by {first:?}"))
        },
        bad: &["CREATE INDEX i ON once (expires_at)", "CREATE INDEX i ON events (id)"],
        good: &["CREATE INDEX i ON once (shard, expires_at)", "CREATE INDEX i ON sessions (account_id)"],
    },
    Rule {
        name: "nothing is unique but a primary key",
        offence: |it| says(it, &["UNIQUE"]),
        bad: &[
            "CREATE UNIQUE INDEX i ON names (account_id)",
            "CREATE TABLE t (id BYTEA PRIMARY KEY, a TEXT UNIQUE)",
        ],
        good: &["CREATE TABLE names (hash BYTEA NOT NULL PRIMARY KEY, account_id BYTEA NOT NULL)"],
    },
    Rule {
        name: "rows are locked by their key, and in its order",
        offence: |it| {
            if !it.has(&["FOR", "UPDATE"]) {
                return None;
            }
            let by_key = LEADS_KEY.iter().any(|column| found_by(it, column));
            let broken = says(it, &["JOIN", "GROUP", "DISTINCT", "UNION", "LIMIT"]);
            let unordered = it.has(&["ANY"]) && !it.has(&["ORDER", "BY"]);
            broken.or((!by_key).then(|| "no key".to_owned())).or(unordered.then(|| "no order".to_owned()))
        },
        bad: &[
            "SELECT record FROM accounts WHERE tenant = $1 FOR UPDATE",
            "SELECT record FROM accounts WHERE id = ANY($1) FOR UPDATE",
            "SELECT a FROM t JOIN u ON t.id = u.id WHERE id = $1 FOR UPDATE",
        ],
        good: &["SELECT record FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE"],
    },
    Rule {
        name: "a conflict names the key's columns",
        offence: |it| {
            let after = it.after(&["ON", "CONFLICT"])?;
            let named = after.first().is_some_and(|token| token == "(");
            let led = after.get(1).is_some_and(|column| LEADS_KEY.contains(&column.as_str()));
            (!named || !led).then(|| "not the key".to_owned())
        },
        bad: &[
            "INSERT INTO t (id) VALUES ($1) ON CONFLICT DO NOTHING",
            "INSERT INTO t (id) VALUES ($1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING",
            "INSERT INTO t (id) VALUES ($1) ON CONFLICT (tenant) DO NOTHING",
        ],
        good: &[
            "INSERT INTO t (hash) SELECT h FROM unnest($1::bytea[]) AS u (h) ON CONFLICT (hash) DO NOTHING",
        ],
    },
    Rule {
        name: "the key is never changed",
        offence: |it| {
            let leader = leaders().get(changed(it)?)?;
            let set = it.after(&["SET"])?;
            let end = set.iter().position(|token| token == "WHERE" || token == "FROM").unwrap_or(set.len());
            // Whatever is assigned is the first of all, or follows a comma.
            let later =
                set[..end].windows(3).any(|three| three[0] == "," && three[1] == *leader && three[2] == "=");
            (later || set.first() == Some(leader)).then(|| leader.clone())
        },
        bad: &[
            "UPDATE accounts SET id = $1 WHERE id = $2",
            "UPDATE names SET account_id = $1, hash = $2 WHERE hash = $3",
        ],
        good: &["UPDATE names SET account_id = $1 WHERE hash = $2"],
    },
    Rule {
        name: "what is changed is found by its key or its shard",
        offence: |it| {
            let table = changed(it).filter(|_| !it.begins(&["INSERT"]))?;
            let leader = leaders().get(table).map_or("ID", String::as_str);
            let by_index = ["ACCOUNT_ID", "SHARD"].iter().any(|column| found_by(it, column));
            (!found_by(it, leader) && !by_index).then(|| format!("not by {leader}"))
        },
        bad: &[
            "DELETE FROM once WHERE expires_at < $1",
            "UPDATE accounts SET record = $1",
            "DELETE FROM accounts",
        ],
        good: &[
            "DELETE FROM once WHERE shard = $1 AND expires_at < $2",
            "UPDATE accounts SET record = u.r FROM unnest($1::bytea[], $2::bytea[]) AS u (i, r) WHERE id = u.i",
            "UPDATE accounts AS a SET record = u.r FROM unnest($1::bytea[]) AS u (i) WHERE u.i = a.id",
        ],
    },
    Rule {
        name: "many rows are changed by arrays, not by other tables",
        offence: |it| {
            let changes = it.begins(&["UPDATE"]) || it.begins(&["INSERT"]);
            let from = it.after(&["FROM"])?.first()?;
            (changes && from != "UNNEST").then(|| format!("from {from}"))
        },
        bad: &[
            "UPDATE accounts SET record = n.r FROM names n WHERE id = n.id",
            "INSERT INTO a (id) SELECT id FROM b",
        ],
        good: &["INSERT INTO t (id) SELECT i FROM unnest($1::bytea[]) AS u (i)"],
    },
    Rule {
        name: "no change inside a query, and no query inside one but to choose what goes",
        offence: |it| {
            let inside =
                [["(", "INSERT"], ["(", "UPDATE"], ["(", "DELETE"]].iter().find(|words| it.has(*words));
            let chooses = it.begins(&["DELETE"]) && it.has(&["IN", "(", "SELECT"]) && it.has(&["SHARD", "="]);
            let changes = changed(it).is_some() && nested(it) && !chooses;
            inside.map(|words| words[1].to_owned()).or(changes.then(|| "a query inside".to_owned()))
        },
        bad: &[
            "WITH gone AS (DELETE FROM once WHERE hash = $1 RETURNING hash) SELECT hash FROM gone",
            "DELETE FROM once WHERE hash IN (SELECT hash FROM once LIMIT 10)",
            "INSERT INTO once (hash) VALUES ((SELECT hash FROM counters))",
        ],
        good: &["DELETE FROM once WHERE hash IN (SELECT o.hash FROM once AS o WHERE o.shard = $1 LIMIT $2)"],
    },
    Rule {
        name: "only the trail is cut by time",
        offence: |it| {
            let cut = it.has(&["PARTITION"]) && !it.tokens.iter().any(|token| token.starts_with("EVENTS"));
            cut.then(|| "another table".to_owned())
        },
        bad: &["CREATE TABLE t (id BYTEA NOT NULL PRIMARY KEY) PARTITION BY HASH (id)"],
        good: &["CREATE TABLE events_2026_11 PARTITION OF events FOR VALUES FROM ($1) TO ($2)"],
    },
    Rule {
        name: "a step of the schema can be done again",
        offence: |it| {
            let makes = it.begins(&["CREATE"]) || it.begins(&["DROP"]) || it.has(&["ADD", "COLUMN"]);
            let again = it.has(&["IF", "NOT", "EXISTS"]) || it.has(&["IF", "EXISTS"]);
            let name = made(it).unwrap_or_default().to_owned();
            (makes && !again).then_some(name)
        },
        bad: &[
            "CREATE TABLE t (id BYTEA NOT NULL PRIMARY KEY)",
            "DROP INDEX i",
            "ALTER TABLE t ADD COLUMN a TEXT",
        ],
        good: &["CREATE TABLE IF NOT EXISTS t (id BYTEA NOT NULL PRIMARY KEY)", "DROP TABLE IF EXISTS t"],
    },
];
