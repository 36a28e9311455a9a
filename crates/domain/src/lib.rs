//! The rules of Countersign: pure functions of values.
#![forbid(unsafe_code)]

pub mod id;
pub mod secret;
pub mod time;
