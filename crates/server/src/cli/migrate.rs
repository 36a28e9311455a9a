//! `countersign migrate`: creates the database, or brings it up to date while nobody else has it open.

use crate::cli::{ConfigFile, Done, output, parts};

pub(crate) fn run(args: &ConfigFile) -> Done {
    let config = args.sources().load()?.config;
    let store = parts::migrate_store(&config)?;
    output::data(&format!("{}: up to date for version {}", store.path().display(), env!("CARGO_PKG_VERSION")))
}
