//! Sessions that an OpenID provider opened: whose they are, what they may, what ends them, and what they cost.

mod support;

use countersign_crypto::access_token::{TokenRules, TokenType};
use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::jws::{Algorithm, KeySet, SigningAlgorithm, SigningKey};
use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::ask::{AskFrequency, Holder, WindowOpens};
use countersign_domain::caller::{Caller, Claim, Unproven};
use countersign_domain::command::{Command, Page, Subject};
use countersign_domain::event::{Actor, Origin, What};
use countersign_domain::id::{AccountId, SessionId};
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::time::{Span, Timestamp};
use countersign_service::{AccountBy, Clock, Context, Fault, Provider, Resolved};
use support::{World, change, open, origin, plain};

const SECRET: &str = "kZ81mq";

/// A world in which this provider is trusted.
struct Trusting {
    world: World,
    key: SigningKey,
}

fn provider() -> Provider {
    let rules = TokenRules {
        issuer: "https://login.example".to_owned(),
        audience: "pay".to_owned(),
        algorithms: Algorithm::ALL.into(),
        typ: TokenType::AccessToken,
        clients: Vec::new(),
        account_claim: "sub".to_owned(),
        session_claim: "sid".to_owned(),
        skew: Span::from_secs(60),
        life_max: Policy::default().sessions.life_max,
        max_age: Some(Span::from_hours(1)),
        acr: Vec::new(),
    };
    Provider { rules, account_by: AccountBy::Username }
}

impl Trusting {
    async fn new() -> Self {
        Self::of(World::new().await)
    }

    fn of(world: World) -> Self {
        let key = SigningKey::generate(SigningAlgorithm::EdDsa, &SeededEntropy::new(7)).expect("a key");
        world.service.trust(provider());
        world.service.put_provider_keys(Some(KeySet::new(vec![key.public().clone()])));
        Self { world, key }
    }

    /// A token of this session that is good for five minutes.
    fn token(&self, subject: &str, session: &str) -> SecretText {
        let now = self.world.clock.now().secs();
        self.signed(&format!(
            r#"{{"iss":"https://login.example","aud":"pay","sub":"{subject}","sid":"{session}","iat":{now},"exp":{},"auth_time":{now}}}"#,
            now + 300
        ))
    }

    fn signed(&self, claims: &str) -> SecretText {
        SecretText::new(self.key.sign("at+jwt", claims.as_bytes()).expect("signed"))
    }

    async fn resolve(&self, token: &SecretText) -> Resolved {
        self.world.service.resolve(Claim::AccessToken(token.clone())).await.expect("no fault")
    }

    async fn standing(&self, token: &SecretText) -> Result<SessionId, Unproven> {
        match self.resolve(token).await.caller? {
            Caller::Session(person) => Ok(person.session),
            _ => panic!("a token stands for a session"),
        }
    }

    /// A request with this token, as the server carries it out.
    async fn ask(
        &self,
        token: &SecretText,
        command: impl FnOnce(AccountId, SessionId) -> Command,
    ) -> Result<Reply, Refusal> {
        let Resolved { caller, seen } = self.resolve(token).await;
        let Ok(Caller::Session(person)) = caller else { panic!("a live session") };
        let origin = Origin { actor: Actor::Session(person.session), ..origin() };
        let context = Context { seen, ..Context::of(origin) };
        let asked = self.world.ask(command(person.account, person.session), context);
        asked.await.map(|done| done.reply)
    }

    async fn verify(&self, token: &SecretText, guess: &str) -> Result<Reply, Refusal> {
        self.ask(token, |account, session| Command::Verify {
            subject: Subject::Account(account),
            kind: Kind::Payment,
            presented: plain(guess),
            holder: Some(Holder::Session(session)),
        })
        .await
    }

    async fn window(&self, token: &SecretText) -> Option<Timestamp> {
        let read = |account, session| Command::ReadAskFrequency {
            subject: Subject::Account(account),
            holder: Holder::Session(session),
        };
        match self.ask(token, read).await {
            Ok(Reply::Ask(view)) => view.window_until,
            _ => panic!("it can be read"),
        }
    }

    async fn end(&self, token: &SecretText) -> Result<Reply, Refusal> {
        let end = |account, session| Command::EndOwnSession(Subject::Account(account), session);
        self.ask(token, end).await
    }

    async fn choose_a_day(&self, account: AccountId) {
        let choose = Command::ChooseAskFrequency {
            subject: Subject::Account(account),
            choice: AskFrequency::Day,
            holder: support::APP,
            opens: WindowOpens::OnVerify,
        };
        self.world.run(choose).await.expect("chosen");
    }
}

const BOTH: [(Kind, &str); 2] = [(Kind::Login, "login-Passw0rd"), (Kind::Payment, SECRET)];

#[tokio::test(flavor = "multi_thread")]
async fn a_window_belongs_to_the_session_that_verified() {
    let it = Trusting::new().await;
    let ann = it.world.account("ann", &BOTH).await;
    it.choose_a_day(ann).await;
    let (one, other) = (it.token("ann", "s-1"), it.token("ann", "s-2"));
    it.verify(&one, SECRET).await.expect("verified");
    assert!(it.window(&one).await.is_some());
    assert_eq!(it.window(&other).await, None, "another session's");
    // A fresh token of the same session has its window.
    it.world.clock.advance(200);
    assert!(it.window(&it.token("ann", "s-1")).await.is_some());
    // A session of ours that is opened cleans up what is over, and not this.
    it.world.run(open("ann", "login-Passw0rd")).await.expect("opened");
    assert!(it.window(&it.token("ann", "s-1")).await.is_some());
    it.world.run(change(ann, Kind::Login, "login-Passw0rd", "login-Passw0rd2")).await.expect("changed");
    assert!(it.window(&it.token("ann", "s-1")).await.is_some(), "our login secret is no part of it");
    it.world.run(change(ann, Kind::Payment, SECRET, "uW93xz")).await.expect("changed");
    assert_eq!(it.window(&it.token("ann", "s-1")).await, None, "the secret that opened it is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_stays_so_with_every_token_and_loses_its_window() {
    let it = Trusting::new().await;
    let ann = it.world.account("ann", &BOTH).await;
    it.choose_a_day(ann).await;
    let (one, other) = (it.token("ann", "s-1"), it.token("ann", "s-2"));
    it.verify(&one, SECRET).await.expect("verified");
    let name = it.standing(&one).await.expect("live");
    // A request that began before waits until the session has ended, and decides nothing.
    let Resolved { seen, .. } = it.resolve(&one).await;
    assert!(matches!(it.end(&one).await, Ok(Reply::Gone)));
    let late = Context { seen, ..Context::of(Origin { actor: Actor::Session(name), ..origin() }) };
    let choose = Command::ChooseAskFrequency {
        subject: Subject::Account(ann),
        choice: AskFrequency::Hour,
        holder: Holder::Session(name),
        opens: WindowOpens::OnSetting,
    };
    assert_eq!(it.world.ask(choose, late).await.err(), Some(Refusal::NoLiveSession));
    assert_eq!(it.standing(&one).await, Err(Unproven::Unknown));
    it.world.clock.advance(200);
    assert_eq!(it.standing(&it.token("ann", "s-1")).await, Err(Unproven::Unknown), "a fresh token of it");
    assert!(it.standing(&other).await.is_ok());
    let events = Command::ReadEvents { account: Some(ann), page: Page { after: None, limit: 50 } };
    let Ok(Reply::Events(trail)) = it.world.run(events).await else { panic!("a trail") };
    let of =
        |what: &What| trail.items.iter().find(|event| event.what == *what).map(|event| &event.origin.actor);
    assert_eq!(of(&What::SessionEnded(name)), Some(&Actor::Session(name)));
    assert!(
        trail.items.iter().any(|event| event.origin.actor == Actor::Session(name)
            && matches!(event.what, What::WindowOpened { .. }))
    );
    // It is remembered across a restart.
    let it = Trusting::of(it.world.restart(9).await);
    assert_eq!(it.standing(&it.token("ann", "s-1")).await, Err(Unproven::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_sessions_are_ended_than_are_remembered() {
    let it = Trusting::new().await;
    it.world.account("ann", &BOTH).await;
    for session in 0..countersign_domain::outside::MOST {
        it.end(&it.token("ann", &format!("s-{session}"))).await.expect("ended");
    }
    let one_more = it.token("ann", "one more");
    assert!(matches!(it.end(&one_more).await, Err(Refusal::RateLimited { .. })));
    assert!(it.standing(&one_more).await.is_ok(), "it was not ended, and that was said");
    assert_eq!(
        it.standing(&it.token("ann", "s-0")).await,
        Err(Unproven::Unknown),
        "nor was another one freed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_tell_expired_from_unknown_and_a_weak_login_from_both() {
    let it = Trusting::new().await;
    let ann = it.world.account("ann", &BOTH).await;
    let token = it.token("ann", "s-1");
    assert_eq!(it.standing(&it.token("bob", "s-1")).await, Err(Unproven::Unknown), "nobody's name");
    assert_eq!(it.standing(&it.token(&"x".repeat(300), "s-1")).await, Err(Unproven::Unknown), "no name");
    let forged = SecretText::new(token.expose().replacen('.', ".e", 1));
    assert_eq!(it.standing(&forged).await, Err(Unproven::Unknown));
    let now = it.world.clock.now().secs();
    let old = format!(
        r#"{{"iss":"https://login.example","aud":"pay","sub":"ann","iat":{now},"exp":{},"auth_time":{}}}"#,
        now + 300,
        now - 3700
    );
    assert_eq!(it.standing(&it.signed(&old)).await, Err(Unproven::WeakLogin));
    it.world.clock.advance(360);
    assert_eq!(it.standing(&token).await, Err(Unproven::Expired));
    let token = it.token("ann", "s-1");
    it.world.run(Command::EraseAccount(Subject::Account(ann))).await.expect("erased");
    assert_eq!(it.standing(&token).await, Err(Unproven::Unknown), "its name is nobody's now");
    it.world.service.put_provider_keys(None);
    let fault = it.world.service.resolve(Claim::AccessToken(token)).await.err();
    assert!(matches!(fault, Some(Fault::ProviderKeys)));
    assert!(matches!(Fault::ProviderKeys.refusal(), Some(Refusal::Unavailable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_known_is_asked_for() {
    let it = Trusting::new().await;
    it.world.account("ann", &BOTH).await;
    let next = SigningKey::generate(SigningAlgorithm::Es256, &SeededEntropy::new(8)).expect("a key");
    let rotated = Trusting { world: it.world, key: next };
    let token = rotated.token("ann", "s-1");
    assert_eq!(rotated.standing(&token).await, Err(Unproven::Unknown));
    rotated.world.service.provider_keys_wanted().await;
    rotated.world.service.put_provider_keys(Some(KeySet::new(vec![rotated.key.public().clone()])));
    assert!(rotated.standing(&token).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_ended_lives_again_after_a_restore() {
    let it = Trusting::new().await;
    let ann = it.world.account("ann", &BOTH).await;
    it.choose_a_day(ann).await;
    let (ended, live) = (it.token("ann", "s-1"), it.token("ann", "s-2"));
    it.verify(&live, SECRET).await.expect("verified");
    it.end(&ended).await.expect("ended");
    it.world.clock.advance(1);
    let it = Trusting::of(it.world.restore().await);
    assert_eq!(it.standing(&ended).await, Err(Unproven::Unknown));
    assert_eq!(it.standing(&live).await, Err(Unproven::Unknown), "issued before the restore");
    it.world.clock.advance(60);
    let early = it.standing(&it.token("ann", "s-2")).await;
    assert_eq!(
        early,
        Err(Unproven::Unknown),
        "a provider whose clock is ahead may have issued it before the restore"
    );
    it.world.clock.advance(1);
    assert_eq!(it.standing(&it.token("ann", "s-1")).await, Err(Unproven::Unknown), "still ended");
    assert!(it.standing(&it.token("ann", "s-2")).await.is_ok());
    assert_eq!(it.window(&it.token("ann", "s-2")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_in_such_a_session_spend_the_accounts_budget() {
    let it = Trusting::new().await;
    it.world.account("ann", &BOTH).await;
    let token = it.token("ann", "s-1");
    let (mut locked, before) = (0, it.world.comparisons(Kind::Payment));
    for _ in 0..10 {
        match it.verify(&token, "wrong1").await.err() {
            Some(Refusal::Incorrect { .. }) => {}
            Some(Refusal::Locked { .. }) => locked += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(it.world.comparisons(Kind::Payment) - before, 5, "the budget");
    assert_eq!(locked, 5);
    let other = it.token("ann", "s-2");
    assert!(matches!(it.verify(&other, SECRET).await.err(), Some(Refusal::Locked { .. })));
}
