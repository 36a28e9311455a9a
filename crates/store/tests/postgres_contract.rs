//! The PostgreSQL engine keeps every promise of the door.

use countersign_domain::secret::SecretText;
use countersign_store::contract_tests;
use countersign_store::postgres::{Options, PostgresStore};
use countersign_throwaway::Server;

async fn make() -> (PostgresStore, ()) {
    let url = SecretText::new(Server::shared().database());
    (PostgresStore::open(Options::new(url, [1; 6])).await.expect("opens an empty database"), ())
}

contract_tests!(make);
