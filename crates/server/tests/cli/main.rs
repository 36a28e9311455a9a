//! The command line and its settings.

mod apps;
mod bench;
mod codes;
mod commands;
mod copy;
mod doctor;
mod import;
mod memory;
mod older;
mod policy;
mod postgres;
mod senders;
mod server;
mod settings;
mod support;
