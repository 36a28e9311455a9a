//! The rules of Countersign: pure functions of values.
//!
//! No IO, no async, no serializer, no clock and no dice: time and randomness are arguments. Read in this order:
//!
//! | module | what it rules |
//! |---|---|
//! | [`secret`] | what must never be seen, and the three kinds of memorized secret |
//! | [`account`] | the record that every decision is about |
//! | [`ledger`], [`attempt`] | how guesses are charged before, and settled after, their comparison |
//! | [`device`], [`spray`] | budgets of known devices, and of networks and secrets over many accounts |
//! | [`odds`], [`restore`] | what the limits are worth against an attacker; what a restored backup may forget |
//! | [`credential`] | set, change, reset, unlock |
//! | [`ask`] | how often the secret is asked, and windows in which it is not |
//! | [`money`], [`intent`] | a transaction, approved by its person and consumed once |
//! | [`asking`], [`payments`] | whether the person must be asked for it, and what was paid before |
//! | [`hold`] | when payments rest |
//! | [`code`] | one-time verification codes |
//! | [`calling`], [`spend`] | where codes go, what they cost, and when there were too many to one place |
//! | [`session`], [`outside`] | login sessions, and what is remembered of those that others open |
//! | [`feed`], [`webhook`] | the order of events, and who is told of them |
//! | [`carried`] | an account as another system kept it |
//! | [`caller`], [`command`], [`answer`] | who calls, what they ask, what it comes to: the words all dialects share |
//!
//! A function that decides takes the record, the request and a [`account::Scene`]; it changes the record, gives an
//! outcome, and leaves audit events in [`account::Account::fresh_events`] to be written in the same transaction.
#![forbid(unsafe_code)]

pub mod account;
pub mod answer;
pub mod app;
pub mod ask;
pub mod asking;
pub mod attempt;
pub mod caller;
pub mod calling;
pub mod carried;
pub mod code;
pub mod command;
pub mod common;
pub mod credential;
pub mod device;
pub mod event;
pub mod feed;
pub mod hold;
pub mod id;
pub mod identifier;
pub mod intent;
pub mod lang;
pub mod ledger;
pub mod money;
pub mod odds;
pub mod outside;
pub mod payments;
pub mod policy;
pub mod restore;
pub mod secret;
pub mod session;
pub mod spend;
pub mod spray;
pub mod time;
pub mod view;
pub mod webhook;
