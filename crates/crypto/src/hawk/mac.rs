//! The normalized strings that HAWK computes its MACs and hashes over.

use countersign_domain::secret::SecretText;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::hawk::{HawkHeader, Request};

/// The hash behind every MAC of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// HMAC-SHA256.
    Sha256,
    /// HMAC-SHA1; only for callers that know nothing better, and off unless a setting allows it.
    Sha1,
}

impl Algorithm {
    /// The word for it in HAWK credentials and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
        }
    }

    /// The algorithm of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha1].into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    pub(super) fn mac(self, key: &SecretText, text: &str) -> String {
        let key = key.expose().as_bytes();
        match self {
            Self::Sha256 => mac::<Hmac<Sha256>>(key, text),
            Self::Sha1 => mac::<Hmac<Sha1>>(key, text),
        }
    }

    /// `hawk.1.payload`: the hash of a body under its content type without parameters.
    pub(super) fn payload_hash(self, content_type: Option<&str>, body: &[u8]) -> String {
        let media_type = media_type(content_type.unwrap_or_default());
        let parts: [&[u8]; 5] = [b"hawk.1.payload\n", media_type.as_bytes(), b"\n", body, b"\n"];
        match self {
            Self::Sha256 => hash::<Sha256>(&parts),
            Self::Sha1 => hash::<Sha1>(&parts),
        }
    }
}

/// Bytes that hold most normalized strings, so that one allocation is enough.
const USUAL: usize = 256;

/// Which of the two directions a normalized string is for.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Header,
    Response,
}

/// `hawk.1.header` or `hawk.1.response`. `hash` and `ext` are those of that direction; everything else is the
/// request's.
pub(super) fn normalized(
    direction: Direction,
    request: &Request<'_>,
    header: &HawkHeader,
    hash: Option<&str>,
    ext: Option<&str>,
) -> String {
    let direction = match direction {
        Direction::Header => "header",
        Direction::Response => "response",
    };
    let lines = [
        &header.ts.to_string(),
        &header.nonce,
        &request.method.to_ascii_uppercase(),
        request.resource,
        &request.host.to_ascii_lowercase(),
        &request.port.to_string(),
        hash.unwrap_or_default(),
        &escape(ext.unwrap_or_default()),
    ];
    let mut text = String::with_capacity(USUAL);
    text.extend(["hawk.1.", direction, "\n"]);
    text.extend(lines.into_iter().flat_map(|line| [line, "\n"]));
    if let Some(app) = &header.app {
        text.extend([app, "\n", header.dlg.as_deref().unwrap_or_default(), "\n"]);
    }
    text
}

/// `hawk.1.ts`: what the `tsm` of a stale timestamp is computed over.
pub(super) fn normalized_ts(ts: i64) -> String {
    format!("hawk.1.ts\n{ts}\n")
}

/// A line break in `ext` must not look like the end of its line.
fn escape(ext: &str) -> String {
    if ext.is_empty() {
        return String::new();
    }
    ext.replace('\\', "\\\\").replace('\n', "\\n")
}

fn media_type(content_type: &str) -> String {
    let (media_type, _parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    media_type.trim().to_ascii_lowercase()
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> String {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    mac.update(text.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

fn hash<D: Digest>(parts: &[&[u8]]) -> String {
    let mut digest = D::new();
    for part in parts {
        digest.update(part);
    }
    BASE64.encode(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ext_cannot_add_a_line() {
        assert_eq!(escape("a\\b\nc"), "a\\\\b\\nc");
    }

    #[test]
    fn parameters_and_case_of_the_content_type_do_not_matter() {
        let hash = |content_type| Algorithm::Sha256.payload_hash(content_type, b"x");
        assert_eq!(hash(Some("Application/JSON ; charset=utf-8")), hash(Some("application/json")));
        assert_eq!(hash(None), hash(Some("")));
        assert_ne!(hash(None), hash(Some("text/plain")));
    }
}
