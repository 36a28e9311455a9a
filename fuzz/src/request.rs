//! A request with its caller and its answer as text, so that an artifact can be read and written by hand:
//!
//! ```text
//! {"require_hawk":true}
//! sessions
//! Locked 60 5
//! app
//! POST /api/WebInterface/Agent/ChangePayPassword?a=1
//! content-type: application/json
//!
//! {"username":"tester"}
//! ```
//!
//! The first four lines are the dialect's settings, what the claim comes to, what is sealed, and who signs. Each is
//! one of a few words; any other text stands for some one of them, so that no mutation is wasted.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use countersign_dialects::raw::{Authority, RawRequest};

/// What the claim may come to; words of the vectors.
pub(crate) const CALLERS: &[&str] = &[
    "nobody",
    "session",
    "no_sessions",
    "sessions",
    "two_sessions",
    "app",
    "app_without_scopes",
    "hawk_app",
    "unknown",
    "expired",
    "erased",
];

/// Who signs the request after it was changed; HAWK would else turn nearly everything away.
pub(crate) const SIGNERS: &[&str] = &["none", "app", "login", "session"];

/// The parts of an input, not yet looked into.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a [u8],
    pub(crate) caller: &'a [u8],
    pub(crate) answer: &'a [u8],
    pub(crate) signer: &'a [u8],
    line: &'a [u8],
    headers: Vec<&'a [u8]>,
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes an input apart; every input has all parts, many of them empty.
    pub(crate) fn of(input: &'a [u8]) -> Self {
        let mut rest = input;
        let mut line = || take_line(&mut rest);
        let (settings, caller, answer, signer, request) = (line(), line(), line(), line(), line());
        let mut headers = Vec::new();
        while !rest.is_empty() {
            match take_line(&mut rest) {
                b"" => break,
                header => headers.push(header),
            }
        }
        Self { settings, caller, answer, signer, line: request, headers, body: rest }
    }

    /// The request, its endpoint still to be found.
    pub(crate) fn raw(&self) -> RawRequest {
        let mut words = self.line.splitn(2, |&c| c == b' ');
        let method = words.next().and_then(|word| Method::from_bytes(word).ok()).unwrap_or(Method::POST);
        let target = String::from_utf8_lossy(words.next().unwrap_or_default());
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target.into_owned(), None),
        };
        RawRequest {
            method,
            path,
            query,
            headers: self.headers(),
            body: self.body.to_vec(),
            endpoint: usize::MAX,
            params: Vec::new(),
            request_id: "req_vector".to_owned(),
            authority: Authority { host: "example.com".to_owned(), port: 80 },
        }
    }

    fn headers(&self) -> HeaderMap {
        // The server takes no more than a hundred.
        let pairs = self.headers.iter().take(100).filter_map(|line| {
            let colon = line.iter().position(|&c| c == b':')?;
            let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
            Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }
}

/// Which of the words a text stands for: itself if it is one, else any.
pub(crate) fn word<'w>(text: &[u8], words: &[&'w str]) -> &'w str {
    let itself = words.iter().find(|word| word.as_bytes() == text);
    itself.copied().unwrap_or_else(|| words[checksum(text) % words.len()])
}

/// A number for a text.
pub(crate) fn checksum(text: &[u8]) -> usize {
    text.iter().fold(0, |sum: usize, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
}

/// What a seed is written from.
pub(crate) struct Seed<'a> {
    pub(crate) settings: &'a str,
    pub(crate) caller: &'a str,
    pub(crate) answer: &'a str,
    pub(crate) signer: &'a str,
    pub(crate) line: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

impl Seed<'_> {
    /// The input that [`Parts::of`] takes apart again.
    pub(crate) fn write(&self) -> Vec<u8> {
        let Self { settings, caller, answer, signer, line, headers, body } = self;
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let head = format!("{settings}\n{caller}\n{answer}\n{signer}\n{line}\n{}\n", headers.concat());
        [head.as_bytes(), body].concat()
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|&c| c == b'\n').unwrap_or(rest.len());
    let line = &rest[..end];
    *rest = rest.get(end + 1..).unwrap_or_default();
    line
}
