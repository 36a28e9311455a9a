//! `countersign-capacity`: how much of everything a number of accounts needs, from what was measured.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod committing;
mod costs;
mod due;
mod hashing;
mod plan;
mod theory;
mod usage;

fn main() {}
