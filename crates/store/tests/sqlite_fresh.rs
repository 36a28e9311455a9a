//! What one has been told is done, everybody reads: nothing that was read before is believed again, whoever has changed it.

use std::path::Path;

use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::id::{AppId, SessionId};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Sealed;
use countersign_domain::session::Session;
use countersign_domain::time::Span;
use countersign_store::contract::sample::{START, account, id, index};
use countersign_store::door::{Lookup, Store};
use countersign_store::sqlite::{Options, SqliteStore};

const TIMES: usize = 50;

#[tokio::test]
async fn a_change_by_another_handle_of_the_file_is_read_at_once() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    let ours = open(&path);
    ours.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    // As an operator's command does, which opens the file that a server has open.
    let theirs = open(&path);
    for changer in [&ours, &theirs].into_iter().cycle().take(TIMES) {
        for reader in [&ours, &theirs] {
            assert_eq!(sessions(reader).await, 0);
        }
        let open = changer.update(id(1), |draft| draft.account.sessions.push(session()));
        open.await.expect("updates").expect("is there");
        for reader in [&ours, &theirs] {
            assert_eq!(sessions(reader).await, 1);
        }
        let end = changer.update(id(1), |draft| draft.account.sessions.clear());
        end.await.expect("updates").expect("is there");
    }
    theirs.erase(id(1), |_| ()).await.expect("erases");
    assert!(ours.read(id(1)).await.expect("reads").is_none());
    assert_eq!(ours.find_name(index(1)).await.expect("finds"), None);
}

#[tokio::test]
async fn an_app_that_another_handle_of_the_file_deletes_is_gone_at_once() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    let (ours, theirs) = (open(&path), open(&path));
    for _ in 0..TIMES {
        ours.create_app(app(), None).await.expect("creates");
        for store in [&ours, &theirs] {
            assert_eq!(store.app(app().id).await.expect("reads"), Some(app()));
        }
        assert!(theirs.delete_app(app().id).await.expect("deletes"));
        for store in [&ours, &theirs] {
            assert_eq!(store.app(app().id).await.expect("reads"), None);
        }
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::default()).expect("opens")
}

async fn sessions(store: &SqliteStore) -> usize {
    store.read(id(1)).await.expect("reads").expect("is there").sessions.len()
}

fn session() -> Session {
    Session {
        id: SessionId::from_bytes([5; 16]),
        opened_at: START,
        expires_at: START + Span::from_hours(1),
        login_version: 1,
        key: Sealed(vec![1; 40]),
        login_digest: Sealed(vec![2; 40]),
        missed: 0,
    }
}

fn app() -> App {
    App {
        id: AppId::from_bytes([7; 16]),
        tenant: TenantId::default_tenant(),
        name: "shop".to_owned(),
        scopes: Scopes::usual(),
        created_at: START,
        proof: AppProof::Api([9; 32]),
    }
}
