//! Every promise of the door.

use countersign_store::contract_tests;
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::open;

async fn empty() -> (PostgresStore, ()) {
    (open(&Server::shared().database()).await, ())
}

contract_tests!(empty);
