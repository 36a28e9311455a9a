//! A throwaway PostgreSQL to try things by hand: prints its URL, its folder and its process, and is there until the
//! standard input ends.

#![forbid(unsafe_code)]

use std::io;

use countersign_throwaway::Server;

#[allow(clippy::print_stdout, reason = "what the program is for")]
fn main() -> Result<(), String> {
    let server = Server::start()?;
    println!("{}", server.database());
    println!("{}", server.folder().display());
    println!("{}", server.pid().unwrap_or_default());
    io::copy(&mut io::stdin(), &mut io::sink()).map_err(|error| error.to_string())?;
    Ok(())
}
