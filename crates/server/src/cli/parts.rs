//! What a configuration becomes: the database, the keys.

use std::fs::DirBuilder;
use std::path::Path;

use countersign_crypto::seal::MasterKey;
use countersign_store::sqlite::{Options, SqliteStore};

use crate::cli::Failure;
use crate::config::{Config, StoreKind};

/// Opens the database, creating it or bringing it up to date. Blocks.
///
/// # Errors
/// The directory or the database cannot be used, or a newer server wrote it.
pub fn open_store(config: &Config) -> Result<SqliteStore, Failure> {
    let StoreKind::Sqlite = config.store.kind;
    create_private(&config.store.path)?;
    let path = config.store.database();
    SqliteStore::open(&path, Options::default())
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// The master key.
///
/// # Errors
/// It is not set, or what was set is none.
pub fn master_key(config: &Config) -> Result<MasterKey, Failure> {
    let key = config.master_key().map_err(|error| Failure::Usage(format!("keys.master_key: {error}")))?;
    key.ok_or_else(|| {
        Failure::Usage(
            "there is no master key. Everything in the database is sealed under it, and it is kept outside.\n\
             For a new database, make one:   countersign keygen --out master.key\n\
             Then name the file:             COUNTERSIGN_KEYS__MASTER_KEY_FILE=master.key\n\
             or in the configuration file:   [keys] master_key_file = \"master.key\"\n\
             or give the key itself:         COUNTERSIGN_KEYS__MASTER_KEY"
                .to_owned(),
        )
    })
}

/// Creates a directory that only its owner can enter. One that is there stays as it is.
pub(crate) fn create_private(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Failure::Failed(format!("the directory {} cannot be created: {error}", path.display()))
    })
}
