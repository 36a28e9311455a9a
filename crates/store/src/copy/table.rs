//! The tables that a copy carries, and what of them is the same in every engine.

/// A table: its rows have the same columns with the same bytes in every engine. What an engine keeps beside them, such as a
/// shard or a version, it makes for itself.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its columns, those of the key first.
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// How many columns the key has.
    pub(crate) key: usize,
    /// The column whose first bits say in which shard a row lies, where rows have one.
    pub(crate) shard_by: Option<usize>,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Bytes.
    Bytes,
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Number,
}

use Kind::{Bytes, Number, Text};

/// In the order in which they are copied. The keys come first: no two stores have the same, so that a copy that was begun from
/// another store shows before anything is written. Left out is what means nothing elsewhere: the row that health checks
/// write, what is written in place of accounts that are not there, and who sweeps.
pub(crate) static TABLES: [Table; 18] = [
    table("keys", &[("id", Number), ("wrapped", Bytes)], 1, None),
    table(
        "signing_keys",
        &[
            ("id", Bytes),
            ("algorithm", Text),
            ("public", Text),
            ("sealed", Bytes),
            ("created_at", Number),
            ("retired_at", Number),
        ],
        1,
        None,
    ),
    table("apps", &[("id", Bytes), ("tenant", Text), ("record", Bytes)], 1, None),
    table("accounts", &[("id", Bytes), ("tenant", Text), ("found_by", Bytes), ("record", Bytes)], 1, None),
    table("names", &[("hash", Bytes), ("account_id", Bytes)], 1, None),
    table("mobiles", &[("hash", Bytes), ("account_id", Bytes)], 2, None),
    table("sessions", &[("hash", Bytes), ("account_id", Bytes), ("expires_at", Number)], 1, Some(0)),
    table("events", &[("account_id", Bytes), ("id", Bytes), ("tenant", Text), ("record", Bytes)], 2, Some(0)),
    table("once", &[("hash", Bytes), ("expires_at", Number)], 1, Some(0)),
    table(
        "counters",
        &[("hash", Bytes), ("span", Number), ("times", Bytes), ("expires_at", Number)],
        1,
        Some(0),
    ),
    table(
        "idempotency",
        &[
            ("hash", Bytes),
            ("fingerprint", Bytes),
            ("answer", Bytes),
            ("account_id", Bytes),
            ("expires_at", Number),
            ("leased_until", Number),
        ],
        1,
        Some(0),
    ),
    table(
        "unknown_names",
        &[("slot", Number), ("hash", Bytes), ("ledger", Bytes), ("expires_at", Number)],
        1,
        Some(1),
    ),
    table("watches", &[("hash", Bytes), ("watch", Bytes), ("expires_at", Number)], 1, Some(0)),
    table("outbox", &[("id", Bytes), ("account_id", Bytes), ("tenant", Text)], 2, Some(1)),
    table("feed", &[("place", Number), ("account_id", Bytes), ("id", Bytes), ("tenant", Text)], 1, None),
    table("forgotten", &[("name", Text), ("place", Number)], 1, None),
    table("webhooks", &[("id", Bytes), ("tenant", Text), ("record", Bytes)], 1, None),
    table(
        "deliveries",
        &[("webhook_id", Bytes), ("place", Number), ("due", Number), ("record", Bytes)],
        2,
        None,
    ),
];

const fn table(
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    key: usize,
    shard_by: Option<usize>,
) -> Table {
    Table { name, columns, key, shard_by }
}

impl Table {
    /// The names of its columns, as a statement lists them.
    pub(crate) fn columns(&self) -> String {
        names(self.columns)
    }

    /// The columns of its key.
    pub(crate) fn key_columns(&self) -> &'static [(&'static str, Kind)] {
        &self.columns[..self.key]
    }

    /// The names of its key's columns, as a statement lists them.
    pub(crate) fn key(&self) -> String {
        names(self.key_columns())
    }

    /// The key as a statement orders by it from the last to the first.
    pub(crate) fn key_backwards(&self) -> String {
        self.key().split(", ").map(|name| format!("{name} DESC")).collect::<Vec<_>>().join(", ")
    }
}

fn names(columns: &[(&'static str, Kind)]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
