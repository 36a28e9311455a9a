//! From the wire to a command, and from what it came to, to an answer.

mod commands;
mod problems;
mod replies;
mod step_up;

pub(super) use commands::command;
pub(super) use problems::{fault, refused, rejected};
pub(super) use replies::{KEY_SET_JSON, reply};
pub(super) use step_up::{refused as asked_for_more, weak_login};
