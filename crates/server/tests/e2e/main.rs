//! The real program from outside: its binary, its files, its sockets.

mod client;
mod crash;
mod guesses;
mod paste;
mod readme;
mod restart;
mod server;
mod story;
