//! The PHC string of a verifier (PHC string format, as the Argon2 reference implementation writes it):
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`.

use core::fmt::Write;
use std::sync::Arc;

use countersign_domain::secret::SecretText;
use data_encoding::BASE64_NOPAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::engine::Params;

/// Longer than any string this crate writes or accepts; checked before anything is decoded.
const LONGEST: usize = 256;
/// RFC 9106 section 3.1 asks for 8 bytes of salt at least; more than 64 is nobody's.
const SALT: core::ops::RangeInclusive<usize> = 8..=LONGEST_PART;
/// A shorter tag would let wrong secrets pass by chance more often than the budget of guesses assumes.
const TAG: core::ops::RangeInclusive<usize> = 16..=LONGEST_PART;
/// The longest salt or tag, in bytes.
pub(super) const LONGEST_PART: usize = 64;

/// A PHC string of Argon2id. As secret as what it was made from: whoever has it can guess without limit.
///
/// Never changes; clones share it, so that handing one to a worker copies and allocates nothing.
#[derive(Clone)]
pub struct Phc(Arc<Parts>);

struct Parts {
    text: SecretText,
    params: Params,
    salt: Part,
    tag: Part,
}

/// A salt or a tag, in place.
struct Part {
    bytes: Zeroizing<[u8; LONGEST_PART]>,
    len: usize,
}

impl Phc {
    /// Reads a string: Argon2id, version 19, parameters in the order `m`, `t`, `p`, salt and tag in canonical
    /// Base64 without padding.
    ///
    /// # Errors
    ///
    /// [`NotAPhc`] for everything else.
    pub fn parse(text: SecretText) -> Result<Self, NotAPhc> {
        let whole = text.expose();
        if whole.len() > LONGEST {
            return Err(NotAPhc);
        }
        let rest = whole.strip_prefix("$argon2id$v=19$m=").ok_or(NotAPhc)?;
        let mut fields = rest.split('$');
        let (Some(costs), Some(salt), Some(tag), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(NotAPhc);
        };
        let (memory, costs) = costs.split_once(",t=").ok_or(NotAPhc)?;
        let (passes, lanes) = costs.split_once(",p=").ok_or(NotAPhc)?;
        let params = Params::new(decimal(memory)?, decimal(passes)?, decimal(lanes)?).map_err(|_| NotAPhc)?;
        let (salt, tag) = (Part::decode(salt, &SALT)?, Part::decode(tag, &TAG)?);
        Ok(Self(Arc::new(Parts { text, params, salt, tag })))
    }

    /// Shows the string, to seal it. The only way to it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text.expose()
    }

    /// The string of a tag that an engine computed. `salt` and `tag` are at most [`LONGEST_PART`] bytes.
    pub(super) fn compose(params: &Params, salt: &[u8], tag: &[u8]) -> Self {
        // Long enough for whatever follows: a text that grew would leave a copy of itself behind.
        let mut text = String::with_capacity(LONGEST);
        let (memory, passes, lanes) = (params.memory_kib(), params.passes(), params.lanes());
        let _infallible = write!(text, "$argon2id$v=19$m={memory},t={passes},p={lanes}$");
        BASE64_NOPAD.encode_append(salt, &mut text);
        text.push('$');
        BASE64_NOPAD.encode_append(tag, &mut text);
        let (salt, tag) = (Part::of(salt), Part::of(tag));
        Self(Arc::new(Parts { text: SecretText::new(text), params: *params, salt, tag }))
    }

    pub(super) fn salt(&self) -> &[u8] {
        self.0.salt.expose()
    }

    pub(super) fn tag_len(&self) -> usize {
        self.0.tag.len
    }

    /// Whether the tag is this one, in constant time.
    pub(super) fn has_tag(&self, tag: &[u8]) -> bool {
        self.0.tag.expose().ct_eq(tag).into()
    }
}

impl Part {
    fn decode(text: &str, lengths: &core::ops::RangeInclusive<usize>) -> Result<Self, NotAPhc> {
        let len = BASE64_NOPAD.decode_len(text.len()).map_err(|_| NotAPhc)?;
        if !lengths.contains(&len) {
            return Err(NotAPhc);
        }
        let mut bytes = Zeroizing::new([0; LONGEST_PART]);
        let decoded = BASE64_NOPAD.decode_mut(text.as_bytes(), &mut bytes[..len]);
        if decoded.is_ok() { Ok(Self { bytes, len }) } else { Err(NotAPhc) }
    }

    fn of(part: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; LONGEST_PART]);
        bytes[..part.len()].copy_from_slice(part);
        Self { bytes, len: part.len() }
    }

    fn expose(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The parameters a string was made with.
#[must_use]
pub fn params_of(phc: &Phc) -> Params {
    phc.0.params
}

/// Whether a string was made as one of these parameters would be now; if not, it should be made anew at the
/// next success, the only time when the input is at hand.
#[must_use]
pub fn is_current(phc: &Phc, params: &Params) -> bool {
    phc.0.params == *params && phc.salt().len() == 16 && phc.tag_len() == 32
}

/// The text is no PHC string of Argon2id. Says nothing about the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a PHC string of Argon2id version 19")]
pub struct NotAPhc;

/// Plain decimal without sign or leading zeros.
fn decimal(text: &str) -> Result<u32, NotAPhc> {
    let canonical = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    if canonical { text.parse().map_err(|_| NotAPhc) } else { Err(NotAPhc) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Phc, NotAPhc> {
        Phc::parse(SecretText::new(text.to_owned()))
    }

    #[test]
    fn what_is_composed_reads_back() -> Result<(), NotAPhc> {
        let composed = Phc::compose(&Params::OWASP_19M, &[7; 16], &[9; 32]);
        let read = parse(composed.expose())?;
        assert!(composed.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJ"));
        assert_eq!(params_of(&read), Params::OWASP_19M);
        assert_eq!(read.salt(), [7; 16]);
        assert!(read.has_tag(&[9; 32]) && !read.has_tag(&[9; 31]) && !read.has_tag(&[8; 32]));
        assert!(is_current(&read, &Params::OWASP_19M) && !is_current(&read, &Params::OWASP_7M));
        Ok(())
    }

    #[test]
    fn refuses_what_is_not_a_phc_string() {
        let (salt, tag) = ("c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        assert!(parse(&format!("$argon2id$v=19$m=256,t=2,p=1${salt}${tag}")).is_ok());
        for text in [
            String::new(),
            format!("$argon2i$v=19$m=256,t=2,p=1${salt}${tag}"),
            format!("$argon2id$v=16$m=256,t=2,p=1${salt}${tag}"),
            format!("$argon2id$m=256,t=2,p=1${salt}${tag}"),
            format!("$argon2id$v=19$t=2,m=256,p=1${salt}${tag}"),
            format!("$argon2id$v=19$m=0256,t=2,p=1${salt}${tag}"),
            format!("$argon2id$v=19$m=+256,t=2,p=1${salt}${tag}"),
            format!("$argon2id$v=19$m=256,t=2,p=1,data=AA${salt}${tag}"),
            format!("$argon2id$v=19$m=4294967295,t=2,p=1${salt}${tag}"),
            format!("$argon2id$v=19$m=256,t=2,p=1${salt}=${tag}"),
            format!("$argon2id$v=19$m=256,t=2,p=1$c29t${tag}"),
            format!("$argon2id$v=19$m=256,t=2,p=1${salt}$c29t"),
            format!("$argon2id$v=19$m=256,t=2,p=1${salt}${tag}$"),
            format!("$argon2id$v=19$m=256,t=2,p=1${salt}${}", "A".repeat(300)),
        ] {
            assert!(parse(&text).is_err(), "{text}");
        }
    }
}
