//! A deterministic simulation of the whole server below HTTP: the real rules, use cases, store and hash engine over a
//! simulated clock, disk and scheduler. One seed makes one history, and makes it again exactly.
//!
//! | module | what it is |
//! |---|---|
//! | [`history`] | one history, step by step |
//! | `plan`, `client` | what a seed's history is like; what its clients ask |
//! | `requests`, `payer` | how requests begin; those that are about payments |
//! | `mishaps` | crashes, power losses, failing disks and clocks that are set |
//! | `restores` | backups that are taken and come back |
//! | `reader`, [`told`] | who follows the feed of events, and what was told |
//! | `courier`, `receiver` | who tells a webhook of events, and who is told |
//! | `kept` | answers that are kept for an idempotency key |
//! | `calm` | the end of every history, when nothing goes wrong any more |
//! | [`check`] | whether the rules were kept, from what could be seen alone |
//! | [`record`], [`story`], [`tally`] | what happened: for the checker, for people, and counted |
//! | [`machine`], [`tasks`], [`surroundings`] | the server, its scheduler, its clock and what watches it |
//! | [`disk`], [`trap`], [`vfs`] | the disk, what is done to it, and SQLite's way to it |
//! | [`template`] | the database that every history begins with |
//! | [`dice`] | the one source of chance |
#![forbid(unsafe_code)]

mod calm;
pub mod check;
mod client;
mod courier;
pub mod dice;
pub mod disk;
pub mod history;
mod kept;
pub mod machine;
mod mishaps;
mod payer;
mod plan;
mod reader;
mod receiver;
pub mod record;
mod requests;
mod restores;
pub mod story;
pub mod surroundings;
pub mod tally;
pub mod tasks;
pub mod template;
pub mod told;
pub mod trap;
pub mod vfs;
