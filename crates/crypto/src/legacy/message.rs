//! What each dialect derives its Triple DES key from.

use countersign_domain::secret::{LegacyDigest, SecretBytes, SecretText};

use crate::legacy::upper_md5;

/// `tour`: UTF-8 of the session key followed by `UPPER_MD5(login secret)`.
#[must_use]
pub fn tour_message(session_key: &SecretText, login: &LegacyDigest) -> SecretBytes {
    SecretBytes::new(tour_hawk_key(session_key, login).expose().as_bytes().to_vec())
}

/// The HAWK key of a `tour` session as its real clients build it: the same text as [`tour_message`].
#[must_use]
pub fn tour_hawk_key(session_key: &SecretText, login: &LegacyDigest) -> SecretText {
    // The full capacity at once: growing would leave a copy of the session key behind in freed memory.
    let mut text = String::with_capacity(session_key.expose().len() + login.expose().len());
    text.push_str(session_key.expose());
    text.extend(login.expose().iter().map(|&c| char::from(c)));
    SecretText::new(text)
}

/// `flowmeter`: UTF-8 of `UPPER_MD5(verification code)`.
#[must_use]
pub fn flowmeter_message(verify_code: &SecretText) -> SecretBytes {
    SecretBytes::new(upper_md5(verify_code.expose().as_bytes()).expose().to_vec())
}
