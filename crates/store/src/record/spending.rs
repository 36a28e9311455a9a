//! What codes cost, as stored.

use countersign_domain::spend::{Breaker, Money, Slice, Spending};
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct SpendingV1 {
    /// When it began, what was spent, delivered and verified.
    slices: Vec<(i64, u64, u32, u32)>,
    breaker: BreakerV1,
}

#[derive(Serialize, Deserialize)]
enum BreakerV1 {
    Closed { since: Option<i64> },
    Tripped { since: i64, until: i64, let_through: Option<i64> },
}

impl From<&Spending> for SpendingV1 {
    fn from(Spending { slices, breaker }: &Spending) -> Self {
        let slice = |Slice { began, spent, delivered, verified }: &Slice| {
            (began.millis(), spent.millionths(), *delivered, *verified)
        };
        let breaker = match *breaker {
            Breaker::Closed { since } => BreakerV1::Closed { since: since.map(Timestamp::millis) },
            Breaker::Tripped { since, until, let_through } => BreakerV1::Tripped {
                since: since.millis(),
                until: until.millis(),
                let_through: let_through.map(Timestamp::millis),
            },
        };
        Self { slices: slices.iter().map(slice).collect(), breaker }
    }
}

impl From<SpendingV1> for Spending {
    fn from(stored: SpendingV1) -> Self {
        let at = Timestamp::from_millis;
        let slice = |(began, spent, delivered, verified)| Slice {
            began: at(began),
            spent: Money::from_millionths(spent),
            delivered,
            verified,
        };
        let breaker = match stored.breaker {
            BreakerV1::Closed { since } => Breaker::Closed { since: since.map(at) },
            BreakerV1::Tripped { since, until, let_through } => {
                Breaker::Tripped { since: at(since), until: at(until), let_through: let_through.map(at) }
            }
        };
        Self { slices: stored.slices.into_iter().map(slice).collect(), breaker }
    }
}
