//! Section `policy.spend`: what codes cost, and what is the most that they may.

use countersign_domain::calling::Prefix;
use countersign_domain::spend::{BreakerPolicy, Caps, Money, Price, SpendPolicy};
use countersign_domain::time::Span;
use schemars::JsonSchema;
use serde::Deserialize;

use super::guesses::seconds;

/// What verification codes cost, and what is the most that they may. Amounts are decimal texts such as `0.0395`, all in one
/// currency; a prefix is `+` and the first digits of a number as it is dialled from abroad.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spend {
    /// What amounts are in. Only shown.
    #[schemars(length(min = 1, max = 16))]
    pub currency: String,
    /// The country of numbers that are given without one.
    #[schemars(length(min = 2, max = 4))]
    pub home: String,
    /// Prefixes of numbers that codes may go to. Empty: to all.
    pub prefixes_allowed: Vec<String>,
    /// Prefixes of numbers that they may not; of two that fit a number, the longer counts. The defaults are satellite
    /// networks and international premium rate numbers.
    pub prefixes_refused: Vec<String>,
    /// What one code costs, by prefix: `+86 0.0045`. The longest that fits counts.
    pub prices: Vec<String>,
    /// What one code costs where no prefix has a price. Rather too much: what nobody looked up should stop early.
    #[schemars(length(min = 1, max = 20))]
    pub price_elsewhere: String,
    /// The most that all codes may cost in any hour. `0` is no cap, here and below.
    #[schemars(length(min = 1, max = 20))]
    pub hour_cap: String,
    /// The most that all codes may cost in any 24 hours.
    #[schemars(length(min = 1, max = 20))]
    pub day_cap: String,
    /// The most that codes to one prefix may cost in any hour.
    #[schemars(length(min = 1, max = 20))]
    pub prefix_hour_cap: String,
    /// The most that codes to one prefix may cost in any 24 hours.
    #[schemars(length(min = 1, max = 20))]
    pub prefix_day_cap: String,
    /// Other caps for some prefixes, by the hour and by the day: `+86 100 800`. The longest that fits counts; none is
    /// shorter than a calling code.
    pub prefix_caps: Vec<String>,
    /// Codes to one prefix that must have been delivered before it is judged how many were verified.
    #[schemars(range(min = 5, max = 100_000))]
    pub breaker_least: u32,
    /// If fewer than so many of 100 were verified, only a trickle is let through to that prefix. 0 switches this off.
    #[schemars(range(min = 0, max = 90))]
    pub breaker_percent: u32,
    /// Seconds back that are judged.
    #[schemars(range(min = 1800, max = 86_400))]
    pub breaker_window_s: u32,
    /// Seconds until it is judged by the trickle whether all may flow again.
    #[schemars(range(min = 600, max = 86_400))]
    pub breaker_cool_down_s: u32,
    /// Seconds between two codes of the trickle.
    #[schemars(range(min = 1, max = 3600))]
    pub breaker_trickle_s: u32,
}

impl Spend {
    /// The rules as the domain takes them. `code_life` is how long a code may be used.
    ///
    /// # Errors
    /// The setting that cannot be read, and what is wrong with it.
    pub fn to_domain(&self, code_life: Span) -> Result<SpendPolicy, (&'static str, String)> {
        let cap = |path, text: &str| money(path, text).map(|cap| (cap > Money::ZERO).then_some(cap));
        Ok(SpendPolicy {
            currency: self.currency.clone(),
            home: prefix("policy.spend.home", &self.home)?,
            allowed: each("policy.spend.prefixes_allowed", &self.prefixes_allowed, prefix)?,
            refused: each("policy.spend.prefixes_refused", &self.prefixes_refused, prefix)?,
            prices: each("policy.spend.prices", &self.prices, |path, text| {
                let (of, price) = text.split_once(' ').ok_or_else(|| unreadable(path, text))?;
                Ok(Price { prefix: prefix(path, of)?, price: money(path, price.trim())? })
            })?,
            price_elsewhere: money("policy.spend.price_elsewhere", &self.price_elsewhere)?,
            tenant: Caps {
                hour: cap("policy.spend.hour_cap", &self.hour_cap)?,
                day: cap("policy.spend.day_cap", &self.day_cap)?,
            },
            each_prefix: Caps {
                hour: cap("policy.spend.prefix_hour_cap", &self.prefix_hour_cap)?,
                day: cap("policy.spend.prefix_day_cap", &self.prefix_day_cap)?,
            },
            prefixes: each("policy.spend.prefix_caps", &self.prefix_caps, |path, text| {
                let words: Vec<&str> = text.split_whitespace().collect();
                let [of, hour, day] = words[..] else { return Err(unreadable(path, text)) };
                let of = prefix(path, of)?;
                if !of.is_of_one_country() {
                    let problem =
                        "is shorter than a calling code, and would be a cap for each of several countries";
                    return Err((path, format!("`{of}` {problem}; name each of them")));
                }
                Ok((of, Caps { hour: cap(path, hour)?, day: cap(path, day)? }))
            })?,
            breaker: BreakerPolicy {
                least: self.breaker_least,
                percent: self.breaker_percent,
                window: Span::from_secs(self.breaker_window_s),
                code_life,
                cool_down: Span::from_secs(self.breaker_cool_down_s),
                trickle: Span::from_secs(self.breaker_trickle_s),
            },
        })
    }
}

type Read<T> = Result<T, (&'static str, String)>;

fn each<T>(
    path: &'static str,
    texts: &[String],
    read: impl Fn(&'static str, &str) -> Read<T>,
) -> Read<Vec<T>> {
    texts.iter().map(|text| read(path, text.trim())).collect()
}

fn prefix(path: &'static str, text: &str) -> Read<Prefix> {
    Prefix::parse(text)
        .ok_or_else(|| (path, format!("`{text}` is no prefix, which is + and up to 15 digits")))
}

fn money(path: &'static str, text: &str) -> Read<Money> {
    Money::parse(text)
        .ok_or_else(|| (path, format!("`{text}` is no amount, which is a number such as 0.0395")))
}

fn unreadable(path: &'static str, text: &str) -> (&'static str, String) {
    (path, format!("`{text}` is not a prefix and what belongs to it, with a space between them"))
}

/// The defaults are the domain's own, so that the two can never differ.
impl Default for Spend {
    fn default() -> Self {
        let domain = SpendPolicy::default();
        let texts = |prefixes: &[Prefix]| prefixes.iter().map(Prefix::to_string).collect();
        let cap = |cap: Option<Money>| cap.unwrap_or_default().to_string();
        Self {
            home: domain.home.to_string(),
            prefixes_allowed: texts(&domain.allowed),
            prefixes_refused: texts(&domain.refused),
            prices: Vec::new(),
            price_elsewhere: domain.price_elsewhere.to_string(),
            hour_cap: cap(domain.tenant.hour),
            day_cap: cap(domain.tenant.day),
            prefix_hour_cap: cap(domain.each_prefix.hour),
            prefix_day_cap: cap(domain.each_prefix.day),
            prefix_caps: Vec::new(),
            breaker_least: domain.breaker.least,
            breaker_percent: domain.breaker.percent,
            breaker_window_s: seconds(domain.breaker.window),
            breaker_cool_down_s: seconds(domain.breaker.cool_down),
            breaker_trickle_s: seconds(domain.breaker.trickle),
            currency: domain.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_of_a_country_or_of_a_part_of_one() {
        for (text, fits) in [("+86 1 2", true), ("+1876 1 2", true), ("+3 1 2", false), ("+85 1 2", false)] {
            let spend = Spend { prefix_caps: vec![text.to_owned()], ..Spend::default() };
            let refused = spend.to_domain(Span::from_minutes(5)).err();
            assert_eq!(refused.is_none(), fits, "{text}");
            assert!(refused.is_none_or(|(path, _)| path == "policy.spend.prefix_caps"), "{text}");
        }
    }
}
