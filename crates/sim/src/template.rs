//! The database that every history begins with, made once: schema, keys and accounts.

use countersign_domain::answer::{Done, Reply};
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::command::{Command, NewAccount, NewSecret};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::{Mobile, Name};
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_service::Context;
use std::sync::Arc;

use crate::disk::Disk;
use crate::machine::{Machine, World};
use crate::surroundings::{SimulatedClock, Telephone};

/// When every history begins, in milliseconds since the epoch.
pub const BEGINNING: i64 = 1_800_000_000_000;

/// How many accounts there are.
pub const ACCOUNTS: usize = 3;

/// A database to begin with. Every kind of secret is set but the payment secret of the last account.
pub struct Template {
    disk: Disk,
    accounts: Vec<AccountId>,
    apps: Vec<AppId>,
}

impl Template {
    /// Makes it.
    ///
    /// # Errors
    /// Why the server did not start or an account was not made.
    pub fn make() -> Result<Self, String> {
        let world = World {
            clock: Arc::new(SimulatedClock::at(BEGINNING)),
            telephone: Arc::new(Telephone::default()),
            policy: Policy::default(),
            places: 8,
            seed: 0,
        };
        let mut machine = Machine::start(&world, 0, 0, Disk::with("db", Vec::new()))?;
        // Older than any hold that they may end.
        world.clock.set(BEGINNING - 1000);
        let apps = (0..2).map(|_| create_app(&mut machine)).collect::<Result<_, _>>()?;
        world.clock.set(BEGINNING);
        let accounts =
            (0..ACCOUNTS).map(|account| create(&mut machine, account)).collect::<Result<_, _>>()?;
        let content = machine.end().content("db").ok_or("there is no database")?;
        Ok(Self { disk: Disk::with("db", content), accounts, apps })
    }

    /// A disk with a copy of it.
    #[must_use]
    pub fn disk(&self) -> Disk {
        self.disk.clone()
    }

    /// The apps of the operators who end holds, by their place.
    #[must_use]
    pub fn apps(&self) -> &[AppId] {
        &self.apps
    }

    /// The accounts, by their place.
    #[must_use]
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }
}

/// The login name of an account.
#[must_use]
pub fn username(account: usize) -> String {
    format!("owner-{account}")
}

/// The text of the secret that the checker calls by this number. No two are alike, and none is common.
#[must_use]
pub fn secret(number: u32) -> String {
    format!("kZ81mq-{number}")
}

/// The number of an account's first secret of a kind; 0 if it has none.
#[must_use]
pub fn first_secret(account: usize, kind: Kind) -> u32 {
    if account + 1 == ACCOUNTS && kind == Kind::Payment {
        return 0;
    }
    u32::try_from(account * 3 + kind as usize + 1).unwrap_or(0)
}

/// A secret to be.
#[must_use]
pub fn new_secret(number: u32) -> NewSecret {
    NewSecret { presented: presented(number), chars: (6, 64), refuse_common: true }
}

/// A secret as a caller presents it.
#[must_use]
pub fn presented(number: u32) -> Presented {
    Presented::Plain(SecretText::new(secret(number)))
}

fn create_app(machine: &mut Machine) -> Result<AppId, String> {
    let asked = Command::CreateApp { name: "operator".to_owned(), kind: AppKind::Api, scopes: Scopes::all() };
    let origin =
        Origin { dialect: "simulation".to_owned(), actor: Actor::Server, request_id: "template".to_owned() };
    let created = machine.service.execute(asked, Context::of(origin));
    match machine.alone(created) {
        Ok(Ok(Done { reply: Reply::AppCreated(app, _), .. })) => Ok(app.id),
        Ok(Ok(_)) => Err("an app is created with another answer".to_owned()),
        Ok(Err(refusal)) => Err(format!("no app: {refusal:?}")),
        Err(fault) => Err(fault.to_string()),
    }
}

fn create(machine: &mut Machine, account: usize) -> Result<AccountId, String> {
    let kinds = Kind::ALL.into_iter().filter(|&kind| first_secret(account, kind) > 0);
    let new = NewAccount {
        username: Name::parse(&username(account)),
        user_id: None,
        agent: None,
        mobiles: Mobile::parse(&format!("1381234567{account}")).into_iter().collect(),
        wallet: None,
        secrets: kinds.map(|kind| (kind, new_secret(first_secret(account, kind)))).collect(),
    };
    let origin =
        Origin { dialect: "simulation".to_owned(), actor: Actor::Nobody, request_id: "template".to_owned() };
    let created = machine.service.execute(Command::CreateAccount(Box::new(new)), Context::of(origin));
    match machine.alone(created) {
        Ok(Ok(done)) => match done.reply {
            Reply::AccountCreated(view) => Ok(view.id),
            _ => Err("an account is created with another answer".to_owned()),
        },
        Ok(Err(refusal)) => Err(format!("no account: {refusal:?}")),
        Err(fault) => Err(fault.to_string()),
    }
}
