//! Database files that are not in use: made beside another one, written out, named, opened as they are.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::connection;
use crate::door::Stored;

/// How long to wait for a database that another process has just locked.
pub(super) const BUSY: Duration = Duration::from_secs(2);

/// Opens a file that nobody else knows of yet. What becomes of it if the machine stops does not matter: it is written
/// out before it gets its name.
pub(super) fn open_new(path: &Path) -> Stored<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON",
    )?;
    Ok(connection)
}

/// Opens a file that must not change, for reading: what is beside it is not looked at, and nothing is locked.
pub(super) fn open_still(path: &Path) -> Stored<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable_name(path), flags)?;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON",
    )?;
    Ok(connection)
}

/// A file that is not finished; it goes when this is dropped.
pub(super) struct Partial {
    pub(super) path: PathBuf,
}

impl Partial {
    /// An empty file beside `path`. One that an earlier attempt left there goes first.
    pub(super) fn beside(path: &Path, ending: &str) -> io::Result<Self> {
        let partial = Self { path: beside(path, ending) };
        partial.remove();
        connection::create_private(&partial.path)?;
        Ok(partial)
    }

    fn remove(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            // What is not there need not go, and what cannot go is met when the file is made.
            let _ = fs::remove_file(beside(&self.path, ending));
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The path with something at its end.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.to_path_buf().into_os_string();
    name.push(ending);
    name.into()
}

pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::options().read(true).write(true).open(path)?.sync_all()
}

/// A name is on the disk only when its folder is.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// The name by which SQLite opens a file that does not change. Everything that means something in it is escaped.
fn immutable_name(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    let escaped = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    // An absolute path: two slashes at its start would be read as a host.
    format!("file:{}?immutable=1", escaped.collect::<String>().replace("//", "/"))
}
