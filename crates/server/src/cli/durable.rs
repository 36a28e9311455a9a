//! Small files that are whole or not there, and names that outlive a power cut.
//!
//! Syncing a file makes its contents safe; that the folder knows it by its name is safe only when the folder is
//! synced too (POSIX promises no more, though many file systems do).

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a file that only its owner can read. Whatever happens, it then holds all these parts or is not there.
///
/// # Errors
/// `AlreadyExists` if there is one, which is left alone; or it cannot be written.
pub(crate) fn create_private(path: &Path, parts: &[&str]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let fresh = written(path, parts)?;
    // Unlike renaming, this does not replace a file that has come meanwhile.
    let linked = fs::hard_link(&fresh, path);
    let removed = fs::remove_file(&fresh);
    linked.and(removed)?;
    keep_name(path)
}

/// Replaces a file, as one that only its owner can read: whatever happens, it then holds the old text or the new one.
///
/// # Errors
/// It cannot be written.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    fs::rename(written(path, &[text])?, path)?;
    keep_name(path)
}

/// Makes sure that what was created, renamed or removed beside `path` stays so.
///
/// # Errors
/// The folder cannot be opened or synced.
pub(crate) fn keep_name(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// A file beside `path` that holds these parts for certain; only then may it get its name.
fn written(path: &Path, parts: &[&str]) -> io::Result<PathBuf> {
    let fresh = PathBuf::from(
        [path.as_os_str().to_owned(), OsString::from(".new")].into_iter().collect::<OsString>(),
    );
    // What a crash has left of an earlier one.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // With its final permissions from the first moment: between creating and restricting, others could open it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    for part in parts {
        file.write_all(part.as_bytes())?;
    }
    file.sync_all()?;
    Ok(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_and_what_a_crash_left_is_no_hindrance() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(folder.path().join("key.new"), "hal").expect("left behind");
        create_private(&path, &["wh", "ole"]).expect("made");
        let again = create_private(&path, &["another"]).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("read"), "whole");
        replace(&path, "replaced").expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("read"), "replaced");
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1, "nothing else is left");
    }
}
