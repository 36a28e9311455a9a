//! What an intent is about: money, to whom, and what for.

use super::line::Line;
use crate::money::{Amount, Currency};

/// A transaction as the platform names it. What is here is what the person sees and what is digested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// How much, above zero.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
    /// To whom, as the person reads it.
    pub payee: Line,
    /// The platform's own name for the payee, by which it is known again whatever it is called. Digested, not shown.
    pub payee_id: Option<Line>,
    /// The platform's own number for it.
    pub reference: Option<Line>,
    /// What the person wrote.
    pub memo: Option<Line>,
    /// Whatever else shall be bound to the approval. Digested, not shown.
    pub details: Option<Details>,
}

/// Free structured details, as canonical JSON (RFC 8785) of an object. Read at the door and never again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Details(String);

impl Details {
    /// The most bytes in canonical form.
    pub const MAX_BYTES: usize = 4096;

    /// The most bytes of all open intents of one account together: its record is read and written whole.
    pub const MAX_OPEN_BYTES: usize = 32 * 1024;

    /// Takes over what the door has read and made canonical; `None` if it is too long.
    #[must_use]
    pub fn of_canonical(json: String) -> Option<Self> {
        (json.len() <= Self::MAX_BYTES).then_some(Self(json))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
