//! Names that outlive a power cut.
//!
//! Syncing a file makes its contents safe; that the folder knows it by its name is safe only when the folder is
//! synced too (POSIX promises no more, though many file systems do).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes sure that what was created, renamed or removed beside `path` stays so.
///
/// # Errors
/// The folder cannot be opened or synced.
pub(crate) fn keep_name(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Replaces a file's contents: whatever happens, the file then holds the old text or the new one.
///
/// # Errors
/// The file beside it that becomes the new one cannot be written, or not renamed.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    // Before the name: a name that leads to a file without its contents would be worse than the old one.
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    keep_name(path)
}
