//! Where records live: engines behind one [`door`]. Holds no rule.
//!
//! | module | what it is |
//! |---|---|
//! | `at_work` | how many requests are going to write |
//! | [`door`] | what a store is asked, and what each call promises |
//! | `arrival` | the door's words for many accounts at once |
//! | `record` | how records become bytes and come back; the same in every engine |
//! | [`sqlite`] | the embedded engine: one file, one writer, many commits in one |
//! | `contract` | the suite that every engine must pass (feature `contract`) |
//! | `fuzzing` | a way to the records for the fuzzer (feature `fuzzing`) |
#![forbid(unsafe_code)]

mod arrival;
mod at_work;
#[cfg(feature = "contract")]
pub mod contract;
pub mod door;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod record;
pub mod sqlite;
