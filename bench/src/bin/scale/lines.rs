//! The lines of an import: a username, a mobile number and a carried-over hash of the payment secret each.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use countersign_crypto::engine::{EngineChoice, Params};

use crate::Outcome;
use crate::place::Place;
use crate::verify::{ACCOUNTS, SECRET};

/// Writes them. The accounts that are verified later have a hash that costs next to nothing, and are spread evenly; those
/// between them have one that looks like a usual one, as long and as little like the next.
pub(crate) fn write(place: &Place, accounts: u64) -> Outcome<PathBuf> {
    let path = place.path().join("lines.jsonl");
    let cheap = cheap_hash()?;
    let file = File::create(&path).map_err(|error| error.to_string())?;
    let mut lines = BufWriter::with_capacity(1 << 20, file);
    let step = accounts / ACCOUNTS;
    for n in 0..accounts {
        let phc = if n % step == 0 { cheap.clone() } else { usual_hash(n) };
        let name = username(n);
        let written = writeln!(
            lines,
            r#"{{"username":"{name}","mobiles":["138{n:08}"],"secrets":{{"payment":{{"phc":"{phc}","input":"plain"}}}}}}"#
        );
        written.map_err(|error| format!("the lines cannot be written: {error}"))?;
    }
    lines.flush().map_err(|error| error.to_string())?;
    Ok(path)
}

/// The username of the account with that number.
pub(crate) fn username(n: u64) -> String {
    format!("user-{n:09}")
}

fn cheap_hash() -> Outcome<String> {
    let mut engine =
        EngineChoice::Reference.build(&Params::CHEAP, &Params::CEILING).map_err(|error| error.to_string())?;
    let phc = engine.hash(SECRET.as_bytes(), b"one salt for all", &Params::CHEAP);
    Ok(phc.map_err(|error| error.to_string())?.expose().to_owned())
}

/// A salt of 16 bytes and a tag of 32, in Base64: digits that are spread by a multiplication are as good as drawn ones.
fn usual_hash(n: u64) -> String {
    let digit = |place: u64| {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(place * 2 + 3);
        char::from(b'a' + u8::try_from((mixed >> 40) % 26).unwrap_or(0))
    };
    let salt: String = (0..21).map(digit).chain(['A']).collect();
    let tag: String = (21..63).map(digit).chain(['A']).collect();
    format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${tag}")
}
