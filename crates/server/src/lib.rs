//! The server `countersign`: where every other crate meets HTTP, settings, logs and the command line.
#![forbid(unsafe_code)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod http;
pub mod logs;
pub mod metrics;
pub mod outward;
pub mod provider;
pub mod run;
pub mod senders;
