//! The dialects: bytes in, command out; outcome in, bytes out. Pure.
//!
//! A dialect is one folder, and nobody else knows its wire. Every folder has the same shape:
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | the door ([`Dialect`]) and one page about the dialect |
//! | `settings.rs` | what an operator may set |
//! | `wire.rs` | its structs, private |
//! | `envelope.rs` | prove and unwrap, wrap and sign |
//! | `translate.rs` | wire to command, outcome to its answer; exhaustive, no wildcard arm |
//! | `openapi.rs` | its part of the OpenAPI document |
//! | `vectors/` | request and answer pairs as files, most of them refusals |
#![forbid(unsafe_code)]

pub mod aspnet;
mod body;
pub mod currency_pass;
/// `Retry-After` of a lock that time does not end, in seconds: a day. Asking again sooner is never worth it, and by
/// then the person may have reset the secret.
const LOCKED_FOR_GOOD_S: i64 = 24 * 60 * 60;

pub mod device;
mod dialect;
pub mod flowmeter;
pub mod native;
pub mod oas;
pub mod openapi;
pub mod raw;
mod registry;
pub mod rejection;
mod setting;
pub mod spark_wallet;
pub mod tour;

pub use device::DeviceToken;
pub use dialect::{Answer, Dialect, Endpoint, Once, Opened};
pub use registry::{Registry, Route};
pub use setting::CommonSecrets;
