//! The real program from outside: its binary, its files, its sockets.

mod client;
mod guesses;
mod paste;
mod readme;
mod server;
mod story;
