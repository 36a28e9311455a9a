//! What a statement's parts are, as far as a rule asks.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::statement::{Statement, of_schema};

/// What may lead a primary key: an account's id, a keyed hash or the slot that is part of one, another record's own id,
/// a webhook's id, a name that the server itself gives, a shard; and the place in the one log that one server at a time writes.
pub(crate) const LEADS_KEY: [&str; 8] =
    ["ACCOUNT_ID", "HASH", "ID", "SLOT", "WEBHOOK_ID", "NAME", "SHARD", "PLACE"];

/// What may lead an index, beside these: the shard.
pub(crate) const LEADS_INDEX: [&str; 4] = ["ACCOUNT_ID", "WEBHOOK_ID", "HASH", "SHARD"];

/// The columns of the primary key of `CREATE TABLE`; none if it has none.
pub(crate) fn primary_key(table: &Statement) -> Vec<String> {
    if let Some(after) = table.after(&["PRIMARY", "KEY", "("]) {
        return after
            .iter()
            .take_while(|token| *token != ")")
            .filter(|token| *token != ",")
            .cloned()
            .collect();
    }
    let Some(at) = table.find(&["PRIMARY", "KEY"]) else { return Vec::new() };
    // The column's definition begins behind the last comma or parenthesis that is not inside of another.
    let before = &table.tokens[..at];
    let begin = before.iter().rposition(|token| token == "," || token == "(").map_or(0, |at| at + 1);
    before.get(begin).cloned().into_iter().collect()
}

/// The name of what `CREATE TABLE` or `CREATE INDEX` makes.
pub(crate) fn made(statement: &Statement) -> Option<&str> {
    let skipped = ["CREATE", "UNIQUE", "TABLE", "INDEX", "IF", "NOT", "EXISTS"];
    statement.tokens.iter().map(String::as_str).find(|token| !skipped.contains(token))
}

/// What leads the primary key of each table of the schema.
pub(crate) fn leaders() -> &'static BTreeMap<String, String> {
    static LEADERS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    LEADERS.get_or_init(|| {
        let tables = of_schema().into_iter().filter(|statement| statement.begins(&["CREATE", "TABLE"]));
        let tables = tables.filter(|table| !table.has(&["PARTITION", "OF"]));
        tables
            .filter_map(|table| Some((made(&table)?.to_owned(), primary_key(&table).first()?.clone())))
            .collect()
    })
}

/// The table that a statement changes.
pub(crate) fn changed(statement: &Statement) -> Option<&str> {
    let after = [["INSERT", "INTO"].as_slice(), &["DELETE", "FROM"], &["UPDATE"]];
    let begins = after.into_iter().find(|words| statement.begins(words))?;
    statement.tokens.get(begins.len()).map(String::as_str)
}

/// Whether behind the first `WHERE` a column is compared with a value or with those of an array.
pub(crate) fn found_by(statement: &Statement, column: &str) -> bool {
    let Some(conditions) = statement.after(&["WHERE"]) else { return false };
    conditions.windows(2).any(|pair| pair[0] == column && pair[1] == "=")
        || conditions.windows(4).any(|four| {
            // `u.id = accounts.id`
            four[0] == "=" && four[2] == "." && four[3] == column
        })
}

/// Whether a value is drawn from a query in parentheses.
pub(crate) fn nested(statement: &Statement) -> bool {
    statement.has(&["(", "SELECT"])
}
