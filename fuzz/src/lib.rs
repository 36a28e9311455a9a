//! Fuzz targets: every dialect and every parser that reads what a caller, an operator or a disk delivers.
//!
//! A target is a plain function of bytes that panics where a property does not hold. The bin `fuzz` runs it on stable
//! with mutated seeds; `coverage/` runs the same functions under libFuzzer. See `README.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | `dialects` | one target a dialect: identify, open and seal over a whole request |
//! | `site` | the whole server but its sockets |
//! | `request` | a request, its caller and its answer as text, and back |
//! | `answer` | what must hold of every answer |
//! | `parsers` | one target a parser |
//! | `seeds` | the vector files as seeds |
//! | `mutation` | how an input is changed |
//! | `campaign` | replaying, running for a while, and keeping what failed |
#![forbid(unsafe_code)]

mod answer;
pub mod campaign;
mod dialects;
mod mutation;
mod parsers;
mod request;
mod seeds;
mod site;

use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

/// The words of the vectors, shared with the dialects' own tests: a new dialect, caller or answer is added once.
#[path = "../../crates/dialects/tests/support"]
#[allow(dead_code, reason = "the vectors need more of it")]
mod words {
    pub(crate) mod answers;
    pub(crate) mod callers;
    pub(crate) mod commands;
    pub(crate) mod dialects;
    pub(crate) mod intents;
    pub(crate) mod native;
    pub(crate) mod webhooks;
}

/// Stands for a secret in seeds and dictionary: it may be in no answer and in no message.
pub(crate) const CANARY: &str = "canaryCANARY0123456789";

/// Something to be fuzzed.
pub struct Target {
    /// As on the command line and in the names of artifacts.
    pub name: &'static str,
    /// Runs one input; panics where a property does not hold.
    pub run: fn(&[u8]) -> Outcome,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// What an input came to, as a number. Inputs that come to something new are worth changing further; that is all the
/// guidance there is on stable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Outcome(u64);

impl Outcome {
    fn of(what: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    dialect!("native"),
    dialect!("oas"),
    dialect!("tour"),
    dialect!("currency_pass"),
    dialect!("spark_wallet"),
    dialect!("flowmeter"),
    Target { name: "site", run: site::run, seeds: site::seeds },
    Target { name: "routing", run: parsers::routing::run, seeds: parsers::routing::seeds },
    Target { name: "negotiation", run: parsers::negotiation::run, seeds: parsers::negotiation::seeds },
    Target { name: "json", run: parsers::bodies::json, seeds: parsers::bodies::json_seeds },
    Target { name: "form", run: parsers::bodies::form, seeds: parsers::bodies::form_seeds },
    Target { name: "xml", run: parsers::bodies::xml, seeds: parsers::bodies::xml_seeds },
    Target { name: "bson", run: parsers::bodies::bson, seeds: parsers::bodies::bson_seeds },
    Target { name: "hawk", run: parsers::hawk::run, seeds: parsers::hawk::seeds },
    Target { name: "cipher", run: parsers::cipher::run, seeds: parsers::cipher::seeds },
    Target { name: "phc", run: parsers::phc::run, seeds: parsers::phc::seeds },
    Target { name: "engines", run: parsers::engines::run, seeds: parsers::engines::seeds },
    Target { name: "seal", run: parsers::seal::run, seeds: parsers::seal::seeds },
    Target { name: "jws", run: parsers::jws::run, seeds: parsers::jws::seeds },
    Target { name: "canonical", run: parsers::canonical::run, seeds: parsers::canonical::seeds },
    Target { name: "carried", run: parsers::carried::run, seeds: parsers::carried::seeds },
    Target { name: "records", run: parsers::records::run, seeds: parsers::records::seeds },
    Target { name: "ids", run: parsers::ids::run, seeds: parsers::ids::seeds },
    Target { name: "config", run: parsers::config::run, seeds: parsers::config::seeds },
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

macro_rules! dialect {
    ($name:literal) => {
        Target { name: $name, run: |input| dialects::run($name, input), seeds: || seeds::of($name) }
    };
}
use dialect;
