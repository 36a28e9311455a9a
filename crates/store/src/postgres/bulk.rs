//! Rows as `COPY … BINARY` takes them.

use super::shard;
use crate::copy::batch::{Batch, columns};
use crate::copy::table::Table;

/// The first bytes of rows as `COPY` takes them: the signature, no flags, nothing more about them (Binary Format).
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What stands for the writer of an account that no server has written. No server's own begins like that.
const NOBODY: [u8; 16] = [0; 16];

/// The columns that this engine keeps beside those that every engine has.
pub(super) fn engines_own(table: &Table) -> &'static [&'static str] {
    match (table.name, table.shard_by) {
        ("accounts", _) => &["version", "writer"],
        (_, Some(_)) => &["shard"],
        _ => &[],
    }
}

/// Rows as `COPY` takes them. Columns have the same form there as in a batch.
pub(super) fn bytes(table: &Table, batch: &Batch) -> Vec<u8> {
    let count = i16::try_from(table.columns.len() + engines_own(table).len()).unwrap_or(i16::MAX);
    let mut bytes = HEADER.to_vec();
    for row in batch.rows() {
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend_from_slice(row);
        if table.name == "accounts" {
            column(&mut bytes, &1_i64.to_be_bytes());
            column(&mut bytes, &NOBODY);
        } else if let Some(by) = table.shard_by {
            let key = columns(row).nth(by).flatten().unwrap_or_default();
            column(&mut bytes, &shard::of(key).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}

fn column(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(value.len()).unwrap_or_default().to_be_bytes());
    bytes.extend_from_slice(value);
}
