//! What an account is found by. A value that exists is well formed: parse at the door, carry the proof inside.

use core::fmt;

use crate::id::AppId;

/// One platform: its own policy, keys, dialects and apps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TenantId(String);

impl TenantId {
    /// The tenant that exists from the start.
    #[must_use]
    pub fn default_tenant() -> Self {
        Self("default".to_owned())
    }

    /// 1 to 32 of `a-z`, `0-9`, `-` and `_`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that a platform gave: a username, a user id or a wallet address.
///
/// 1 to 128 characters, none of them a control character. Compared exactly as given, case included.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(String);

impl Name {
    /// Longest name in characters; longer than any of the five systems allows.
    pub const MAX_CHARS: usize = 128;

    /// The name, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.chars().count() <= Self::MAX_CHARS
            && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A whole mobile number: 4 to 15 digits (ITU-T E.164 allows 15), without `+86`/`86` and separators.
///
/// Two are the same if their digits are. Whether its country was given with it is kept beside them: only then is it known
/// where the number is dialled. Personal data: stored only sealed, shown only masked.
#[derive(Clone)]
pub struct Mobile {
    /// With `+` and the country where that was given, else the digits alone.
    given: String,
    /// Where the digits begin that numbers are compared by.
    from: usize,
}

impl Mobile {
    /// Drops separators and the country code of mainland China, as `WIRE.md` compares stored numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = mobile_digits(text)?;
        if !(4..=15).contains(&digits.len()) {
            return None;
        }
        // What was cut off in front of the digits is the country code of mainland China, and nothing else ever.
        let cut = text.bytes().filter(u8::is_ascii_digit).count() > digits.len();
        let abroad = text.contains('+') && !cut;
        let country = if cut {
            "+86"
        } else if abroad {
            "+"
        } else {
            ""
        };
        // The longest number that is compared has 15 digits, the longest that is dialled too.
        let from = if country.len() + digits.len() > 16 { 0 } else { country.len() };
        Some(Self { given: format!("{}{digits}", &country[..from]), from })
    }

    /// The digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.given[self.from..]
    }

    /// The digits, after `+` and the country code where the country was given: what [`Self::parse`] reads back as the same.
    #[must_use]
    pub fn as_given(&self) -> &str {
        &self.given
    }

    /// Only what lets the owner recognize it: `138****5678`.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits = self.expose();
        let (tail, head) = if digits.len() >= 11 { (4, 3) } else { (2, 0) };
        format!("{}****{}", &digits[..head], &digits[digits.len() - tail..])
    }

    /// Whether `tail` is this number or its end.
    #[must_use]
    pub fn ends_with(&self, tail: &MobileTail) -> bool {
        self.expose().ends_with(&tail.0)
    }
}

impl PartialEq for Mobile {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Mobile {}

/// The whole number or its last 4 to 15 digits, as `tour` callers present it.
#[derive(Clone, PartialEq, Eq)]
pub struct MobileTail(String);

impl MobileTail {
    /// Reads a tail as [`Mobile::parse`] reads a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = mobile_digits(text)?;
        (4..=15).contains(&digits.len()).then_some(Self(digits))
    }
}

impl From<&Mobile> for MobileTail {
    fn from(mobile: &Mobile) -> Self {
        Self(mobile.expose().to_owned())
    }
}

fn mobile_digits(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let given = bare.strip_prefix("+86").or_else(|| bare.strip_prefix('+')).unwrap_or(&bare);
    // A mainland number has 11 digits and begins with 1; only then is a leading 86 the country code. Also where it
    // stands twice: a number that is kept must read the same when it is read again.
    let mainland = given.len() == 13 && given.starts_with("861");
    let national = if mainland { &given[2..] } else { given };
    national.bytes().all(|c| c.is_ascii_digit()).then(|| national.to_owned())
}

/// `agentid` and `usercode` of the `flowmeter` system; both may exceed 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Agent {
    /// The operator company's id.
    pub agentid: i64,
    /// The user's number inside it.
    pub usercode: i64,
}

/// A wallet of the `spark_wallet` system. It belongs to one app, and only that app's tokens reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wallet {
    /// The app that owns the wallet.
    pub app: AppId,
    /// `walletAddr`.
    pub addr: Name,
    /// `userId`, unique inside the app.
    pub user_id: Name,
}

/// One thing that names exactly one account of a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identifier {
    /// The login name.
    Username(Name),
    /// The platform's own user id.
    UserId(Name),
    /// `walletAddr` under an app.
    WalletAddr(AppId, Name),
    /// `userId` under an app.
    WalletUser(AppId, Name),
    /// `agentid` and `usercode`.
    Agent(Agent),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobiles_compare_without_country_code_and_separators() {
        let plain = Mobile::parse("13812345678").map(|m| m.expose().to_owned());
        for form in
            ["+86 138-1234-5678", "8613812345678", "138 1234 5678", "+8613812345678", "+86 8613812345678"]
        {
            assert_eq!(Mobile::parse(form).map(|m| m.expose().to_owned()), plain, "{form}");
        }
        assert!(Mobile::parse("138x").is_none());
        assert!(Mobile::parse("123").is_none());
        assert_eq!(Mobile::parse("+1 415 555 0100").map(|m| m.masked()), Some("141****0100".to_owned()));
    }

    #[test]
    fn a_number_keeps_its_country_where_it_was_given_and_compares_without() {
        for (form, given) in [
            ("13812345678", "13812345678"),
            ("+86 138-1234-5678", "+8613812345678"),
            ("8613812345678", "+8613812345678"),
            ("+1 (415) 555-0100", "+14155550100"),
            ("14155550100", "14155550100"),
            ("+861012345678", "+861012345678"),
        ] {
            let mobile = Mobile::parse(form).expect("a number");
            assert_eq!(mobile.as_given(), given, "{form}");
            let again = Mobile::parse(mobile.as_given()).expect("a number");
            assert!(again.as_given() == given && again == mobile, "{form}");
        }
        assert!(Mobile::parse("+14155550100") == Mobile::parse("14155550100"));
    }

    #[test]
    fn a_tail_needs_four_digits() {
        let mobile = Mobile::parse("13812345678").expect("a number");
        let ends = |tail: &str| MobileTail::parse(tail).map(|tail| mobile.ends_with(&tail));
        assert_eq!(ends("5678"), Some(true));
        assert_eq!(ends("13812345678"), Some(true));
        assert_eq!(ends("1234"), Some(false));
        assert_eq!(ends("678"), None);
    }
}
