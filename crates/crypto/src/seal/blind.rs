//! Blind indexes: what a record is found by, when what it is found by must not be stored.

use crate::keyed_hash::HmacKey;
use crate::seal::Key;
use crate::seal::master::derive;

/// What an index is about. Each has a key of its own, so an index of one says nothing about another even
/// over the same text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlindDomain {
    /// An account's identifier: user name, user id, wallet address.
    Identifier,
    /// An access token.
    AccessToken,
    /// A platform's API key.
    ApiKey,
    /// An app's token.
    AppToken,
    /// A verification code.
    Code,
    /// The fingerprint of a request.
    Fingerprint,
    /// A nonce, to remember against replay.
    Nonce,
    /// A mobile number.
    Mobile,
    /// An idempotency key.
    Idempotency,
    /// An app's secret, where it only has to be recognized.
    AppSecret,
    /// A name that nobody has, for the budget of its guesses.
    Nobody,
    /// A network, or a secret that was presented wrongly, for what is watched over many accounts.
    Watch,
    /// The token that makes a device known.
    DeviceToken,
    /// A payee of one account.
    Payee,
    /// A session that an OpenID provider opened.
    OutsideSession,
}

impl BlindDomain {
    /// Every domain, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::Identifier,
        Self::AccessToken,
        Self::ApiKey,
        Self::AppToken,
        Self::Code,
        Self::Fingerprint,
        Self::Nonce,
        Self::Mobile,
        Self::Idempotency,
        Self::AppSecret,
        Self::Nobody,
        Self::Watch,
        Self::DeviceToken,
        Self::Payee,
        Self::OutsideSession,
    ];

    /// The word that separates this domain. Changing one loses every index made under it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::AccessToken => "access-token",
            Self::ApiKey => "api-key",
            Self::AppToken => "app-token",
            Self::Code => "code",
            Self::Fingerprint => "fingerprint",
            Self::Nonce => "nonce",
            Self::Mobile => "mobile",
            Self::Idempotency => "idempotency",
            Self::AppSecret => "app-secret",
            Self::Nobody => "nobody",
            Self::Watch => "watch",
            Self::DeviceToken => "device-token",
            Self::Payee => "payee",
            Self::OutsideSession => "outside-session",
        }
    }
}

/// The root and the key of every domain derived from it.
#[derive(Clone)]
pub(super) struct BlindKeys {
    root: Key,
    derived: Box<[HmacKey]>,
}

impl BlindKeys {
    pub(super) fn new(root: Key) -> Self {
        let derived = BlindDomain::ALL.iter().map(|domain| {
            let info = ["countersign/v1/blind/", domain.as_str()].concat();
            HmacKey::new(derive(&root, info.as_bytes()).as_slice())
        });
        Self { derived: derived.collect(), root }
    }

    pub(super) const fn root(&self) -> &Key {
        &self.root
    }

    /// HMAC-SHA256 over the parts, each with its length before it.
    pub(super) fn index(&self, domain: BlindDomain, parts: &[&[u8]]) -> [u8; 32] {
        self.derived[domain as usize].over_framed(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn domains_and_parts_are_separate() {
        let keys = BlindKeys::new(Zeroizing::new([0; 32]));
        let mut seen = Vec::new();
        for domain in BlindDomain::ALL {
            for parts in [&[b"ab".as_slice(), b"c"][..], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""], &[]] {
                let index = keys.index(domain, parts);
                assert_eq!(index, keys.index(domain, parts));
                assert!(!seen.contains(&index), "{domain:?}");
                seen.push(index);
            }
        }
    }

    #[test]
    fn the_order_of_all_is_that_of_the_enum() {
        for (position, domain) in BlindDomain::ALL.into_iter().enumerate() {
            assert_eq!(domain as usize, position);
        }
    }
}
