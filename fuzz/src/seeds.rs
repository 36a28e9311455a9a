//! The dialects' vector files as seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use serde_json::Value;

use crate::CANARY;
use crate::request::Seed;
use crate::words::{callers, dialects};

/// Stands for the strict settings of a dialect.
pub(crate) const STRICT: &str = "strict";

/// The words that the vectors of all dialects use.
pub(crate) struct Words {
    /// What is sealed.
    pub(crate) answers: Vec<&'static str>,
    /// Settings as JSON, by dialect.
    pub(crate) settings: BTreeMap<&'static str, Vec<String>>,
}

/// What a seed needs of a vector file.
#[derive(Deserialize)]
pub(crate) struct Vector {
    #[serde(default)]
    settings: Value,
    caller: Option<String>,
    answer: Option<String>,
    request: VectorRequest,
}

#[derive(Deserialize)]
struct VectorRequest {
    method: String,
    path: String,
    query: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_hex: Option<String>,
}

impl Vector {
    /// The body's bytes.
    pub(crate) fn body(&self) -> Vec<u8> {
        let VectorRequest { body, body_hex, .. } = &self.request;
        match body_hex {
            Some(hex) => HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap_or_default(),
            None => body.clone().unwrap_or_default().into_bytes(),
        }
    }

    /// A header's value, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.request.headers.get(name).map_or("", String::as_str)
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> String {
        let VectorRequest { path, query, .. } = &self.request;
        query.as_ref().map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        &self.request.method
    }

    fn seed(&self) -> Vec<u8> {
        let signer = match (self.header("authorization"), self.caller.as_deref()) {
            (header, Some("hawk_app")) if header.starts_with("Hawk") => "app",
            (header, Some("sessions")) if header.starts_with("Hawk") => "login",
            _ => "none",
        };
        let headers = self.request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Seed {
            settings: &self.settings.to_string(),
            caller: self.caller.as_deref().unwrap_or("nobody"),
            answer: self.answer.as_deref().unwrap_or("Fault"),
            signer,
            line: &format!("{} {}", self.request.method, self.target()),
            headers: headers.collect(),
            body: &self.body(),
        }
        .write()
    }
}

/// The seeds of a dialect: its vectors, and each once more with the canary for every secret in it.
pub(crate) fn of(name: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for vector in vectors(name) {
        let seed = vector.seed();
        if let Ok(text) = core::str::from_utf8(&seed) {
            let planted = secrets().iter().fold(text.to_owned(), |text, secret| text.replace(secret, CANARY));
            seeds.push(planted.into_bytes());
        }
        seeds.push(seed);
    }
    seeds
}

/// The vectors of a dialect.
///
/// # Panics
/// If a file is no vector.
pub(crate) fn vectors(name: &str) -> Vec<Vector> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dialects/src").join(name).join("vectors");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("vectors").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = fs::read_to_string(file).expect("a file that can be read");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().filter(|file| file.extension().is_some_and(|end| end == "json")).map(read).collect()
}

/// The words, collected once.
pub(crate) fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut answers = BTreeSet::from(["Fault".to_owned()]);
        let mut settings = BTreeMap::new();
        for &name in dialects::NAMES {
            let vectors = vectors(name);
            answers.extend(vectors.iter().filter_map(|vector| vector.answer.clone()));
            // Settings that a dialect refuses to read are there to be refused; no dialect ever runs with them.
            let mut known: Vec<String> = vec!["null".to_owned(), STRICT.to_owned()];
            known.extend(vectors.iter().map(|vector| vector.settings.to_string()));
            known.sort();
            known.dedup();
            settings.insert(name, known);
        }
        Words { answers: answers.into_iter().map(|word| &*word.leak()).collect(), settings }
    })
}

/// Secrets and codes that stand in the vectors.
fn secrets() -> &'static [&'static str] {
    &["login-Passw0rd", callers::LOGIN, "kZ81mq", "MTIzNDU2", "123456", "493817"]
}
