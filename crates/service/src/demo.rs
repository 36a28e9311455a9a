//! What `dev` starts with: apps and accounts to try every dialect with, the same at every start.
//!
//! Their secrets are derived from the keyring, so they can be shown again without being stored anywhere. No guess is
//! ever made here: a restart must not refill the budget of a demo account either.

use countersign_crypto::legacy::upper_md5;
use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::answer::{OpenedSession, Reply};
use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::command::{NewAccount, NewSecret, NewWallet};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::{Agent, Identifier, Mobile, Name};
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_store::door::Store;
use data_encoding::BASE64URL_NOPAD;

use crate::case::{Case, Step, Stop};
use crate::context::Context;
use crate::service::{Fault, Service};
use crate::sessions::open_in;
use crate::subject::session_index;
use crate::token;

/// The login secret of every demo account.
pub const LOGIN: &str = "login-Passw0rd";
/// The payment and query secret of the demo accounts that have one.
pub const SECRET: &str = "493817";
/// A second mobile number that every demo account has.
const SECOND_MOBILE: &str = "13900000000";

/// Everything that a person needs to try each dialect.
pub struct Demo {
    /// An API key with every scope.
    pub api_key: SecretText,
    /// An application-wide HAWK credential.
    pub hawk: (AppId, SecretText),
    /// A `spark` app, which owns the demo wallets.
    pub spark: (AppId, SecretText),
    /// An account with every identifier and only a login secret.
    pub account: DemoAccount,
    /// One account more for each legacy dialect, with all its secrets set and an open session.
    pub dialects: Vec<(&'static str, DemoAccount, OpenedSession)>,
}

/// An account to try things with.
#[derive(Clone)]
pub struct DemoAccount {
    /// Its identity.
    pub id: AccountId,
    /// The login name.
    pub username: String,
    /// The platform's user id, and the wallet's `userId`.
    pub user_id: String,
    /// `walletAddr`.
    pub wallet_addr: String,
    /// `agentid` and `usercode`.
    pub agent: Agent,
    /// Mobile 1 and mobile 2.
    pub mobiles: [String; 2],
}

impl<S: Store> Service<S> {
    /// Makes what is missing of the demo and tells what there is.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn seed_demo(&self) -> Result<Demo, Fault> {
        let origin =
            Origin { dialect: "dev".to_owned(), actor: Actor::Server, request_id: "seed".to_owned() };
        let case = Case::new(self.inner.clone(), Context::of(origin));
        case.seed().await.map_err(|stop| match stop {
            Stop::Fault(fault) => fault,
            Stop::Refused(refusal) => Fault::Seal(format!("the demo cannot be made: {refusal:?}")),
        })
    }
}

impl<S: Store> Case<S> {
    async fn seed(&self) -> Step<Demo> {
        let (api, api_secret) = self.demo_app("api").await?;
        let hawk = self.demo_app("hawk").await?;
        let spark = self.demo_app("spark").await?;
        let account = self.demo_account("demo", 1, spark.0, &[Kind::Login]).await?;
        let mut dialects = Vec::new();
        for (n, name) in (2..).zip(["oas", "tour", "currency_pass", "spark_wallet", "flowmeter"]) {
            let account = self.demo_account(&format!("demo-{name}"), n, spark.0, &Kind::ALL).await?;
            let session = self.demo_session(account.id).await?;
            dialects.push((name, account, session));
        }
        Ok(Demo { api_key: token::api_key(api, &api_secret), hawk, spark, account, dialects })
    }

    /// The demo app of that kind. Its id and secret are derived, so that every start finds and shows the same.
    async fn demo_app(&self, kind: &'static str) -> Step<(AppId, SecretText)> {
        let derived =
            |what: &[u8]| self.keyring().blind(BlindDomain::AppSecret, &[b"demo", kind.as_bytes(), what]);
        let id: [u8; 16] = core::array::from_fn(|i| derived(b"id")[i]);
        let (id, secret) =
            (AppId::from_bytes(id), SecretText::new(BASE64URL_NOPAD.encode(&derived(b"secret"))));
        if self.inner.store.app(id).await?.is_none() {
            let hash = |domain| token::app_secret_hash(&self.keyring(), domain, id, &secret);
            let proof = match kind {
                "api" => AppProof::Api(hash(BlindDomain::ApiKey)),
                "spark" => AppProof::Spark(hash(BlindDomain::AppSecret)),
                _ => AppProof::Hawk(self.seal(&Place::HawkKey { app: id }, secret.expose().as_bytes())),
            };
            let scopes = if kind == "api" { Scopes::all() } else { Scopes::NONE };
            let (tenant, created_at) = (self.tenant.clone(), self.now());
            self.inner
                .store
                .create_app(App { id, tenant, name: format!("demo {kind}"), scopes, created_at, proof }, None)
                .await?;
        }
        Ok((id, secret))
    }

    async fn demo_account(&self, username: &str, n: i64, spark: AppId, kinds: &[Kind]) -> Step<DemoAccount> {
        let (user_id, wallet_addr) = (format!("{}", 1_000_000 + n), format!("wallet-{username}"));
        let agent = Agent { agentid: 1001, usercode: 2000 + n };
        let mobiles = [format!("1381234{:04}", 5677 + n), SECOND_MOBILE.to_owned()];
        let account = DemoAccount {
            id: AccountId::from_bytes([0; 16]),
            username: username.to_owned(),
            user_id,
            wallet_addr,
            agent,
            mobiles,
        };
        let id = match self.find_name(&Identifier::Username(name(username))).await? {
            Some(id) => id,
            None => self.create_demo_account(&account, spark, kinds).await?,
        };
        Ok(DemoAccount { id, ..account })
    }

    async fn create_demo_account(&self, demo: &DemoAccount, spark: AppId, kinds: &[Kind]) -> Step<AccountId> {
        let wallet = NewWallet { app: spark, addr: name(&demo.wallet_addr), user_id: name(&demo.user_id) };
        let new = NewAccount {
            username: Some(name(&demo.username)),
            user_id: Some(name(&demo.user_id)),
            agent: Some(demo.agent),
            mobiles: demo.mobiles.iter().filter_map(|mobile| Mobile::parse(mobile)).collect(),
            wallet: Some(wallet),
            secrets: kinds.iter().map(|&kind| (kind, secret(kind))).collect(),
        };
        match self.create_account(new).await?.reply {
            Reply::AccountCreated(view) => Ok(view.id),
            _ => unreachable!("creating an account answers with it"),
        }
    }

    /// A session for the printed lines, opened without a guess because the server itself opens it.
    async fn demo_session(&self, account: AccountId) -> Step<OpenedSession> {
        let life = u32::try_from(self.settings.policy.sessions.life_max.secs_ceil()).ok();
        let (session, opened) = self.new_session(account, &upper_md5(LOGIN.as_bytes()), life);
        let index = session_index(&self.keyring(), session.id);
        self.decide(account, move |draft, scene| open_in(draft, session, index, scene)).await?;
        Ok(opened)
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|| unreachable!("demo names are well formed"))
}

fn secret(kind: Kind) -> NewSecret {
    let text = if kind == Kind::Login { LOGIN } else { SECRET };
    NewSecret {
        presented: Presented::Plain(SecretText::new(text.to_owned())),
        chars: (6, 64),
        refuse_common: false,
    }
}
