//! The PostgreSQL engine: every promise of the door, and what becomes of them when servers and connections die.
//!
//! The tests start servers of their own; nothing has to be there before.

mod between;
mod contract;
mod doubt;
mod failures;
mod feed;
mod hosts;
mod killed;
mod nodes;
mod promises;
mod proxy;
mod schema;
mod support;
