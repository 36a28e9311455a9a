//! What is watched over many accounts, as stored.

use countersign_domain::spray::Watch;
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct WatchV1 {
    began: i64,
    accounts: Vec<u32>,
    let_through: Option<i64>,
}

impl From<&Watch> for WatchV1 {
    fn from(watch: &Watch) -> Self {
        let Watch { began, accounts, let_through } = watch;
        Self {
            began: began.millis(),
            accounts: accounts.clone(),
            let_through: let_through.map(Timestamp::millis),
        }
    }
}

impl From<WatchV1> for Watch {
    fn from(stored: WatchV1) -> Self {
        let WatchV1 { began, accounts, let_through } = stored;
        Self {
            began: Timestamp::from_millis(began),
            accounts,
            let_through: let_through.map(Timestamp::from_millis),
        }
    }
}
