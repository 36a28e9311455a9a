//! What the tests have in common.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::SecretText;
use countersign_store::contract::sample::{self, id};
use countersign_store::door::{Store, Stored};
use countersign_store::postgres::{Options, PostgresStore};

/// The usual options, as those of a server of its own.
pub(crate) fn options(url: &str) -> Options {
    static NODES: AtomicU8 = AtomicU8::new(0);
    let node = [NODES.fetch_add(1, Ordering::Relaxed); 6];
    Options::new(SecretText::new(url.to_owned()), node)
}

/// Options with which what cannot be done is soon given up.
pub(crate) fn hasty(url: &str) -> Options {
    let (statement_timeout, patience) = (Duration::from_millis(600), Duration::from_secs(2));
    Options { statement_timeout, patience, ..options(url) }
}

/// Opens a database as one server does.
pub(crate) async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(options(url)).await.expect("opens")
}

/// Writes an event of an account and gives its number.
pub(crate) async fn note(store: &PostgresStore, n: u32) -> Stored<Option<u32>> {
    let noted = store.update(id(n), |draft| {
        sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
        draft.account.events_made
    });
    noted.await
}

/// How many events an account has by its record, after making sure that its trail has as many.
pub(crate) async fn noted(store: &PostgresStore, n: u32) -> u32 {
    let made = store.read(id(n)).await.expect("reads").expect("is there").events_made;
    let page = Page { after: None, limit: made + 10 };
    let trail = store.events(TenantId::default_tenant(), Some(id(n)), page).await.expect("reads");
    assert_eq!(trail.len(), made as usize, "record and trail of account {n} are of one transaction");
    made
}
