//! HAWK 1.1: HTTP authentication with a MAC over the request, its payload, a timestamp and a nonce.
//!
//! Source: the protocol's own description, `API.md` and `lib/crypto.js` of the `hawk` package (mozilla/hawk);
//! there is no RFC. This side remembers nothing: whoever calls [`authenticate`] must refuse a second request
//! with the same [`Authentic::replay_identity`] for as long as its timestamp is accepted.

mod client;
mod error;
mod header;
mod mac;
mod server;

pub use client::{Credentials, Stamp, authorization_header, confirm_server_authorization};
pub use error::{HawkError, HeaderFault, NotAnAttribute};
pub use header::{Ext, HawkHeader};
pub use mac::Algorithm;
pub use server::{Authentic, Request, answer_authorization, authenticate, server_authorization};
