//! Money as an intent names it: an amount in decimal digits, and the currency that says how many of them follow the point.
//!
//! No floating point anywhere: an amount is compared in the currency's smallest units, and shown as it was given.

use core::fmt;

/// The code of a currency: of ISO 4217, or a token that the operator has named.
///
/// 2 to 12 of `A-Z` and `0-9`, the first a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode([u8; 12]);

impl CurrencyCode {
    /// The code, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = (2..=12).contains(&bytes.len())
            && bytes[0].is_ascii_uppercase()
            && bytes.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        let mut code = [0; 12];
        code.get_mut(..bytes.len()).filter(|_| fits)?.copy_from_slice(bytes);
        Some(Self(code))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&c| c == 0).unwrap_or(self.0.len());
        core::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A currency: its code, and how many digits follow the point of an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Currency {
    /// Its code.
    pub code: CurrencyCode,
    /// Digits after the point, at most [`Currency::MAX_DIGITS`].
    pub digits: u8,
}

impl Currency {
    /// The most digits after a point; ether has 18.
    pub const MAX_DIGITS: u8 = 18;

    /// A currency of ISO 4217 in use, list one. Funds, metals, test codes and the "no currency" are none.
    #[must_use]
    pub fn iso(code: CurrencyCode) -> Option<Self> {
        let text = code.as_str();
        let digits = ISO_4217.iter().find(|(_, codes)| codes.split(' ').any(|iso| iso == text));
        digits.map(|&(digits, _)| Self { code, digits })
    }
}

/// Codes of ISO 4217 by their digits after the point (list one, as published on 1 January 2026).
const ISO_4217: [(u8, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
         CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
         IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR \
         MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD \
         SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG \
         YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// An amount above zero, in decimal digits: `12.34`. Neither sign, exponent, grouping nor leading zeros, so that one
/// amount in one currency has few ways to be written and none to be misread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amount {
    text: String,
    units: u128,
}

/// Why a text is no amount of a currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotAnAmount {
    /// It is not written as one.
    Form,
    /// More digits follow the point than the currency has.
    Digits(u8),
    /// It is zero.
    Zero,
}

impl Amount {
    /// The most digits before the point.
    pub const MAX_WHOLE: usize = 18;

    /// Reads an amount of that currency.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, NotAnAmount> {
        let (whole, fraction) =
            text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        let whole_fits = all_digits(whole)
            && whole.len() <= Self::MAX_WHOLE
            && (whole.len() == 1 || !whole.starts_with('0'));
        if !whole_fits || !fraction.is_none_or(all_digits) {
            return Err(NotAnAmount::Form);
        }
        let fraction = fraction.unwrap_or_default();
        let digits = usize::from(currency.digits);
        if fraction.len() > digits {
            return Err(NotAnAmount::Digits(currency.digits));
        }
        // At most 36 digits: less than 2^128, which has 39.
        let units = whole.bytes().chain(fraction.bytes().chain(core::iter::repeat(b'0')).take(digits));
        let units = units.fold(0_u128, |units, c| units * 10 + u128::from(c - b'0'));
        if units == 0 { Err(NotAnAmount::Zero) } else { Ok(Self { text: text.to_owned(), units }) }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In the currency's smallest units.
    #[must_use]
    pub const fn units(&self) -> u128 {
        self.units
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::iso(CurrencyCode::parse(code).expect("a code")).expect("a currency")
    }

    #[test]
    fn amounts_are_read_in_their_currency_or_not_at_all() {
        let ether = Currency { code: CurrencyCode::parse("ETH").expect("a code"), digits: 18 };
        for (text, of, expected) in [
            ("12.34", currency("CNY"), Ok(1234)),
            ("12", currency("CNY"), Ok(1200)),
            ("0.1", currency("CNY"), Ok(10)),
            ("12", currency("JPY"), Ok(12)),
            ("1.234", currency("KWD"), Ok(1234)),
            ("0.000000000000000001", ether, Ok(1)),
            ("999999999999999999.999999999999999999", ether, Ok(10_u128.pow(36) - 1)),
            ("12.345", currency("CNY"), Err(NotAnAmount::Digits(2))),
            ("1.0", currency("JPY"), Err(NotAnAmount::Digits(0))),
            ("0", currency("CNY"), Err(NotAnAmount::Zero)),
            ("0.00", currency("CNY"), Err(NotAnAmount::Zero)),
            ("", currency("CNY"), Err(NotAnAmount::Form)),
            ("-1", currency("CNY"), Err(NotAnAmount::Form)),
            ("+1", currency("CNY"), Err(NotAnAmount::Form)),
            ("01", currency("CNY"), Err(NotAnAmount::Form)),
            ("1.", currency("CNY"), Err(NotAnAmount::Form)),
            (".5", currency("CNY"), Err(NotAnAmount::Form)),
            ("1e3", currency("CNY"), Err(NotAnAmount::Form)),
            ("1,000", currency("CNY"), Err(NotAnAmount::Form)),
            ("1.0.0", currency("CNY"), Err(NotAnAmount::Form)),
            ("１２", currency("CNY"), Err(NotAnAmount::Form)),
            ("1000000000000000000", currency("CNY"), Err(NotAnAmount::Form)),
        ] {
            assert_eq!(Amount::parse(text, of).map(|amount| amount.units()), expected, "{text}");
        }
    }

    #[test]
    fn no_code_is_listed_twice() {
        let mut codes: Vec<&str> = ISO_4217.iter().flat_map(|(_, codes)| codes.split(' ')).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!((codes.len(), all), (all, 158));
        assert!(codes.iter().all(|code| code.len() == 3 && CurrencyCode::parse(code).is_some()));
    }

    proptest! {
        #[test]
        fn an_amount_keeps_its_text_and_its_worth(units in 1..u64::MAX, digits in 0..=18_u8) {
            let text = format!("{units:0>width$}", width = usize::from(digits) + 1);
            let (whole, fraction) = text.split_at(text.len() - usize::from(digits));
            let text = if digits == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") };
            let of = Currency { code: CurrencyCode::parse("TOKEN").expect("a code"), digits };
            match Amount::parse(&text, of) {
                Ok(amount) => prop_assert_eq!((amount.as_str(), amount.units()), (text.as_str(), u128::from(units))),
                Err(why) => prop_assert_eq!((why, whole.len() > Amount::MAX_WHOLE), (NotAnAmount::Form, true)),
            }
        }
    }
}
