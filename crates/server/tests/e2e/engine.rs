//! Where the servers of these tests keep their records: embedded, in their folder.

use std::path::Path;

/// What is set for a server with that folder.
pub(crate) const fn settings(_: &Path) -> [(&'static str, String); 0] {
    []
}
