//! What a database takes on the disk.

use std::path::Path;
use std::process::Command;

use rusqlite::{Connection, OpenFlags};

use crate::Outcome;
use crate::place::Place;

/// Bytes for each account that must be free: the database, the lines, and the log.
const ROOM: u64 = 1200;
/// Bytes that must stay free beside that.
const SPARE: u64 = 2 << 30;

/// What each table and index of a database takes.
pub(crate) struct Use {
    accounts: u64,
    /// Bytes of the file.
    pub(crate) file: u64,
    /// Bytes of each table and index, the largest first.
    pub(crate) parts: Vec<(String, u64)>,
}

impl Use {
    pub(crate) fn of(place: &Place, accounts: u64) -> Outcome<Self> {
        let path = place.database();
        let file = std::fs::metadata(&path).map_err(|error| error.to_string())?.len();
        let parts = parts(&path).map_err(|error| format!("the database cannot be looked at: {error}"))?;
        Ok(Self { accounts, file, parts })
    }

    /// Bytes for each account, all in all.
    pub(crate) fn each(&self) -> f64 {
        ratio(self.file, self.accounts)
    }

    /// Bytes for each account of what takes the most.
    pub(crate) fn largest(&self) -> String {
        let shown = self.parts.iter().take(6);
        let words = shown.map(|(name, bytes)| format!("`{name}` {:.0}", ratio(*bytes, self.accounts)));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// Ends the run before the disk is full.
pub(crate) fn expect_room(accounts: u64) -> Outcome<()> {
    let folder = std::env::temp_dir();
    let output = Command::new("df").args(["-Pk", &folder.to_string_lossy()]).output();
    let output = output.map_err(|error| format!("df: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    let free =
        free.and_then(|kib| kib.parse::<u64>().ok()).ok_or("df does not tell how much room there is")?;
    let needed = (accounts * ROOM + SPARE) / 1024;
    if free >= needed {
        Ok(())
    } else {
        Err(format!("{} needs {needed} KiB for {accounts} accounts and has {free}", folder.display()))
    }
}

fn parts(path: &Path) -> rusqlite::Result<Vec<(String, u64)>> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let select = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC";
    let mut statement = database.prepare(select)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    rows.collect()
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a file are far below 2^52")]
fn ratio(bytes: u64, accounts: u64) -> f64 {
    bytes as f64 / accounts as f64
}
