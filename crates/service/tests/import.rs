//! Accounts that are carried over: found, verified and limited as if they had been created here.

mod support;

use countersign_crypto::engine::{EngineChoice, Params};
use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::ask::AskFrequency;
use countersign_domain::carried::{Carried, CarriedVerifier};
use countersign_domain::command::{AccountFilter, Command, NewAccount, NewSecret, NewWallet, Page, Subject};
use countersign_domain::event::What;
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::{Mobile, Name};
use countersign_domain::secret::{Input, Kind, Presented, SecretText};
use countersign_domain::view::{AccountView, SecretStanding};
use countersign_service::import::{Batch, Importer, Outcome, Prepared, Unimportable};
use countersign_store::sqlite::SqliteStore;
use support::{APP, World, plain, secret, verify};

const RIGHT: &str = "kZ81mq";

fn phc(input: &[u8], params: &Params) -> String {
    let mut engine = EngineChoice::Reference.build(params, &Params::CEILING).expect("an engine");
    engine.hash(input, &[7; 16], params).expect("hashes").expose().to_owned()
}

fn named(username: &str) -> NewAccount {
    NewAccount {
        username: Name::parse(username),
        user_id: Name::parse(&format!("id-{username}")),
        agent: None,
        mobiles: Mobile::parse("13812345678").into_iter().collect(),
        wallet: None,
        secrets: Vec::new(),
    }
}

fn with_phc(username: &str, phc: &str, input: Input) -> Carried {
    let verifier = CarriedVerifier { phc: SecretText::new(phc.to_owned()), input };
    Carried { account: named(username), verifiers: vec![(Kind::Payment, verifier)] }
}

fn with_secret(username: &str, kind: Kind, secret: NewSecret) -> Carried {
    let mut account = named(username);
    account.secrets.push((kind, secret));
    Carried { account, verifiers: Vec::new() }
}

async fn importer(world: &World) -> Importer<SqliteStore> {
    world.service.importer(Some(10), Params::OWASP_19M).await.expect("begins")
}

async fn prepared(importer: &Importer<SqliteStore>, carried: Carried) -> Result<Prepared, Unimportable> {
    importer.prepare(0, carried).await.expect("no fault of ours")
}

async fn import(world: &World, carried: Vec<Carried>) -> Vec<Outcome> {
    let importer = importer(world).await;
    let mut batch = Vec::new();
    for one in carried {
        batch.push(prepared(&importer, one).await.unwrap_or_else(|why| panic!("{why}")));
    }
    let Batch { outcomes, .. } = importer.store(batch).await.expect("stores");
    outcomes
}

async fn found(world: &World, username: &str) -> AccountView {
    let by = AccountFilter::Username(Name::parse(username).expect("a name"));
    match world.run(Command::FindAccounts { by, holder: APP }).await {
        Ok(Reply::Accounts(mut listed)) if listed.items.len() == 1 => listed.items.remove(0),
        _ => panic!("one account"),
    }
}

async fn events(world: &World, account: AccountId) -> Vec<What> {
    let page = Page { after: None, limit: 100 };
    match world.run(Command::ReadEvents { account: Some(account), page }).await {
        Ok(Reply::Events(listed)) => listed.items.into_iter().map(|event| event.what).collect(),
        _ => panic!("events"),
    }
}

#[tokio::test]
async fn a_carried_hash_verifies_and_counts_guesses_as_any() {
    let world = World::new().await;
    let outcomes =
        import(&world, vec![with_phc("anna", &phc(RIGHT.as_bytes(), &Params::CHEAP), Input::Plain)]);
    assert_eq!(outcomes.await, [Outcome::Created]);
    let account = found(&world, "anna").await;
    assert_eq!(account.mobiles_masked, ["138****5678"]);
    assert_eq!(account.ask.frequency, AskFrequency::Hour);
    assert_eq!(events(&world, account.id).await, [What::AccountImported(vec![Kind::Payment])]);
    assert_eq!(world.comparisons(Kind::Payment), 0, "an import compares nothing");
    assert!(matches!(
        world.verify(account.id, Kind::Payment, "493817").await,
        Err(Refusal::Incorrect { .. })
    ));
    world.verify(account.id, Kind::Payment, RIGHT).await.expect("right");
    // The miss, the success, and the window that it opened.
    assert_eq!(events(&world, account.id).await.len(), 4);
}

#[tokio::test]
async fn a_hash_of_a_digest_serves_both_who_deliver_the_text_and_who_deliver_the_digest() {
    let world = World::new().await;
    let digest = countersign_crypto::legacy::upper_md5(RIGHT.as_bytes());
    let hashed = phc(digest.expose(), &Params::CHEAP);
    let new = |presented| NewSecret { presented, ..secret("") };
    let carried = vec![
        with_phc("anna", &hashed, Input::LegacyDigest),
        with_secret("bela", Kind::Payment, new(Presented::Digest(digest.clone()))),
        with_secret("carl", Kind::Payment, new(plain(RIGHT))),
    ];
    assert_eq!(import(&world, carried).await, [Outcome::Created; 3]);
    for name in ["anna", "bela", "carl"] {
        let id = found(&world, name).await.id;
        world.verify(id, Kind::Payment, RIGHT).await.expect("the text");
        let by_digest = Command::Verify {
            subject: Subject::Account(id),
            kind: Kind::Payment,
            presented: Presented::Digest(digest.clone()),
            holder: None,
        };
        world.run(by_digest).await.expect("the digest");
    }
}

#[tokio::test]
async fn a_second_import_changes_nothing_that_is_there() {
    let world = World::new().await;
    let first = with_phc("anna", &phc(RIGHT.as_bytes(), &Params::CHEAP), Input::Plain);
    import(&world, vec![first]).await;
    let account = found(&world, "anna").await;
    world.verify(account.id, Kind::Payment, "493817").await.expect_err("wrong");
    let before = found(&world, "anna").await;
    let other = phc(b"another", &Params::CHEAP);
    let mut half = with_phc("anna", &other, Input::Plain);
    half.account.user_id = Name::parse("somebody-else");
    let again = vec![with_phc("anna", &other, Input::Plain), half, with_phc("bela", &other, Input::Plain)];
    let importer = importer(&world).await;
    for (one, outcome) in again.iter().zip([Outcome::There, Outcome::Taken("username"), Outcome::Created]) {
        assert_eq!(importer.look_up(one).await.expect("looks"), outcome);
    }
    let expected = [Outcome::There, Outcome::Taken("username"), Outcome::Created];
    assert_eq!(import(&world, again).await, expected);
    let after = found(&world, "anna").await;
    assert_eq!((after.id, after.secrets), (before.id, before.secrets));
    world.verify(account.id, Kind::Payment, RIGHT).await.expect("still the first secret");
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_without_its_secrets() {
    let world = World::new().await;
    let importer = importer(&world).await;
    let refused = async |carried: Carried| {
        let allowed = importer.allow(&carried).err();
        let why = prepared(&importer, carried).await.err().expect("is refused");
        assert_eq!(allowed.as_ref(), Some(&why));
        assert!(!why.to_string().contains("canary"), "{why}");
        why
    };
    let nameless = NewAccount { username: None, user_id: None, ..named("anna") };
    let nameless = Carried { account: nameless, verifiers: Vec::new() };
    assert_eq!(refused(nameless).await, Unimportable::Nameless);
    let payment = Kind::Payment;
    for text in ["canary", "$2b$10$canary", "$argon2i$v=19$m=8,t=1,p=1$BwcHBwcHBwc$CQkJCQkJCQkJCQkJCQkJCQ"] {
        assert_eq!(refused(with_phc("anna", text, Input::Plain)).await, Unimportable::NotAPhc(payment));
    }
    let costly = phc(b"canary", &Params::CHEAP).replace("m=8,", "m=262144,");
    assert_eq!(refused(with_phc("anna", &costly, Input::Plain)).await, Unimportable::AboveCeiling(payment));
    let mut wallet = with_phc("anna", &phc(b"canary", &Params::CHEAP), Input::Plain);
    let name = || Name::parse("w").expect("a name");
    wallet.account.wallet =
        Some(NewWallet { app: AppId::from_bytes([1; 16]), addr: name(), user_id: name() });
    assert_eq!(refused(wallet).await, Unimportable::UnknownApp);
    for (text, why) in [("short", "too short"), ("123456", "one that everybody tries first")] {
        let carried = with_secret("anna", payment, secret(text));
        assert_eq!(refused(carried).await, Unimportable::NotAllowed(why));
    }
}

#[tokio::test]
async fn a_wallet_comes_under_its_app() {
    let world = World::new().await;
    let create = Command::CreateApp { name: "shop".to_owned(), kind: AppKind::Spark, scopes: Scopes::NONE };
    let Ok(Reply::AppCreated(app, _)) = world.run(create).await else { panic!("an app") };
    let mut carried = with_phc("anna", &phc(RIGHT.as_bytes(), &Params::CHEAP), Input::Plain);
    let name = |text| Name::parse(text).expect("a name");
    carried.account.wallet = Some(NewWallet { app: app.id, addr: name("addr"), user_id: name("7") });
    assert_eq!(import(&world, vec![carried]).await, [Outcome::Created]);
    let by = AccountFilter::WalletAddr(name("addr"));
    let Ok(Reply::Accounts(listed)) = world.run(Command::FindAccounts { by, holder: APP }).await else {
        panic!("found");
    };
    assert_eq!(listed.items.len(), 1);
}

/// The hash is made anew after the first success, with the parameters and in the way of this server.
#[tokio::test]
async fn a_costlier_hash_is_upgraded_at_the_first_success() {
    let world = World::new().await;
    let params = Params::new(64, 2, 1).expect("valid");
    let carried = with_phc("anna", &phc(RIGHT.as_bytes(), &params), Input::Plain);
    assert_eq!(import(&world, vec![carried]).await, [Outcome::Created]);
    let id = found(&world, "anna").await.id;
    let hashes = world.pool.counts().hashes();
    world.run(verify(id, Kind::Payment, RIGHT)).await.expect("right");
    world.service.remake_next().await.expect("remade");
    world.run(verify(id, Kind::Payment, RIGHT)).await.expect("right");
    assert_eq!(world.pool.counts().hashes(), hashes + 1);
    assert_eq!(found(&world, "anna").await.secrets[1].state, SecretStanding::Active);
}
