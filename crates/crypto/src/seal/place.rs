//! Where a sealed value belongs.

use countersign_domain::id::{AccountId, AppId, SessionId, WebhookId};
use countersign_domain::secret::Kind;

use crate::keyed_hash::push_framed;

/// The one place where a sealed value opens: the kind of record and its identity. Authenticated with the
/// value, so whoever can write to the database still cannot give one account another's verifier, or bring
/// back an old version of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The PHC string of a memorized secret.
    Verifier {
        /// Whose secret.
        account: AccountId,
        /// Which of the account's secrets.
        kind: Kind,
        /// The verifier's version, from 1.
        version: u64,
    },
    /// A session's key.
    SessionKey {
        /// Whose session.
        account: AccountId,
        /// Which session.
        session: SessionId,
    },
    /// `UPPER_MD5` of the login secret that opened a session, for the session's life.
    SessionLoginDigest {
        /// Whose session.
        account: AccountId,
        /// Which session.
        session: SessionId,
    },
    /// An app's HAWK key.
    HawkKey {
        /// Which app.
        app: AppId,
    },
    /// An account's mobile number.
    Mobile {
        /// Whose number.
        account: AccountId,
        /// Which of the account's numbers.
        slot: u8,
    },
    /// A stored answer to an idempotent request.
    Answer {
        /// The blind index under which it is stored.
        index: [u8; 32],
    },
    /// A private key that signs receipts. Whoever can write to the database cannot have another one published.
    SigningKey {
        /// The thumbprint of its public key.
        thumbprint: [u8; 32],
    },
    /// What signs a webhook's messages.
    WebhookSecret {
        /// Which webhook.
        webhook: WebhookId,
        /// The secret's version, from 1.
        version: u32,
    },
}

impl Place {
    /// Appends the associated data: a word for the kind of place, then every part, each with its length before it, so
    /// that no two places read the same. Changing a word or an order makes everything sealed there
    /// unreadable.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let mut parts = |parts: &[&[u8]]| parts.iter().for_each(|part| push_framed(out, part));
        match self {
            Self::Verifier { account, kind, version } => {
                parts(&[b"verifier", account.as_bytes(), kind.as_str().as_bytes(), &version.to_be_bytes()]);
            }
            Self::SessionKey { account, session } => {
                parts(&[b"session-key", account.as_bytes(), session.as_bytes()]);
            }
            Self::SessionLoginDigest { account, session } => {
                parts(&[b"session-login-digest", account.as_bytes(), session.as_bytes()]);
            }
            Self::HawkKey { app } => parts(&[b"hawk-key", app.as_bytes()]),
            Self::Mobile { account, slot } => parts(&[b"mobile", account.as_bytes(), &[*slot]]),
            Self::Answer { index } => parts(&[b"answer", index]),
            Self::SigningKey { thumbprint } => parts(&[b"signing-key", thumbprint]),
            Self::WebhookSecret { webhook, version } => {
                parts(&[b"webhook-secret", webhook.as_bytes(), &version.to_be_bytes()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(place: &Place) -> Vec<u8> {
        let mut encoded = Vec::new();
        place.encode(&mut encoded);
        encoded
    }

    #[test]
    fn no_two_places_read_the_same() {
        let (a, b) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let session = SessionId::from_bytes([1; 16]);
        let app = AppId::from_bytes([1; 16]);
        let mut places = vec![
            Place::SessionKey { account: a, session },
            Place::SessionKey { account: b, session },
            Place::SessionLoginDigest { account: a, session },
            Place::HawkKey { app },
            Place::Mobile { account: a, slot: 1 },
            Place::Mobile { account: a, slot: 2 },
            Place::Answer { index: [1; 32] },
            Place::Answer { index: [2; 32] },
            Place::SigningKey { thumbprint: [1; 32] },
            Place::SigningKey { thumbprint: [2; 32] },
            Place::WebhookSecret { webhook: WebhookId::from_bytes([1; 16]), version: 1 },
            Place::WebhookSecret { webhook: WebhookId::from_bytes([1; 16]), version: 2 },
        ];
        for kind in Kind::ALL {
            for version in [1, 2] {
                places.push(Place::Verifier { account: a, kind, version });
                places.push(Place::Verifier { account: b, kind, version });
            }
        }
        for (i, place) in places.iter().enumerate() {
            for other in &places[..i] {
                assert_ne!(encoded(place), encoded(other), "{place:?} {other:?}");
            }
        }
    }
}
