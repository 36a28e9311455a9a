//! The real program from outside: its binary, its files, its sockets.

mod client;
mod paste;
mod server;
mod story;
