//! What leaves the server by itself: streams of events, and webhooks that are told of them.
//!
//! | module | what it does |
//! |---|---|
//! | [`hub`] | gives events their places, and looks for new ones, once for all who follow |
//! | [`stream`] | an answer that goes on: events as they come |
//! | `courier` | a task for each webhook that this server tells |
//! | `worker` | tells one webhook: what is new, what is tried again, what is asked for again |
//! | `call` | one message on its way, to an address that was vetted |

mod call;
mod courier;
mod hub;
mod stream;
mod worker;

pub use courier::{Courier, CourierOptions};
pub use hub::Hub;
pub use stream::Streams;
