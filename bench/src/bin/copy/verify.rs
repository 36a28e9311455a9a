//! What the lines of the other program's accounts need to know of it.

/// The payment secret of some of the accounts.
pub(crate) const SECRET: &str = "kZ81mq";
/// How many accounts have it.
pub(crate) const ACCOUNTS: u64 = 4000;
