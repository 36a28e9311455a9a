//! Intents, holds and payments, as stored at the end of an account's record.

use countersign_domain::account::Account;
use countersign_domain::hold::{Hold, Holds};
use countersign_domain::id::{AccountId, IntentId, SessionId};
use countersign_domain::intent::{
    Approval, Details, Digest, Grounds, Intent, IntentState, Line, PayeeMark, Transaction,
};
use countersign_domain::money::{Amount, Currency, CurrencyCode};
use countersign_domain::outside::{Mark, Remembered};
use countersign_domain::payments::{Payee, Payments, Sum};
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::damaged;
use super::event::ActorV1;
use super::word::{ExemptionV1, FactorsV1, HoldCauseV1, ShortageV1, VoidCauseV1};
use crate::door::Stored;

#[derive(Serialize, Deserialize)]
pub(super) struct ApprovalsV1 {
    intents: Vec<IntentV1>,
    holds: Vec<HoldV1>,
    release: Option<(ActorV1, i64)>,
    payees: Vec<PayeeV1>,
    sums: Vec<SumV1>,
    outside: Vec<OutsideV1>,
}

#[derive(Serialize, Deserialize)]
struct OutsideV1 {
    session: [u8; 16],
    until: i64,
    /// `None` if it was ended.
    missed: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct IntentV1 {
    own: [u8; 10],
    amount: String,
    currency: String,
    digits: u8,
    payee: String,
    payee_id: Option<String>,
    reference: Option<String>,
    memo: Option<String>,
    details: Option<String>,
    digest: [u8; 32],
    mark: [u8; 8],
    created_at: i64,
    expires_at: i64,
    state: IntentStateV1,
    refused: Vec<ShortageV1>,
}

#[derive(Serialize, Deserialize)]
enum IntentStateV1 {
    Pending { tries: u32 },
    Approved(ApprovalV1),
    Consumed { approval: ApprovalV1, at: i64 },
    Cancelled { at: i64 },
    Voided { at: i64, cause: VoidCauseV1 },
    Expired { at: i64 },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct ApprovalV1 {
    at: i64,
    version: u64,
    grounds: GroundsV1,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum GroundsV1 {
    Factors(FactorsV1),
    Exempt { why: ExemptionV1, secret_at: Option<i64> },
}

#[derive(Serialize, Deserialize)]
struct HoldV1 {
    cause: HoldCauseV1,
    since: i64,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct PayeeV1 {
    mark: [u8; 8],
    paid_at: i64,
}

#[derive(Serialize, Deserialize)]
struct SumV1 {
    hour: i64,
    currency: String,
    factors: u8,
    units: u128,
}

impl ApprovalsV1 {
    /// What there is of it; `None` if there is nothing.
    pub(super) fn of(account: &Account) -> Option<Self> {
        let Account { intents, holds, payments, outside, .. } = account;
        let nothing = intents.is_empty()
            && *holds == Holds::default()
            && *payments == Payments::default()
            && outside.is_empty();
        (!nothing).then(|| Self {
            intents: intents.iter().map(IntentV1::from).collect(),
            holds: holds.running.iter().map(HoldV1::from).collect(),
            release: holds.release.map(|(who, at)| (who.into(), at.millis())),
            payees: payments.payees.iter().map(PayeeV1::from).collect(),
            sums: payments.sums.iter().map(SumV1::from).collect(),
            outside: outside.iter().map(OutsideV1::from).collect(),
        })
    }
}

/// What was stored for that account.
pub(super) fn restored(
    stored: Option<ApprovalsV1>,
    account: AccountId,
) -> Stored<(Vec<Intent>, Holds, Payments, Vec<Remembered>)> {
    let Some(ApprovalsV1 { intents, holds, release, payees, sums, outside }) = stored else {
        return Ok(Default::default());
    };
    let intents = intents.into_iter().map(|intent| intent.restore(account)).collect::<Stored<_>>()?;
    let holds = Holds {
        running: holds.into_iter().map(Hold::from).collect(),
        release: release.map(|(who, at)| (who.into(), Timestamp::from_millis(at))),
    };
    let payees = payees.into_iter().map(Payee::from).collect();
    let sums = sums.into_iter().map(SumV1::restore).collect::<Stored<_>>()?;
    let outside = outside.into_iter().map(Remembered::from).collect();
    Ok((intents, holds, Payments { payees, sums }, outside))
}

impl From<&Remembered> for OutsideV1 {
    fn from(known: &Remembered) -> Self {
        let missed = if let Mark::Missed(missed) = known.what { Some(missed) } else { None };
        Self { session: *known.session.as_bytes(), until: known.until.millis(), missed }
    }
}

impl From<OutsideV1> for Remembered {
    fn from(known: OutsideV1) -> Self {
        let OutsideV1 { session, until, missed } = known;
        Self {
            session: SessionId::from_bytes(session),
            until: Timestamp::from_millis(until),
            what: missed.map_or(Mark::Ended, Mark::Missed),
        }
    }
}

impl From<&Intent> for IntentV1 {
    fn from(intent: &Intent) -> Self {
        let Transaction { amount, currency, payee, payee_id, reference, memo, details } = &intent.transaction;
        let text = |line: &Line| line.as_str().to_owned();
        Self {
            own: *intent.id.own(),
            amount: amount.as_str().to_owned(),
            currency: currency.code.as_str().to_owned(),
            digits: currency.digits,
            payee: text(payee),
            payee_id: payee_id.as_ref().map(text),
            reference: reference.as_ref().map(text),
            memo: memo.as_ref().map(text),
            details: details.as_ref().map(|details| details.as_str().to_owned()),
            digest: intent.digest.0,
            mark: intent.payee.0,
            created_at: intent.created_at.millis(),
            expires_at: intent.expires_at.millis(),
            state: (&intent.state).into(),
            refused: intent.refused.iter().map(|&why| why.into()).collect(),
        }
    }
}

impl IntentV1 {
    fn restore(self, account: AccountId) -> Stored<Intent> {
        let currency = Currency { code: code(&self.currency)?, digits: self.digits };
        if currency.digits > Currency::MAX_DIGITS {
            return Err(damaged("a currency has too many digits"));
        }
        let amount = Amount::parse(&self.amount, currency).map_err(|_| damaged("an amount is none"))?;
        let details =
            |json| Details::of_canonical(json).ok_or_else(|| damaged("an intent's details are too long"));
        Ok(Intent {
            id: IntentId::new(account, self.own),
            transaction: Transaction {
                amount,
                currency,
                payee: Line::as_written(self.payee),
                payee_id: self.payee_id.map(Line::as_written),
                reference: self.reference.map(Line::as_written),
                memo: self.memo.map(Line::as_written),
                details: self.details.map(details).transpose()?,
            },
            digest: Digest(self.digest),
            payee: PayeeMark(self.mark),
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            state: self.state.into(),
            refused: self.refused.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<&IntentState> for IntentStateV1 {
    fn from(state: &IntentState) -> Self {
        match *state {
            IntentState::Pending { tries } => Self::Pending { tries },
            IntentState::Approved(approval) => Self::Approved(approval.into()),
            IntentState::Consumed { approval, at } => {
                Self::Consumed { approval: approval.into(), at: at.millis() }
            }
            IntentState::Cancelled { at } => Self::Cancelled { at: at.millis() },
            IntentState::Voided { at, cause } => Self::Voided { at: at.millis(), cause: cause.into() },
            IntentState::Expired { at } => Self::Expired { at: at.millis() },
        }
    }
}

impl From<IntentStateV1> for IntentState {
    fn from(stored: IntentStateV1) -> Self {
        let at = Timestamp::from_millis;
        match stored {
            IntentStateV1::Pending { tries } => Self::Pending { tries },
            IntentStateV1::Approved(approval) => Self::Approved(approval.into()),
            IntentStateV1::Consumed { approval, at: when } => {
                Self::Consumed { approval: approval.into(), at: at(when) }
            }
            IntentStateV1::Cancelled { at: when } => Self::Cancelled { at: at(when) },
            IntentStateV1::Voided { at: when, cause } => Self::Voided { at: at(when), cause: cause.into() },
            IntentStateV1::Expired { at: when } => Self::Expired { at: at(when) },
        }
    }
}

impl From<Approval> for ApprovalV1 {
    fn from(approval: Approval) -> Self {
        Self { at: approval.at.millis(), version: approval.version, grounds: approval.grounds.into() }
    }
}

impl From<ApprovalV1> for Approval {
    fn from(stored: ApprovalV1) -> Self {
        Self {
            at: Timestamp::from_millis(stored.at),
            version: stored.version,
            grounds: stored.grounds.into(),
        }
    }
}

impl From<Grounds> for GroundsV1 {
    fn from(grounds: Grounds) -> Self {
        match grounds {
            Grounds::Factors(factors) => Self::Factors(factors.into()),
            Grounds::Exempt { why, secret_at } => {
                Self::Exempt { why: why.into(), secret_at: secret_at.map(Timestamp::millis) }
            }
        }
    }
}

impl From<GroundsV1> for Grounds {
    fn from(stored: GroundsV1) -> Self {
        match stored {
            GroundsV1::Factors(factors) => Self::Factors(factors.into()),
            GroundsV1::Exempt { why, secret_at } => {
                Self::Exempt { why: why.into(), secret_at: secret_at.map(Timestamp::from_millis) }
            }
        }
    }
}

impl From<&Hold> for HoldV1 {
    fn from(hold: &Hold) -> Self {
        Self { cause: hold.cause.into(), since: hold.since.millis(), until: hold.until.millis() }
    }
}

impl From<HoldV1> for Hold {
    fn from(stored: HoldV1) -> Self {
        let (since, until) = (Timestamp::from_millis(stored.since), Timestamp::from_millis(stored.until));
        Self { cause: stored.cause.into(), since, until }
    }
}

impl From<&Payee> for PayeeV1 {
    fn from(payee: &Payee) -> Self {
        Self { mark: payee.mark.0, paid_at: payee.paid_at.millis() }
    }
}

impl From<PayeeV1> for Payee {
    fn from(stored: PayeeV1) -> Self {
        Self { mark: PayeeMark(stored.mark), paid_at: Timestamp::from_millis(stored.paid_at) }
    }
}

impl From<&Sum> for SumV1 {
    fn from(sum: &Sum) -> Self {
        let &Sum { hour, currency, factors, units } = sum;
        Self { hour, currency: currency.as_str().to_owned(), factors, units }
    }
}

impl SumV1 {
    fn restore(self) -> Stored<Sum> {
        let Self { hour, currency, factors, units } = self;
        Ok(Sum { hour, currency: code(&currency)?, factors, units })
    }
}

/// The code, parsed again: a stored value is trusted no more than a received one.
pub(super) fn code(text: &str) -> Stored<CurrencyCode> {
    CurrencyCode::parse(text).ok_or_else(|| damaged("a currency's code is none"))
}
