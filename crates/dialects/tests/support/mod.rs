//! What the tests of this crate share. One file for each thing that a vector names by a word:
//!
//! | file | words |
//! |---|---|
//! | `dialects.rs` | the dialects, by folder name |
//! | `callers.rs` | `"caller"`: what a claim came to |
//! | `answers.rs` | `"answer"`: what is sealed |
//! | `commands.rs` | `"opens"`: what a command says of itself |
//! | `case.rs` | the file itself |
//!
//! Everything here is fixed, so that a vector can state bytes.

pub(crate) mod answers;
pub(crate) mod callers;
pub(crate) mod case;
pub(crate) mod commands;
pub(crate) mod dialects;

use countersign_domain::time::Timestamp;

/// The instant of every vector that names none with `"now"` (seconds since 1970).
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);
