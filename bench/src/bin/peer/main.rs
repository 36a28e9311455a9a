//! PIN services as one would write them in an afternoon: axum, the `RustCrypto` `argon2` crate, a counter in `SQLite`.
//!
//! `peer plain DATABASE` hashes on the runtime's blocking threads, as many at once as requests come.
//! `peer careful DATABASE` counts each guess before it is made, and hashes as many at once as there are cores.
//! Both print their address and answer `POST /verify {"account": "...", "pin": "......"}`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod careful;
mod plain;
mod records;

use std::process::ExitCode;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use records::Records;
use serde::Deserialize;

/// Wrong guesses before an account is locked.
const LIMIT: i64 = 5;

/// What a caller sends.
#[derive(Deserialize)]
struct Attempt {
    account: String,
    pin: String,
}

/// What became of a guess.
enum Verdict {
    Right,
    Wrong,
    Locked,
    Unknown,
    Broken,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let served = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["plain", database] => Records::open(database).map(plain::routes).and_then(serve),
        ["careful", database] => Records::open(database).map(careful::routes).and_then(serve),
        _ => Err("peer plain|careful DATABASE".into()),
    };
    served.map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

fn serve(routes: Router) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        Ok(axum::serve(listener, routes).await?)
    })
}

/// The request's body, if it is what a caller sends.
fn parsed(body: &[u8]) -> Option<Attempt> {
    let attempt: Attempt = serde_json::from_slice(body).ok()?;
    (attempt.pin.len() == 6 && attempt.pin.bytes().all(|digit| digit.is_ascii_digit())).then_some(attempt)
}

/// Whether the PIN is the one that was hashed; the cost is the one in the hash.
fn is_right(hash: &str, pin: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
}

impl IntoResponse for Verdict {
    fn into_response(self) -> axum::response::Response {
        let (status, body) = match self {
            Self::Right => (StatusCode::OK, r#"{"ok":true}"#),
            Self::Wrong => (StatusCode::UNAUTHORIZED, r#"{"ok":false}"#),
            Self::Locked => (StatusCode::LOCKED, r#"{"ok":false}"#),
            Self::Unknown => (StatusCode::NOT_FOUND, r#"{"ok":false}"#),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"ok":false}"#),
        };
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// What both share between requests.
type Shared = Arc<Records>;

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    const PIN: &str = "731946";

    fn told(guess: impl Fn(&Records, &Attempt) -> rusqlite::Result<Verdict>, pins: &[&str]) -> Vec<u16> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("accounts.db");
        let hash = Argon2::default().hash_password_with_salt(PIN.as_bytes(), &[7; 16]).expect("a hash");
        let database = rusqlite::Connection::open(&path).expect("a database");
        let table = "CREATE TABLE accounts (name TEXT PRIMARY KEY, hash TEXT NOT NULL, failed INTEGER NOT NULL DEFAULT 0)";
        database.execute(table, []).expect("a table");
        let row = ("somebody", hash.to_string());
        database.execute("INSERT INTO accounts (name, hash) VALUES (?1, ?2)", row).expect("a row");
        let records = Records::open(path.to_str().expect("text")).expect("records");
        let attempt = |pin: &&str| Attempt { account: "somebody".to_owned(), pin: (*pin).to_owned() };
        let status = |verdict: Verdict| verdict.into_response().status().as_u16();
        pins.iter().map(|pin| status(guess(&records, &attempt(pin)).expect("no fault"))).collect()
    }

    #[test]
    fn both_lock_after_five_wrong_guesses_and_forget_after_a_right_one() {
        let pins = ["000111", PIN, "000111", "000111", "000111", "000111", "000111", PIN];
        let expected = [401, 200, 401, 401, 401, 401, 401, 423];
        assert_eq!(told(plain::guess, &pins), expected);
        assert_eq!(told(careful::guess, &pins), expected);
    }
}
