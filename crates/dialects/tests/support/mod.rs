//! What the tests of this crate share. One file for each thing that a vector names by a word:
//!
//! | file | words |
//! |---|---|
//! | `dialects.rs` | the dialects, by folder name |
//! | `callers.rs` | `"caller"`: what a claim came to |
//! | `answers.rs` | `"answer"`: what is sealed |
//! | `commands.rs` | `"opens"`: what a command says of itself |
//! | `native.rs` | of the last two, what only `native` has |
//! | `intents.rs` | of the last two, what is about intents and holds |
//! | `webhooks.rs` | of the last two, what is about webhooks and streams |
//! | `case.rs` | the file itself |
//! | `schema.rs` | whether an answer is what the OpenAPI document says |
//!
//! Everything here is fixed, so that a vector can state bytes.

#![allow(dead_code, reason = "every test file of this crate uses a part of it")]

pub(crate) mod answers;
pub(crate) mod callers;
pub(crate) mod case;
pub(crate) mod commands;
pub(crate) mod dialects;
pub(crate) mod intents;
pub(crate) mod native;
pub(crate) mod schema;
pub(crate) mod webhooks;

use std::fs;
use std::path::Path;

use countersign_domain::time::Timestamp;

use self::case::Case;

/// The instant of every vector that names none with `"now"` (seconds since 1970).
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

/// Every case of a dialect with its file's name, in the order of names.
///
/// # Panics
/// If a file cannot be read as a case.
pub(crate) fn cases(dialect: &str) -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dialect).join("vectors");
    let entries = fs::read_dir(folder).expect("a folder of vectors");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let case = |file: &Path| {
        let name = format!("{dialect}/{}", file.file_name().expect("a name").to_string_lossy());
        let text = fs::read_to_string(file).expect("a file that can be read");
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, case)
    };
    files.iter().map(|file| case(file)).collect()
}
