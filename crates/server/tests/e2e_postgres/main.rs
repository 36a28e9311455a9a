//! The real program on PostgreSQL: what holds for one server on its file holds for many on one database.
//!
//! The same tests as those of the embedded store, of everything that is decided by records: the budgets, the dialects' story,
//! idempotency, HAWK, crashes. And what only many servers can get wrong.
#![allow(dead_code, reason = "what tests of the embedded store have in common is more than is used here")]

mod canary;
mod crash;
mod engine;
mod equality;
mod feed;
mod nodes;
mod outage;

#[path = "../e2e/aspnet.rs"]
mod aspnet;
#[path = "../e2e/client.rs"]
mod client;
#[path = "../e2e/disabled.rs"]
mod disabled;
#[path = "../e2e/guesses/mod.rs"]
mod guesses;
#[path = "../e2e/idempotency.rs"]
mod idempotency;
#[path = "../e2e/installed.rs"]
mod installed;
#[path = "../e2e/intents/mod.rs"]
mod intents;
#[path = "../e2e/legacy.rs"]
mod legacy;
#[path = "../e2e/nobody.rs"]
mod nobody;
#[path = "../e2e/oidc.rs"]
mod oidc;
#[path = "../e2e/oidc_issuer.rs"]
mod oidc_issuer;
#[path = "../e2e/read_only.rs"]
mod read_only;
#[path = "../e2e/receipts.rs"]
mod receipts;
#[path = "../e2e/receiver.rs"]
mod receiver;
#[path = "../e2e/restart.rs"]
mod restart;
#[path = "../e2e/server.rs"]
mod server;
#[path = "../e2e/spray.rs"]
mod spray;
#[path = "../e2e/story.rs"]
mod story;
#[path = "../e2e/stream.rs"]
mod stream;
#[path = "../e2e/webhooks.rs"]
mod webhooks;
#[path = "../e2e/wire_hawk.rs"]
mod wire_hawk;
#[path = "../e2e/wire_native_accounts.rs"]
mod wire_native_accounts;
#[path = "../e2e/wire_native_apps.rs"]
mod wire_native_apps;
#[path = "../e2e/wire_native_codes.rs"]
mod wire_native_codes;
#[path = "../e2e/wire_native_errors.rs"]
mod wire_native_errors;
#[path = "../e2e/wire_native_mobiles.rs"]
mod wire_native_mobiles;
#[path = "../e2e/wire_tour.rs"]
mod wire_tour;
