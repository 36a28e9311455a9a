//! The use cases: one readable function a file. This is where everything that WIRE.md decides is carried out.
//!
//! The service takes a [`Claim`](countersign_domain::caller::Claim), says who that is, and carries out a
//! [`Command`](countersign_domain::command::Command). It knows no wire, no HTTP and no database: time, randomness,
//! messages and records come through [`Clock`], [`Entropy`], [`CodeSender`] and [`Store`].
//!
//! Three families of failure never mix: a refusal is a value ([`Refusal`](countersign_domain::answer::Refusal)); a
//! rejection never gets here; a [`Fault`] is ours.
#![forbid(unsafe_code)]

mod accounts;
mod apps;
mod case;
mod change;
mod checkup;
mod codes;
mod context;
pub mod demo;
mod dev;
mod device;
mod enrol;
mod events;
mod guess;
mod holds;
mod idempotency;
pub mod import;
mod in_flight;
mod intents;
mod mobiles;
mod new_secret;
mod nobody;
mod outward;
mod ports;
mod provider;
mod receipts;
mod remake;
mod reset;
mod resolve;
mod service;
mod sessions;
mod signing;
mod spending;
mod subject;
pub mod telling;
mod texts;
mod token;
pub mod upkeep;
mod verify;
mod watches;
mod webhooks;
mod window;

pub use countersign_crypto::entropy::Entropy;
pub use countersign_store::door::Store;

pub use crate::checkup::Checkup;
pub use crate::context::{Context, Resolved, Seen};
pub use crate::idempotency::{Admission, ClaimedKey, KeyClaim, KeyOwner, Wording};
pub use crate::outward::{Held, Noted, Outward, Told};
pub use crate::ports::{
    Clock, CodeSender, CodeStop, Handed, Message, Observer, PaymentTold, Remade, SendCure, SendFault, Watched,
};
pub use crate::provider::{AccountBy, Provider};
pub use crate::service::{Fault, Outcome, Parts, Service, Settings};
pub use crate::signing::{Duty, ReceiptSettings, SigningKeyView};
