//! The command line and its settings.

mod apps;
mod commands;
mod import;
mod policy;
mod server;
mod settings;
mod support;
