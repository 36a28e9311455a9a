//! HTTP: the public listener that speaks dialects, and the admin listener beside it.
//!
//! | module | what it does |
//! |---|---|
//! | [`pipeline`] | the public listener's one handler: bounds, finds the dialect, lets the exchange run to its end |
//! | `address` | what a request's head is addressed to |
//! | `room` | how many exchanges, and how many bytes of bodies, there may be at once |
//! | `exchange` | one request from its claim to its sealed answer |
//! | `intake` | reads a body within its bounds |
//! | `authority`, `request_id` | what a request says about how it was addressed, and its name in the log |
//! | `replay` | answers that are kept for their idempotency key |
//! | `protect`, `plain` | headers of every answer, and answers that no dialect can speak |
//! | [`admin`], `docs` | metrics, health, API documents |
//! | `serving` | the step from a connection's requests to the one handler of its listener |
//! | [`listener`], `client`, `guard`, [`tls`] | sockets: how many, how long, and under which certificate |
//! | `seldom` | says in the log what happens again and again |

mod address;
pub mod admin;
mod authority;
mod client;
mod docs;
mod exchange;
mod guard;
mod intake;
pub mod listener;
mod network;
mod panics;
pub mod pipeline;
mod plain;
mod protect;
mod replay;
mod request_id;
mod room;
mod seldom;
mod serving;
pub mod tls;

pub use listener::{BindError, Listener};
pub(crate) use panics::caught;
pub use panics::quiet_panics;
pub use pipeline::{Limits, Pipeline};
pub use serving::Handler;
