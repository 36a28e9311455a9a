//! Small amounts of money, exactly.

use core::fmt;
use core::ops::{Add, Sub};

/// An amount in millionths of the currency that the operator calculates in: a message often costs less than the
/// currency's smallest coin. Never negative; what would be more than it holds is the most it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Money(u64);

/// Millionths in one.
const ONE: u64 = 1_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// Millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// A decimal number such as `12` or `0.0395`, with at most nine digits before the point and six after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
        };
        if !digits(whole, 9) || !digits(part, 6) {
            return None;
        }
        let part: u64 = format!("{part:0<6}").parse().ok()?;
        Some(Self(whole.parse::<u64>().ok()? * ONE + part))
    }

    /// So many times as much.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self(self.0.saturating_mul(factor as u64))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// As [`Money::parse`] reads it, with at least two digits after the point.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:06}", self.0 % ONE);
        let shown = part.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / ONE, &part[..shown])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_shown_as_a_decimal_number() {
        for (text, millionths, shown) in [
            ("0.0395", 39_500, "0.0395"),
            ("12", 12_000_000, "12.00"),
            ("1.5", 1_500_000, "1.50"),
            ("0.000001", 1, "0.000001"),
            ("0", 0, "0.00"),
        ] {
            let money = Money::parse(text).expect("an amount");
            assert_eq!((money.millionths(), money.to_string().as_str()), (millionths, shown));
        }
        for text in ["", ".5", "5.", "-1", "1,5", "0.0000001", "1234567890", "1e3", "+1", " 1"] {
            assert!(Money::parse(text).is_none(), "{text}");
        }
    }
}
