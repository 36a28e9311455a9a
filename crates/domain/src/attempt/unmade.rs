//! What was charged for a comparison that was not made, and never will be.
//!
//! Nothing was observed then, so nothing is lost by giving it back: else a secret would lock without a single
//! comparison. Of a comparison that may have been made, be it one that was cut short, nothing is given back.

use super::budget::{Budget, ledger_mut, still_there};
use super::settle::stay_charged;
use super::{Approves, Ticket, refresh};
use crate::account::{Account, Scene};
use crate::intent;

/// Settles a guess that was never compared: its charge is taken back and refills nothing else.
///
/// The charge of a request that had been charged before stays as a miss: that first charge may stand for a comparison
/// that was made. One that has become a miss meanwhile stays, and so does the gate that it may have closed.
#[allow(
    clippy::needless_pass_by_value,
    reason = "a ticket is consumed by settling it, so that it settles once"
)]
pub fn give_back(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) {
    refresh(account, ticket.kind, scene);
    if ticket.again {
        stay_charged(account, &ticket, scene);
        return;
    }
    let credential = account.credential_mut(ticket.kind);
    let budget: Budget = still_there(credential, ticket.budget);
    if budget == ticket.budget && ledger_mut(credential, budget).in_flight(ticket.number) {
        ledger_mut(credential, budget).take_back(ticket.number);
        if let Some(Approves { intent, .. }) = ticket.approves {
            intent::give_back_try(account, intent);
        }
    }
}
