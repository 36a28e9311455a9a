//! Where the servers of these tests keep their records: in a PostgreSQL that this process has started. Servers of one folder
//! share one database, as they share one file elsewhere.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use countersign_throwaway::Server;

/// What is set for a server with that folder. Tests share a machine that may be busy, and ask for exactly what a budget allows:
/// nothing is given up there because the database takes a few seconds.
pub(crate) fn settings(folder: &Path) -> [(&'static str, String); 4] {
    static DATABASES: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);
    let mut databases = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    let databases = databases.get_or_insert_with(HashMap::new);
    let url = databases.entry(folder.to_owned()).or_insert_with(|| Server::shared().database());
    [
        ("COUNTERSIGN_STORE__KIND", "postgres".to_owned()),
        ("COUNTERSIGN_STORE__POSTGRES__URL", url.clone()),
        ("COUNTERSIGN_STORE__POSTGRES__STATEMENT_TIMEOUT_MS", "8000".to_owned()),
        ("COUNTERSIGN_STORE__POSTGRES__PATIENCE_MS", "15000".to_owned()),
    ]
}
