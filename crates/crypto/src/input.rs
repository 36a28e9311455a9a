//! What a verifier's key derivation runs over, so that a secret set through one dialect verifies through
//! every other.

use countersign_domain::secret::{Input, LegacyDigest, Presented, SecretBytes};

use crate::legacy::upper_md5;

/// The bytes to compare with a verifier of this input form.
///
/// # Errors
///
/// [`DigestAgainstPlain`]: the caller delivers only `UPPER_MD5`, the verifier was made from the text itself.
/// A refusal, never a miss: nothing was compared, so nothing may be charged for.
pub fn kdf_input(presented: &Presented, input: Input) -> Result<SecretBytes, DigestAgainstPlain> {
    match (presented, input) {
        (Presented::Plain(text), Input::Plain) => Ok(SecretBytes::new(text.expose().as_bytes().to_vec())),
        (presented, Input::LegacyDigest) => Ok(digest_bytes(&digest_of(presented))),
        (Presented::Digest(_), Input::Plain) => Err(DigestAgainstPlain),
    }
}

/// The form and the bytes for a new verifier. A digest always gives [`Input::LegacyDigest`], whatever is
/// preferred: the text it was made from is not known.
#[must_use]
pub fn new_input(presented: &Presented, preferred: Input) -> (Input, SecretBytes) {
    match presented {
        Presented::Digest(digest) => (Input::LegacyDigest, digest_bytes(digest)),
        Presented::Plain(text) => match preferred {
            Input::Plain => (Input::Plain, SecretBytes::new(text.expose().as_bytes().to_vec())),
            Input::LegacyDigest => (Input::LegacyDigest, digest_bytes(&digest_of(presented))),
        },
    }
}

/// `UPPER_MD5` of what was presented, which is all that every dialect can deliver.
#[must_use]
pub fn digest_of(presented: &Presented) -> LegacyDigest {
    match presented {
        Presented::Plain(text) => upper_md5(text.expose().as_bytes()),
        Presented::Digest(digest) => digest.clone(),
    }
}

/// A digest was presented against a verifier of the plain text; the two cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("only a digest was presented, and the verifier was made from the plain text")]
pub struct DigestAgainstPlain;

fn digest_bytes(digest: &LegacyDigest) -> SecretBytes {
    SecretBytes::new(digest.expose().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_domain::secret::SecretText;

    fn plain() -> Presented {
        Presented::Plain(SecretText::new("资金密码".to_owned()))
    }

    fn digest() -> Presented {
        Presented::Digest(upper_md5("资金密码".as_bytes()))
    }

    #[test]
    fn a_plain_secret_and_its_digest_meet_at_a_digest_verifier() {
        let (form, made) = new_input(&plain(), Input::LegacyDigest);
        assert!(form == Input::LegacyDigest);
        assert!(kdf_input(&digest(), form) == Ok(made.clone()));
        assert!(kdf_input(&plain(), form) == Ok(made.clone()));
        assert_eq!(made.expose(), b"65B071AB5CBD9A6B284D25AE8E9333FB");
    }

    #[test]
    fn a_plain_verifier_takes_only_the_text() {
        let (form, made) = new_input(&plain(), Input::Plain);
        assert!(form == Input::Plain);
        assert_eq!(made.expose(), "资金密码".as_bytes());
        assert!(kdf_input(&plain(), form) == Ok(made));
        assert!(kdf_input(&digest(), form) == Err(DigestAgainstPlain));
    }

    #[test]
    fn a_digest_never_becomes_a_plain_verifier() {
        assert!(new_input(&digest(), Input::Plain).0 == Input::LegacyDigest);
    }
}
