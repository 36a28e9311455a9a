//! What a code to each prefix costs, and how much may be spent.

use super::Money;
use crate::calling::{Dialled, Prefix};
use crate::time::Span;

/// What codes cost, and what is the most that they may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpendPolicy {
    /// What amounts are in; only shown.
    pub currency: String,
    /// The country of numbers that were given without one.
    pub home: Prefix,
    /// Where codes may go; everywhere if this is empty.
    pub allowed: Vec<Prefix>,
    /// Where they may not. Of two that lead a number the longer counts, and this one if they are the same.
    pub refused: Vec<Prefix>,
    /// What a code costs, by prefix.
    pub prices: Vec<Price>,
    /// What it costs where no prefix has a price.
    pub price_elsewhere: Money,
    /// What all codes of the tenant may cost.
    pub tenant: Caps,
    /// What the codes to any one prefix may cost.
    pub each_prefix: Caps,
    /// What they may cost to these.
    pub prefixes: Vec<(Prefix, Caps)>,
    /// When too few codes are verified.
    pub breaker: BreakerPolicy,
}

/// What a code costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Price {
    /// To numbers that begin so.
    pub prefix: Prefix,
    /// So much.
    pub price: Money,
}

/// The most that may be spent; absent where there is no cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Caps {
    /// In any hour.
    pub hour: Option<Money>,
    /// In any 24 hours.
    pub day: Option<Money>,
}

/// When too few of the delivered codes are verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerPolicy {
    /// Codes that must have been delivered before they are judged.
    pub least: u32,
    /// If fewer than so many of 100 were verified, it trips. 0 switches it off.
    pub percent: u32,
    /// What is judged is at most so old.
    pub window: Span,
    /// While a code may still be verified it is not judged.
    pub code_life: Span,
    /// How long it stays tripped before it is judged again.
    pub cool_down: Span,
    /// While it is tripped, one code is let through in this time.
    pub trickle: Span,
}

/// What holds for one number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rate {
    /// The prefix under which it is counted: the longest that the policy knows, else the calling code of its country.
    pub prefix: Prefix,
    /// What a code costs.
    pub price: Money,
    /// What codes to that prefix may cost.
    pub caps: Caps,
}

/// No code is ever sent there. Counted under the calling code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAllowed(pub Prefix);

impl SpendPolicy {
    /// What holds for a number.
    ///
    /// # Errors
    /// [`NotAllowed`]: no code is sent to its prefix.
    pub fn rate(&self, number: &Dialled) -> Result<Rate, NotAllowed> {
        let allowed = longest(&self.allowed, number).map_or(0, Prefix::len);
        let refused = longest(&self.refused, number).map_or(0, Prefix::len);
        let listed = self.allowed.is_empty() || allowed > 0;
        if !listed || (refused > 0 && refused >= allowed) {
            return Err(NotAllowed(number.country()));
        }
        let priced = longest(self.prices.iter().map(|price| &price.prefix), number);
        let capped = longest(self.prefixes.iter().map(|(prefix, _)| prefix), number);
        let price = self.prices.iter().find(|price| Some(&price.prefix) == priced);
        let caps = self.prefixes.iter().find(|(prefix, _)| Some(prefix) == capped);
        let country = number.country();
        // A cap must cover all that its prefix leads, so what only has a price of its own is counted with it.
        let prefix =
            capped.or(priced).filter(|prefix| prefix.len() >= country.len()).cloned().unwrap_or(country);
        Ok(Rate {
            prefix,
            price: price.map_or(self.price_elsewhere, |price| price.price),
            caps: caps.map_or(self.each_prefix, |(_, caps)| *caps),
        })
    }

    /// The most that anybody can make all codes cost in 24 hours; `None` if nothing bounds it.
    #[must_use]
    pub fn worst_day(&self) -> Option<Money> {
        self.tenant.worst_day()
    }

    /// The most that codes to one prefix can cost in 24 hours while nobody verifies any: what goes out before the breaker
    /// can judge, then one of the trickle at a time. `None` if nothing bounds it.
    #[must_use]
    pub fn worst_day_unverified(&self, price: Money, caps: Caps) -> Option<Money> {
        let most = [caps.worst_day(), self.worst_day()].into_iter().flatten().min();
        if self.breaker.percent == 0 {
            return most;
        }
        let Some(hour) = [caps.hour, self.tenant.hour].into_iter().flatten().min() else { return most };
        let BreakerPolicy { least, window, trickle, .. } = self.breaker;
        let a_day = |every: Span| {
            let day = Span::from_hours(24).millis() + every.millis() - 1;
            u32::try_from(day / every.millis().max(1)).unwrap_or(u32::MAX)
        };
        // So many before they can be judged, an hour's more until they are; then the trickle, or as few as are never judged.
        let drip = a_day(trickle).max(least.saturating_mul(a_day(window)));
        let bounded = hour + price.times(least) + price.times(drip);
        Some(most.map_or(bounded, |most| most.min(bounded)))
    }
}

impl Caps {
    /// The most that fits into 24 hours; `None` if nothing bounds it.
    #[must_use]
    pub fn worst_day(&self) -> Option<Money> {
        [self.day, self.hour.map(|hour| hour.times(24))].into_iter().flatten().min()
    }
}

fn longest<'a>(prefixes: impl IntoIterator<Item = &'a Prefix>, number: &Dialled) -> Option<&'a Prefix> {
    prefixes.into_iter().filter(|prefix| prefix.leads(number)).max_by_key(|prefix| prefix.len())
}

impl Default for SpendPolicy {
    fn default() -> Self {
        let known = |text: &str| Prefix::parse(text);
        // Satellite networks (+870, +878, +881, +882, +883) and international premium rate (+979): nobody's everyday phone,
        // and the dearest places that there are to send to.
        let refused = ["+870", "+878", "+881", "+882", "+883", "+979"];
        Self {
            currency: "USD".to_owned(),
            home: known("+86").unwrap_or_else(|| unreachable!("+86 is a prefix")),
            allowed: Vec::new(),
            refused: refused.into_iter().filter_map(known).collect(),
            prices: Vec::new(),
            price_elsewhere: Money::from_millionths(100_000),
            tenant: Caps {
                hour: Some(Money::from_millionths(100_000_000)),
                day: Some(Money::from_millionths(500_000_000)),
            },
            each_prefix: Caps {
                hour: Some(Money::from_millionths(50_000_000)),
                day: Some(Money::from_millionths(250_000_000)),
            },
            prefixes: Vec::new(),
            breaker: BreakerPolicy {
                least: 50,
                percent: 20,
                window: Span::from_hours(6),
                code_life: Span::from_minutes(5),
                cool_down: Span::from_hours(1),
                trickle: Span::from_minutes(1),
            },
        }
    }
}
