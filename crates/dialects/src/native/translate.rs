//! From the wire to a command, and from what it came to, to an answer.

mod commands;
mod problems;
mod replies;

pub(super) use commands::command;
pub(super) use problems::{fault, refused, rejected};
pub(super) use replies::{KEY_SET_JSON, reply};
