//! Keys, tokens and idempotency: what is sealed opens again, what is revoked is gone at once.

mod support;

use std::sync::Arc;

use countersign_crypto::engine::Params;
use countersign_domain::answer::{OpenedSession, Refusal, Reply};
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::caller::{Caller, Claim, Unproven};
use countersign_domain::command::{Command, NewAccount, NewWallet, Page, Subject};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AppId;
use countersign_domain::identifier::Name;
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::time::Span;
use countersign_service::{Admission, Clock, Context};
use support::{World, change, plain, secret};

/// How long a request may be at work.
const LEASE: Span = Span::from_secs(60);

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

async fn open_session(world: &World, username: &str, login: &str) -> OpenedSession {
    let open =
        Command::OpenSession { username: name(username), login: plain(login), expires_in_s: Some(3600) };
    match world.run(open).await {
        Ok(Reply::SessionOpened(opened)) => *opened,
        other => panic!("no session: {:?}", other.err()),
    }
}

async fn standing(world: &World, token: &SecretText) -> Result<(), Unproven> {
    world.service.resolve(Claim::AccessToken(token.clone())).await.expect("no fault").caller.map(|caller| {
        assert!(matches!(caller, Caller::Session(_)));
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_survive_a_new_data_key_and_nothing_stays_under_the_old_one() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd"), (Kind::Payment, "kZ81mq")]).await;
    let session = open_session(&world, "ann", "login-Passw0rd").await;
    let (name, kind, scopes) = ("shop".to_owned(), AppKind::Hawk, Scopes::NONE);
    world.run(Command::CreateApp { name, kind, scopes }).await.expect("an app");
    assert_eq!(world.service.rotate_key().await.expect("a key"), 2);
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("under the old key");
    let resealed = world.service.reseal(|_| ()).await.expect("re-sealed");
    assert_eq!((resealed.seen, resealed.changed), (2, 2));
    assert_eq!(world.service.reseal(|_| ()).await.expect("again").changed, 0);
    let world = world.restart(7).await;
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("under the new key");
    let id = session.id.to_string();
    let keys = world.service.resolve(Claim::HawkSession(id)).await.expect("no fault").caller;
    let Ok(Caller::Sessions(keys)) = keys else { panic!("a live session") };
    assert!(keys[0].session_key == session.session_key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_another_process_adds_is_taken_over_when_it_is_met() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let other = world.beside().await;
    other.service.rotate_key().await.expect("a key");
    other.service.reseal(|_| ()).await.expect("re-sealed");
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("under a key it had not seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_tell_expired_from_revoked_from_erased_from_forged() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd")]).await;
    let first = open_session(&world, "ann", "login-Passw0rd").await;
    let second = open_session(&world, "ann", "login-Passw0rd").await;
    assert_eq!(standing(&world, &first.access_token).await, Ok(()));
    world.run(Command::EndSession { session: first.id, account: None }).await.expect("ended");
    assert_eq!(standing(&world, &first.access_token).await, Err(Unproven::Unknown));
    assert_eq!(
        world.run(Command::EndSession { session: first.id, account: None }).await.err(),
        Some(Refusal::NotFound)
    );
    let mut forged = second.access_token.expose().to_owned();
    let last = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.replace_range(20..21, &last.to_string());
    assert_eq!(standing(&world, &SecretText::new(forged)).await, Err(Unproven::Unknown));
    let third = open_session(&world, "ann", "login-Passw0rd").await;
    world.run(change(account, Kind::Login, "login-Passw0rd", "login-Passw0rd2")).await.expect("changed");
    assert_eq!(
        standing(&world, &third.access_token).await,
        Err(Unproven::Unknown),
        "opened by the old secret"
    );
    let fourth = open_session(&world, "ann", "login-Passw0rd2").await;
    world.run(Command::EraseAccount(Subject::Account(account))).await.expect("erased");
    assert_eq!(standing(&world, &fourth.access_token).await, Err(Unproven::Erased));
    world.clock.advance(3600);
    assert_eq!(standing(&world, &fourth.access_token).await, Err(Unproven::Expired));
    let events = Command::ReadEvents { account: Some(account), page: Page { after: None, limit: 50 } };
    let Ok(Reply::Events(trail)) = world.run(events).await else { panic!("a trail") };
    assert!(trail.items.len() > 5, "the trail stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_reaches_only_its_own_wallets() {
    let world = World::new().await;
    let spark =
        |name: &str| Command::CreateApp { name: name.into(), kind: AppKind::Spark, scopes: Scopes::NONE };
    let mut apps: Vec<(AppId, SecretText)> = Vec::new();
    for app in ["one", "two"] {
        let Ok(Reply::AppCreated(app, secret)) = world.run(spark(app)).await else { panic!("an app") };
        apps.push((app.id, secret));
    }
    let (mine, theirs) = (apps[0].0, apps[1].0);
    for (app, wallet, payment) in [(mine, "w1", "kZ81mq"), (mine, "w2", "kZ81mr")] {
        let wallet = NewWallet { app, addr: name(wallet), user_id: name(&format!("u-{wallet}")) };
        let new = NewAccount {
            username: None,
            user_id: None,
            agent: None,
            mobiles: Vec::new(),
            wallet: Some(wallet),
            secrets: vec![(Kind::Payment, secret(payment))],
        };
        world.run(Command::CreateAccount(Box::new(new))).await.expect("an account");
    }
    let verify = |app, addr: Option<&str>, user: Option<&str>| {
        let subject = Subject::Wallet { app, addr: addr.map(name), user_id: user.map(name) };
        Command::Verify { subject, kind: Kind::Payment, presented: plain("kZ81mq"), holder: None }
    };
    let done = world.done(verify(mine, Some("w1"), Some("u-w1"))).await.expect("my wallet");
    assert_eq!(done.wallet.map(|wallet| wallet.addr), Some(name("w1")));
    assert!(world.run(verify(mine, None, Some("u-w1"))).await.is_ok());
    assert_eq!(world.run(verify(theirs, Some("w1"), None)).await.err(), Some(Refusal::UnknownAccount));
    assert_eq!(world.run(verify(mine, Some("w1"), Some("u-w2"))).await.err(), Some(Refusal::WalletConflict));
    let token =
        |secret: &SecretText| Command::IssueAppToken { appid: mine.to_string(), secret: secret.clone() };
    let Ok(Reply::AppToken { token: issued, .. }) = world.run(token(&apps[0].1)).await else {
        panic!("a token")
    };
    assert_eq!(world.run(token(&apps[1].1)).await.err(), Some(Refusal::AppSecretIncorrect));
    let resolved = world.service.resolve(Claim::AppToken(issued.clone())).await.expect("no fault").caller;
    assert!(matches!(resolved, Ok(Caller::App(app)) if app.app == mine));
    world.clock.advance(2 * 3600);
    let resolved = world.service.resolve(Claim::AppToken(issued)).await.expect("no fault").caller;
    assert!(matches!(resolved, Err(Unproven::Expired)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_gives_its_first_answer_again_even_after_a_restart() {
    let world = World::new().await;
    let app = AppId::from_bytes([1; 16]);
    let request: &[&[u8]] = &[b"POST", b"/v1/x", b"{}"];
    let Ok(Admission::Fresh(claim)) = world.service.admit_key(app, "k1", request, LEASE).await else {
        panic!("fresh")
    };
    assert!(matches!(world.service.admit_key(app, "k1", request, LEASE).await, Ok(Admission::Running)));
    assert!(matches!(world.service.admit_key(app, "k1", &[b"POST"], LEASE).await, Ok(Admission::Mismatch)));
    let claim = claim.worded(Arc::new(|_, _| b"the answer".to_vec()));
    world.service.settle_key(&claim, Err(&Refusal::NotFound)).await.expect("kept");
    let world = world.restart(5).await;
    let again = world.service.admit_key(app, "k1", request, LEASE).await;
    assert!(matches!(again, Ok(Admission::Answered(answer)) if answer == b"the answer"));
    let other = AppId::from_bytes([2; 16]);
    let Ok(Admission::Fresh(claim)) = world.service.admit_key(other, "k1", request, LEASE).await else {
        panic!("fresh")
    };
    let claim = claim.worded(Arc::new(|_, _| b"never kept".to_vec()));
    world.service.settle_key(&claim, Err(&Refusal::Busy)).await.expect("released");
    assert!(matches!(world.service.admit_key(other, "k1", request, LEASE).await, Ok(Admission::Fresh(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_once_also_after_a_restart() {
    let world = World::new().await;
    let (now, skew) = (world.service.now(), Span::from_secs(60));
    assert!(world.service.admit_once("id", "n1", now, skew).await.expect("no fault"));
    assert!(!world.service.admit_once("id", "n1", now, skew).await.expect("no fault"));
    let world = world.restart(6).await;
    world.service.sweep().await.expect("swept");
    assert!(!world.service.admit_once("id", "n1", now, skew).await.expect("no fault"));
    assert!(world.service.admit_once("id", "n2", now, skew).await.expect("no fault"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_several_processes_add_at_once_are_all_kept() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(world.beside().await);
    }
    let (a, b, c) = tokio::join!(
        others[0].service.rotate_key(),
        others[1].service.rotate_key(),
        others[2].service.rotate_key()
    );
    let mut added = [a.expect("a key"), b.expect("a key"), c.expect("a key")];
    added.sort_unstable();
    assert_eq!(added, [2, 3, 4]);
    for other in &others {
        other.service.reseal(|_| ()).await.expect("re-sealed");
    }
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("the secret still opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_is_made_anew_when_the_cost_was_raised() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let world = world.restart_with(Params::new(16, 2, 1).expect("parameters")).await;
    let before = world.pool.counts().hashes();
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("the right secret");
    assert_eq!(world.pool.counts().hashes(), before, "it is answered first");
    world.service.remake_next().await.expect("remade");
    for _ in 0..3 {
        world.verify(account, Kind::Payment, "kZ81mq").await.expect("the right secret");
    }
    assert_eq!(world.pool.counts().hashes() - before, 1);
    assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_verifier_opens_is_sealed_anew_made_anew_and_replaced() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let world = world.restore().await;
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("after the restore");
    world.service.rotate_key().await.expect("a key");
    assert_eq!(world.service.reseal(|_| ()).await.expect("re-sealed").changed, 1);
    let world = world.restart_with(Params::new(16, 2, 1).expect("parameters")).await;
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("with what is stored");
    world.service.remake_next().await.expect("remade");
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("made anew by the first");
    world.run(change(account, Kind::Payment, "kZ81mq", "Wq72nb")).await.expect("changed");
    world.verify(account, Kind::Payment, "Wq72nb").await.expect("the new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_session_ended_meanwhile_decides_nothing() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd")]).await;
    let session = open_session(&world, "ann", "login-Passw0rd").await;
    let by_session = Origin { actor: Actor::Session(session.id), ..support::origin() };
    let set = || Command::SetSecret {
        subject: Subject::Account(account),
        kind: Kind::Payment,
        new: secret("kZ81mq"),
        holder: None,
    };
    world.run(Command::EndSession { session: session.id, account: None }).await.expect("ended");
    let refused = world.service.execute(set(), Context::of(by_session)).await.expect("no fault of ours");
    assert_eq!(refused.err(), Some(Refusal::NoLiveSession));
    world.run(set()).await.expect("nothing had been set");
}
