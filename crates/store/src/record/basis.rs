//! The facts on which an approval was decided, as stored with its event.

use countersign_domain::asking::{Basis, Day};
use countersign_domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::approvals::code;
use crate::door::Stored;

#[derive(Serialize, Deserialize)]
pub(super) struct BasisV1 {
    currency: String,
    units: u128,
    payee_known: bool,
    device_known: bool,
    window: Option<i64>,
    unasked: u128,
    by_one: u128,
    all: u128,
    hold_until: Option<i64>,
}

impl From<&Basis> for BasisV1 {
    fn from(basis: &Basis) -> Self {
        let &Basis { currency, units, payee_known, device_known, window, day, hold_until } = basis;
        let Day { unasked, by_one, all } = day;
        Self {
            currency: currency.as_str().to_owned(),
            units,
            payee_known,
            device_known,
            window: window.map(Span::millis),
            unasked,
            by_one,
            all,
            hold_until: hold_until.map(Timestamp::millis),
        }
    }
}

impl BasisV1 {
    /// The facts that were stored.
    pub(super) fn restore(self) -> Stored<Basis> {
        let Self { currency, units, payee_known, device_known, window, unasked, by_one, all, hold_until } =
            self;
        let day = Day { unasked, by_one, all };
        Ok(Basis {
            currency: code(&currency)?,
            units,
            payee_known,
            device_known,
            window: window.map(|millis| Timestamp::from_millis(0).until(Timestamp::from_millis(millis))),
            day,
            hold_until: hold_until.map(Timestamp::from_millis),
        })
    }
}
