//! `countersign keygen`: makes a master key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use countersign_crypto::entropy::OsEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::secret::SecretText;

use crate::cli::{Done, Failure, durable, output};

/// Make a master key: 32 random bytes as 43 characters.
///
/// Keep it apart from the database and its backups, and keep a copy of it: whoever has only one of the two has nothing,
/// and that may be you.
#[derive(clap::Args)]
pub(crate) struct KeygenArgs {
    /// Write it to this file, readable by you only, instead of standard output. An existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &KeygenArgs) -> Done {
    let key = MasterKey::generate(&OsEntropy);
    match &args.out {
        None => output::data(key.expose_text().expose()),
        Some(path) => {
            write_new(path, &key.expose_text())?;
            output::tell(&format!(
                "The master key with fingerprint {} is in {}. Keep a copy of it apart from the database: without it \
                 nothing in the database can be read.",
                key.fingerprint(),
                path.display()
            ));
            Ok(())
        }
    }
}

/// Writes a master key into a new file that only its owner can read.
///
/// # Errors
/// The file exists already, or cannot be written.
pub(crate) fn write_new(path: &Path, text: &SecretText) -> Done {
    // The database is soon sealed under it: half a key, or one whose name is lost with the power, would be fatal.
    let written = durable::create_private(path, &[text.expose(), "\n"]);
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::Failed(format!(
            "{} exists and is not replaced, because a master key that is lost takes the database with it; name \
             another file",
            path.display()
        )),
        _ => Failure::Failed(format!("{} cannot be written: {error}", path.display())),
    })
}
