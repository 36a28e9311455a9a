//! Numbers as they are dialled from anywhere (ITU-T E.164), and what leads them: where a message goes, and what it costs.

use core::fmt;

use crate::identifier::Mobile;

/// Digits that lead international numbers: a country's calling code, or more of the number, as `+1876` for Jamaica.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prefix(String);

impl Prefix {
    /// `+` and 1 to 15 digits, of which the first is not 0.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let fits = (1..=15).contains(&digits.len())
            && digits.bytes().all(|c| c.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then(|| Self(digits.to_owned()))
    }

    /// Whether a number begins with these digits.
    #[must_use]
    pub fn leads(&self, number: &Dialled) -> bool {
        number.0.starts_with(&self.0)
    }

    /// Whether it leads numbers of one calling code only, as `+1` and `+1876` do, and `+3` and `+85` do not.
    #[must_use]
    pub fn is_of_one_country(&self) -> bool {
        self.len() >= code_len(self.0.as_bytes())
    }

    /// How many digits it has: of several that lead a number the longest says most about it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: it has at least one digit.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// A whole number in its international form. Personal data, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Dialled(String);

impl Dialled {
    /// How a mobile is dialled. One that was given without its country is of the country `home`.
    #[must_use]
    pub fn of(mobile: &Mobile, home: &Prefix) -> Self {
        if let Some(digits) = mobile.as_given().strip_prefix('+') {
            return Self(digits.to_owned());
        }
        let given = mobile.expose();
        // Where all countries share the code 1, a number is often written with it and never begins with it otherwise.
        if home.0 == "1" && given.len() == 11 && given.starts_with('1') {
            return Self(given.to_owned());
        }
        // The 0 in front of a national number is dialled inside the country only; no mobile number keeps it abroad.
        Self(format!("{}{}", home.0, given.trim_start_matches('0')))
    }

    /// The digits, without `+`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The calling code of its country or network: one, two or three digits (list of ITU-T E.164 assigned codes).
    #[must_use]
    pub fn country(&self) -> Prefix {
        Prefix(self.0.chars().take(code_len(self.0.as_bytes())).collect())
    }
}

/// How many digits the calling code has that leads these.
const fn code_len(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).expect("a prefix")
    }

    fn dialled(given: &str, home: &str) -> Dialled {
        Dialled::of(&Mobile::parse(given).expect("a number"), &prefix(home))
    }

    #[test]
    fn a_number_is_dialled_as_it_was_given_or_from_home() {
        let cases = [
            ("13812345678", "+86", "8613812345678"),
            ("8613812345678", "+44", "8613812345678"),
            ("+86 138-1234-5678", "+1", "8613812345678"),
            ("+1 415 555 0100", "+86", "14155550100"),
            ("4155550100", "+1", "14155550100"),
            ("14155550100", "+1", "14155550100"),
            ("07700 900123", "+44", "447700900123"),
            ("+447700900123", "+86", "447700900123"),
        ];
        for (given, home, expected) in cases {
            assert!(dialled(given, home).digits() == expected, "{given} at {home}");
        }
    }

    #[test]
    fn the_country_is_found_whatever_the_length_of_its_code() {
        let cases = [
            ("+14155550100", "+1"),
            ("+77011234567", "+7"),
            ("+447700900123", "+44"),
            ("+85212345678", "+852"),
            ("+96170123456", "+961"),
            ("+21612345678", "+216"),
            ("+88213300000", "+882"),
            ("+97912345678", "+979"),
        ];
        for (number, country) in cases {
            assert_eq!(dialled(number, "+86").country().to_string(), country, "{number}");
        }
    }

    #[test]
    fn what_is_shorter_than_a_calling_code_is_of_several_countries() {
        for (text, expected) in [
            ("+1", true),
            ("+1876", true),
            ("+86", true),
            ("+852", true),
            ("+44", true),
            ("+3", false),
            ("+4", false),
            ("+8", false),
            ("+85", false),
            ("+35", false),
        ] {
            assert_eq!(prefix(text).is_of_one_country(), expected, "{text}");
        }
    }

    #[test]
    fn a_prefix_is_a_plus_and_digits() {
        for text in ["", "+", "86", "+0", "+86x", "+1234567890123456"] {
            assert!(Prefix::parse(text).is_none(), "{text}");
        }
        assert!(prefix("+1876").leads(&dialled("+1 876 555 0100", "+86")));
        assert!(!prefix("+1876").leads(&dialled("+1 415 555 0100", "+86")));
    }
}
