//! Programs that others have written, for tests to speak to.

use std::path::{Path, PathBuf};

/// The scripts that drive them.
pub(crate) const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

/// What `cargo xtask peers` has installed.
pub(crate) fn installed(path: &str) -> PathBuf {
    let folder = std::env::var_os("COUNTERSIGN_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers"), PathBuf::from);
    let found = folder.join(path);
    assert!(found.exists(), "{} is missing: run `cargo xtask peers`", found.display());
    found
}
