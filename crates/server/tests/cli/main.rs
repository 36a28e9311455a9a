//! The command line and its settings.

mod commands;
mod server;
mod settings;
mod support;
