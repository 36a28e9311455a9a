//! Receipts: which key signs, which are published, and for how long what was signed verifies.

mod support;

use countersign_crypto::jws::{Algorithm, JwsError, KeySet, SigningAlgorithm, Unverified};
use countersign_crypto::receipt::{Method, NotAReceipt, Receipt};
use countersign_domain::answer::Reply;
use countersign_domain::command::Command;
use countersign_domain::id::AccountId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Sealed;
use countersign_domain::time::Span;
use countersign_service::{Clock, Duty, ReceiptSettings, Settings};
use countersign_store::door::{Retirement, Store, StoredSigningKey};
use countersign_store::sqlite::{Options, SqliteStore};
use support::{World, settings};

/// Ahead of its first signature a key is published for so long.
const PUBLISHED_FIRST_S: u32 = 360;

fn receipt(world: &World) -> Receipt {
    Receipt {
        issuer: "countersign".to_owned(),
        audience: "default".to_owned(),
        account: AccountId::from_bytes([7; 16]),
        intent: "int_1".to_owned(),
        digest: countersign_crypto::canonical::digest_text(&[1; 32]),
        amount: "12.34".to_owned(),
        currency: "EUR".to_owned(),
        payee: "Zoë".to_owned(),
        methods: vec![Method::Pin],
        issued: world.clock.now(),
        expires: world.clock.now() + Span::from_minutes(5),
        authenticated: None,
        exemption: None,
    }
}

async fn signed(world: &World) -> String {
    world.service.sign_receipt(&receipt(world)).await.expect("signed")
}

fn key_of(token: &str) -> String {
    Unverified::parse(token).expect("a token").key_id().expect("names its key").to_owned()
}

async fn published(world: &World) -> KeySet {
    match world.run(Command::ReadKeySet).await {
        Ok(Reply::KeySet(text)) => KeySet::parse(&text).expect("a set"),
        other => panic!("no keys: {:?}", other.err()),
    }
}

async fn verifies(world: &World, token: &str) -> Result<(), NotAReceipt> {
    Receipt::verify(token, &published(world).await).map(drop)
}

async fn duties(world: &World) -> Vec<Duty> {
    world.service.signing_keys().await.expect("read").iter().map(|key| key.duty).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_receipt_has_a_key_and_it_stays() {
    let world = World::new().await;
    let token = signed(&world).await;
    assert_eq!(Receipt::verify(&token, &published(&world).await), Ok(receipt(&world)));
    assert_eq!(token, signed(&world).await, "one and the same can be made again at any time");
    let world = world.restart(2).await;
    world.service.ready_signing_keys().await.expect("ready");
    assert_eq!(key_of(&signed(&world).await), key_of(&token));
    assert_eq!(verifies(&world, &token).await, Ok(()));
    assert_eq!(duties(&world).await, [Duty::Signs]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_before_it_signs_and_long_after() {
    let world = World::new().await;
    let first = signed(&world).await;
    world.clock.advance(1);
    let (added, from) = world.service.rotate_signing_key().await.expect("rotated");
    assert_eq!(from, world.clock.now() + Span::from_secs(PUBLISHED_FIRST_S));
    assert_eq!(published(&world).await.keys().len(), 2, "published at once");
    world.clock.advance(PUBLISHED_FIRST_S - 1);
    assert_eq!(key_of(&signed(&world).await), key_of(&first), "and signs later");
    assert_eq!(duties(&world).await, [Duty::Waits, Duty::Signs]);
    world.clock.advance(1);
    let second = signed(&world).await;
    assert_eq!(key_of(&second), added.id);
    assert_eq!(duties(&world).await, [Duty::Signs, Duty::Verifies]);
    assert_eq!(verifies(&world, &first).await, Ok(()), "a receipt of a key that was replaced");
    world.clock.advance(400 * 86_400 - 1);
    assert_eq!(verifies(&world, &first).await, Ok(()));
    world.clock.advance(1);
    assert_eq!(verifies(&world, &first).await, Err(NotAReceipt::Token(JwsError::UnknownKey)));
    assert_eq!(verifies(&world, &second).await, Ok(()));
    let all = world.service.verifying_keys().await.expect("all keys");
    assert!(Receipt::verify(&first, &all).is_ok(), "the database keeps it for good");
    assert_eq!(duties(&world).await, [Duty::Signs, Duty::Kept]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_rotated_is_taken_over() {
    let world = World::new().await;
    let first = signed(&world).await;
    world.clock.advance(1);
    let beside = world.beside().await;
    let (added, _) = beside.service.rotate_signing_key().await.expect("rotated");
    world.clock.advance(30);
    assert!(published(&world).await.keys().iter().any(|key| key.id() == Some(&added.id)));
    world.clock.advance(PUBLISHED_FIRST_S - 31);
    for one in [&world, &beside] {
        assert_eq!(key_of(&signed(one).await), key_of(&first), "both sign with the old one");
    }
    world.clock.advance(1);
    for one in [&world, &beside] {
        let token = signed(one).await;
        assert_eq!(key_of(&token), added.id, "both sign with the new one");
        assert_eq!((verifies(&world, &token).await, verifies(&beside, &token).await), (Ok(()), Ok(())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_start_at_once_each_verifies_what_the_other_signs() {
    let world = World::new().await;
    let beside = world.beside().await;
    let (ours, theirs) = tokio::join!(signed(&world), signed(&beside));
    world.clock.advance(30);
    for token in [&ours, &theirs] {
        assert_eq!((verifies(&world, token).await, verifies(&beside, token).await), (Ok(()), Ok(())));
    }
    for later in [0, PUBLISHED_FIRST_S] {
        world.clock.advance(later);
        assert_eq!(key_of(&signed(&world).await), key_of(&signed(&beside).await), "they agree");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_algorithm_takes_over_as_any_new_key_does() {
    let world = World::new().await;
    let first = signed(&world).await;
    world.clock.advance(1);
    let receipts = ReceiptSettings { algorithm: SigningAlgorithm::Es256, ..ReceiptSettings::default() };
    world.service.put_settings(Settings { receipts, ..settings(Policy::default()) });
    world.service.ready_signing_keys().await.expect("ready");
    world.service.ready_signing_keys().await.expect("ready, with nothing to do");
    world.clock.advance(PUBLISHED_FIRST_S);
    let second = signed(&world).await;
    let algorithm = |token: &str| Unverified::parse(token).expect("a token").claimed_algorithm();
    assert_eq!([&first, &second].map(|token| algorithm(token)), [Algorithm::EdDsa, Algorithm::Es256]);
    assert_eq!((verifies(&world, &first).await, verifies(&world, &second).await), (Ok(()), Ok(())));
    assert_eq!(duties(&world).await, [Duty::Signs, Duty::Verifies]);
    // Sealed and opened again.
    let world = world.restart(3).await;
    assert_eq!(key_of(&signed(&world).await), key_of(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_keys_are_sealed_anew_with_everything_else() {
    let world = World::new().await;
    let token = signed(&world).await;
    let store = SqliteStore::open(world.folder.path().join("test.db"), Options::default()).expect("opens");
    let before = store.signing_keys().await.expect("reads");
    world.service.rotate_key().await.expect("rotated");
    let resealed = world.service.reseal(|_| {}).await.expect("re-sealed");
    assert_eq!((resealed.seen, resealed.changed), (1, 1));
    let after = store.signing_keys().await.expect("reads");
    assert_ne!(before[0].sealed, after[0].sealed);
    assert_eq!(world.service.reseal(|_| {}).await.expect("nothing to do").changed, 0);
    let world = world.restart(4).await;
    assert_eq!(key_of(&signed(&world).await), key_of(&token));
}

/// Whoever can write to the database must not be able to have a key of their own published.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_put_into_the_database_is_not_published() {
    let world = World::new().await;
    let token = signed(&world).await;
    let store = SqliteStore::open(world.folder.path().join("test.db"), Options::default()).expect("opens");
    let [ours]: [StoredSigningKey; 1] =
        store.signing_keys().await.expect("reads").try_into().expect("one key");
    let forged = [
        StoredSigningKey { id: [9; 32], ..ours.clone() },
        StoredSigningKey { id: [9; 32], sealed: Sealed(vec![1; 90]), ..ours.clone() },
    ];
    for forged in forged {
        let retires = Retirement { ids: Vec::new(), at: ours.created_at };
        store.add_signing_key(forged, retires).await.expect("written by somebody else");
        world.clock.advance(3600);
        let keys = published(&world).await;
        assert_eq!(keys.keys().len(), 1, "what was known goes on");
        assert!(Receipt::verify(&token, &keys).is_ok());
        let beside = world.beside().await;
        assert!(
            beside.service.sign_receipt(&receipt(&world)).await.is_err(),
            "and whoever comes anew says so"
        );
    }
}
