//! Where records live: engines behind one [`door`]. Holds no rule.
//!
//! | module | what it is |
//! |---|---|
//! | `at_work`, `gathering` | how many requests are going to write, and when a commit waits for them |
//! | [`door`] | what a store is asked, and what each call promises |
//! | [`feed`] | the part of the door that leads outside: events in order, and who is told of them |
//! | `arrival` | the door's words for many accounts at once |
//! | `tenant`, `mark`, `counter`, `unknown`, `tally` | what the engines have in common |
//! | `record` | how records become bytes and come back; the same in every engine |
//! | [`sqlite`] | the embedded engine: one file, one writer, many commits in one |
//! | [`postgres`] | the engine of many servers: PostgreSQL, or what speaks its protocol |
//! | `any` | one engine or the other |
//! | [`copy`] | everything from one engine to another |
//! | `gate` | a store into which nothing is written while an operator says so |
//! | `contract` | the suite that every engine must pass (feature `contract`) |
//! | `fuzzing` | a way to the records for the fuzzer (feature `fuzzing`) |
#![forbid(unsafe_code)]

mod any;
mod arrival;
mod at_work;
#[cfg(feature = "contract")]
pub mod contract;
pub mod copy;
mod counter;
pub mod door;
pub mod feed;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod gathering;
mod mark;
pub mod postgres;
mod record;
mod signing_key;
pub mod sqlite;
mod tally;
mod tenant;
mod unknown;

pub use any::AnyStore;
pub use gate::Gate;
