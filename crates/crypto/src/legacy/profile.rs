//! The ways in which callers are known, or have to be expected, to derive the key and chain the blocks.
//!
//! The documents name Triple DES and (misspelt) HMAC-SHA256, and leave the rest open, so a dialect carries an
//! ordered list of profiles and tries each.

use core::fmt;

/// How the 24 bytes of key come from the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kdf {
    /// SHA-256 of the message.
    Sha256,
    /// HMAC-SHA256 with the message as key and as text.
    HmacSha256Self,
    /// HMAC-SHA256 with the message as key, over nothing.
    HmacSha256EmptyMessage,
    /// HMAC-SHA256 with an empty key, over the message.
    HmacSha256EmptyKey,
}

impl Kdf {
    /// Every derivation, the likeliest first.
    pub const ALL: [Self; 4] =
        [Self::Sha256, Self::HmacSha256Self, Self::HmacSha256EmptyMessage, Self::HmacSha256EmptyKey];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::HmacSha256Self => "hmac_sha256_self",
            Self::HmacSha256EmptyMessage => "hmac_sha256_empty_message",
            Self::HmacSha256EmptyKey => "hmac_sha256_empty_key",
        }
    }

    /// The derivation of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kdf| kdf.as_str() == text)
    }
}

/// How the blocks of Triple DES are chained.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Each block by itself.
    Ecb,
    /// CBC from an initialization vector of zeros.
    CbcZeroIv,
    /// CBC from the first eight bytes of the key.
    CbcKeyIv,
}

impl Mode {
    /// Every mode, the likeliest first.
    pub const ALL: [Self; 3] = [Self::Ecb, Self::CbcZeroIv, Self::CbcKeyIv];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecb => "ecb",
            Self::CbcZeroIv => "cbc_zero_iv",
            Self::CbcKeyIv => "cbc_key_iv",
        }
    }

    /// The mode of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// One way to encrypt a digest. Reads as `sha256+ecb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Profile {
    /// How the key is derived.
    pub kdf: Kdf,
    /// How the blocks are chained.
    pub mode: Mode,
}

impl Profile {
    /// All twelve, `sha256+ecb` first: the default list of a dialect.
    pub const ALL: [Self; 12] = {
        let mut all = [Self { kdf: Kdf::Sha256, mode: Mode::Ecb }; 12];
        let mut i = 0;
        while i < 12 {
            all[i] = Self { kdf: Kdf::ALL[i / 3], mode: Mode::ALL[i % 3] };
            i += 1;
        }
        all
    };

    /// Reads `kdf+mode`; `None` if either is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kdf, mode) = text.split_once('+')?;
        Some(Self { kdf: Kdf::parse(kdf)?, mode: Mode::parse(mode)? })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.kdf.as_str(), self.mode.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for profile in Profile::ALL {
            assert_eq!(Profile::parse(&profile.to_string()), Some(profile));
        }
        assert_eq!(Profile::ALL[0].to_string(), "sha256+ecb");
    }

    #[test]
    fn all_are_different() {
        for (i, one) in Profile::ALL.iter().enumerate() {
            assert!(!Profile::ALL[..i].contains(one), "{one}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_profile() {
        for text in ["", "sha256", "sha256+", "+ecb", "SHA256+ECB", "sha256+ecb+ecb", "sha256 + ecb"] {
            assert_eq!(Profile::parse(text), None, "{text}");
        }
    }
}
