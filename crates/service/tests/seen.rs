//! What was changed and acknowledged before a request begins is what the request sees, whoever changed it: this process or
//! another one on the same database. And what a request has seen of its caller decides nothing.

mod support;

use countersign_domain::answer::{OpenedSession, Refusal, Reply};
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::ask::{AskFrequency, Holder, WindowOpens};
use countersign_domain::caller::{Caller, Claim, Unproven};
use countersign_domain::command::{Command, Subject};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::secret::{Kind, SecretText};
use countersign_service::{Context, Resolved, Seen};
use support::{World, change, open, plain, verify};

const LOGIN: &str = "login-Passw0rd";
const PAYMENT: &str = "kZ81mq";

/// A person with a session and an open window.
struct Person {
    account: AccountId,
    session: OpenedSession,
}

impl Person {
    async fn new(world: &World, username: &str) -> Self {
        let account = world.account(username, &[(Kind::Login, LOGIN), (Kind::Payment, PAYMENT)]).await;
        let Ok(Reply::SessionOpened(session)) = world.run(open(username, LOGIN)).await else {
            panic!("a session")
        };
        let person = Self { account, session: *session };
        let (subject, holder) = (Subject::Account(account), person.holder());
        let choose = Command::ChooseAskFrequency {
            subject,
            choice: AskFrequency::Day,
            holder,
            opens: WindowOpens::OnSetting,
        };
        world.run(choose).await.expect("a window");
        person
    }

    const fn holder(&self) -> Holder {
        Holder::Session(self.session.id)
    }

    /// What this process finds of the person's token.
    async fn resolved(&self, world: &World) -> Resolved {
        let claim = Claim::AccessToken(self.session.access_token.clone());
        world.service.resolve(claim).await.expect("no fault of ours")
    }

    /// Whether a request that begins now finds the window open; the error is of a session that does not live.
    async fn window(&self, world: &World) -> Result<bool, Unproven> {
        let Resolved { caller, seen } = self.resolved(world).await;
        assert!(matches!(caller?, Caller::Session(_)));
        Ok(self.window_in(world, seen).await)
    }

    async fn window_in(&self, world: &World, seen: Seen) -> bool {
        let read =
            Command::ReadAskFrequency { subject: Subject::Account(self.account), holder: self.holder() };
        let context = Context { seen, ..Context::of(support::origin()) };
        match world.ask(read, context).await.map(|done| done.reply) {
            Ok(Reply::Ask(view)) => view.window_until.is_some(),
            other => panic!("no view: {:?}", other.err()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_by_the_next_request_whoever_made_it() {
    let world = World::new().await;
    let beside = world.beside().await;
    for (n, by) in [&world, &beside, &world, &beside].into_iter().enumerate() {
        let person = Person::new(&world, &format!("closes-{n}")).await;
        assert_eq!(person.window(&world).await, Ok(true));
        by.run(change(person.account, Kind::Payment, PAYMENT, "vT37xw")).await.expect("changed");
        assert_eq!(person.window(&world).await, Ok(false), "{n}: a new secret ends every window");
        by.run(Command::EndSession { session: person.session.id, account: None }).await.expect("ended");
        assert_eq!(person.window(&world).await, Err(Unproven::Unknown), "{n}: ended");

        let person = Person::new(&world, &format!("changes-{n}")).await;
        assert_eq!(person.window(&world).await, Ok(true));
        by.run(change(person.account, Kind::Login, LOGIN, "login-Passw0rd2")).await.expect("changed");
        assert_eq!(person.window(&world).await, Err(Unproven::Unknown), "{n}: opened by the old secret");

        let person = Person::new(&world, &format!("leaves-{n}")).await;
        assert_eq!(person.window(&world).await, Ok(true));
        by.run(Command::EraseAccount(Subject::Account(person.account))).await.expect("erased");
        assert_eq!(person.window(&world).await, Err(Unproven::Erased), "{n}: erased");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_deleted_calls_no_more_whoever_deleted_it() {
    let world = World::new().await;
    let beside = world.beside().await;
    for by in [&world, &beside] {
        let (name, kind, scopes) = ("shop".to_owned(), AppKind::Api, Scopes::usual());
        let Ok(Reply::AppCreated(app, key)) = by.run(Command::CreateApp { name, kind, scopes }).await else {
            panic!("an app")
        };
        let caller = async |key: &SecretText| {
            world.service.resolve(Claim::ApiKey(key.clone())).await.expect("no fault of ours").caller
        };
        assert!(matches!(caller(&key).await, Ok(Caller::App(found)) if found.app == app.id));
        by.run(Command::DeleteApp(app.id)).await.expect("deleted");
        assert!(matches!(caller(&key).await, Err(Unproven::Unknown)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_has_seen_of_its_caller_decides_nothing() {
    let world = World::new().await;
    let person = Person::new(&world, "ann").await;
    let ours = || Origin { actor: Actor::Session(person.session.id), ..support::origin() };
    let seen = async || person.resolved(&world).await.seen;
    let (before_lock, before_end, of_another) = (seen().await, seen().await, seen().await);

    // A window that ends while its request is under way may still be told of; a guess knows better.
    while !matches!(world.verify(person.account, Kind::Payment, "wrong-1").await, Err(Refusal::Locked { .. }))
    {
    }
    let context = Context { seen: before_lock, ..Context::of(ours()) };
    let guess = world.ask(verify(person.account, Kind::Payment, PAYMENT), context).await;
    assert!(matches!(guess.err(), Some(Refusal::Locked { .. })), "a lock is closed at once");

    world.run(Command::EndSession { session: person.session.id, account: None }).await.expect("ended");
    let context = Context { seen: before_end, ..Context::of(ours()) };
    let bind = Command::SetOrChangeSecret {
        subject: Subject::Account(person.account),
        kind: Kind::Payment,
        old: Some(plain(PAYMENT)),
        new: support::secret("vT37xw"),
    };
    let refused = world.ask(bind, context).await.err();
    assert!(matches!(refused, Some(Refusal::NoLiveSession | Refusal::Locked { .. })), "{refused:?}");

    // What was seen of one account is never told of another.
    let other = Person::new(&world, "bob").await;
    assert!(other.window_in(&world, of_another).await, "bob's own window");
    assert!(!person.window_in(&world, Seen::default()).await, "ann's is gone");
}
