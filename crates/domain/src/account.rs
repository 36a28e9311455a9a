//! An account: everything that one decision about a person needs, in one record.
//!
//! It is loaded and saved whole, in one transaction, so no two decisions about one person can interleave.

use crate::ask::{AskState, Window};
use crate::code::CodeBook;
use crate::device::Device;
use crate::event::{Event, Origin, What};
use crate::hold::Holds;
use crate::id::{AccountId, EventId};
use crate::identifier::{Agent, Identifier, Name, TenantId, Wallet};
use crate::intent::Intent;
use crate::ledger::{Ledger, Tag};
use crate::outside::Remembered;
use crate::payments::Payments;
use crate::policy::Policy;
use crate::secret::{Kind, Sealed, Verifier};
use crate::session::Session;
use crate::time::Timestamp;

/// A person's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Leads every key in the store.
    pub id: AccountId,
    /// The platform it belongs to.
    pub tenant: TenantId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last taken from a backup, if ever.
    pub restored_at: Option<Timestamp>,
    /// What it is found by, and where codes go.
    pub profile: Profile,
    /// The login secret.
    pub login: Credential,
    /// The payment secret.
    pub payment: Credential,
    /// The query secret.
    pub query: Credential,
    /// When "differs from the login secret" was answered, at most a day ago.
    pub same_as_login: Vec<Question>,
    /// How often the payment secret must be asked.
    pub ask: AskState,
    /// Open windows, one per holder.
    pub windows: Vec<Window>,
    /// Verification codes and what they cost.
    pub codes: CodeBook,
    /// Live sessions, oldest first.
    pub sessions: Vec<Session>,
    /// Transactions that wait for approval, and what became of the last ones; oldest first.
    pub intents: Vec<Intent>,
    /// Times in which payments rest.
    pub holds: Holds,
    /// What was paid.
    pub payments: Payments,
    /// What is remembered of sessions that an OpenID provider opened.
    pub outside: Vec<Remembered>,
    /// How many audit events were ever made.
    pub events_made: u32,
    /// Audit events made since the record was loaded; the store writes them in the same transaction.
    pub fresh_events: Vec<Event>,
}

/// One answer to "differs from the login secret", which is a guess at that secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Question {
    /// When it was answered.
    pub at: Timestamp,
    /// The request it was asked for, where that can come again as the same one.
    pub tag: Option<Tag>,
}

/// Identifiers of the five systems; each may be absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// The login name.
    pub username: Option<Name>,
    /// The platform's own user id.
    pub user_id: Option<Name>,
    /// `agentid` and `usercode`.
    pub agent: Option<Agent>,
    /// The wallet, and the app that owns it.
    pub wallet: Option<Wallet>,
    /// Mobile 1 and mobile 2, sealed.
    pub mobiles: Vec<Sealed>,
}

impl Profile {
    /// Everything that names this account, for the look-up table.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        let username = self.username.clone().map(Identifier::Username);
        let user_id = self.user_id.clone().map(Identifier::UserId);
        let agent = self.agent.map(Identifier::Agent);
        let wallet = self.wallet.iter().flat_map(|wallet| {
            [
                Identifier::WalletAddr(wallet.app, wallet.addr.clone()),
                Identifier::WalletUser(wallet.app, wallet.user_id.clone()),
            ]
        });
        [username, user_id, agent].into_iter().flatten().chain(wallet).collect()
    }
}

/// One kind of secret of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Credential {
    /// Grows with every new secret of this kind, and when it is taken from a backup; a new verifier carries the number
    /// that it grows to. A guess counts only if this is still what it was when the guess was charged.
    pub version: u64,
    /// What is stored of it.
    pub state: SecretState,
    /// What guesses at it have cost, those from known devices apart.
    pub ledger: Ledger,
    /// Devices on which it was presented, the one not seen for longest first.
    pub devices: Vec<Device>,
}

/// What is stored of a secret.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum SecretState {
    /// There is none yet.
    #[default]
    Unset,
    /// One that the person chose.
    Active(Verifier),
    /// One that the server made up. It can only be verified or replaced, and only in time.
    Temporary {
        /// What is stored of it.
        verifier: Verifier,
        /// From this instant it matches nothing.
        until: Timestamp,
    },
}

/// What every decision knows of its surroundings.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The instant at which it is taken.
    pub now: Timestamp,
    /// The tenant's numbers.
    pub policy: &'a Policy,
    /// Who asks, for the audit trail.
    pub origin: &'a Origin,
}

impl Account {
    /// A record with nothing set.
    #[must_use]
    pub fn new(id: AccountId, tenant: TenantId, profile: Profile, scene: &Scene<'_>) -> Self {
        let mut account = Self::unrecorded(id, tenant, profile, scene);
        account.record(scene, What::AccountCreated);
        account
    }

    /// A record that is carried over from another system with its secrets. One event tells of all of them.
    ///
    /// A verifier has version 1; of two of one kind the last counts. A payment secret starts the default ask frequency,
    /// as setting one does.
    #[must_use]
    pub fn imported(
        id: AccountId,
        tenant: TenantId,
        profile: Profile,
        secrets: Vec<(Kind, Verifier)>,
        scene: &Scene<'_>,
    ) -> Self {
        let mut account = Self::unrecorded(id, tenant, profile, scene);
        account.record(scene, What::AccountImported(secrets.iter().map(|(kind, _)| *kind).collect()));
        for (kind, verifier) in secrets {
            let credential = account.credential_mut(kind);
            credential.version = verifier.version;
            credential.state = SecretState::Active(verifier);
            if kind == Kind::Payment {
                account.ask = AskState::first(scene.now);
            }
        }
        account
    }

    fn unrecorded(id: AccountId, tenant: TenantId, profile: Profile, scene: &Scene<'_>) -> Self {
        Self {
            id,
            tenant,
            created_at: scene.now,
            restored_at: None,
            profile,
            login: Credential::default(),
            payment: Credential::default(),
            query: Credential::default(),
            same_as_login: Vec::new(),
            ask: AskState::Every,
            windows: Vec::new(),
            codes: CodeBook::default(),
            sessions: Vec::new(),
            intents: Vec::new(),
            holds: Holds::default(),
            payments: Payments::default(),
            outside: Vec::new(),
            events_made: 0,
            fresh_events: Vec::new(),
        }
    }

    /// The credential of that kind.
    #[must_use]
    pub const fn credential(&self, kind: Kind) -> &Credential {
        match kind {
            Kind::Login => &self.login,
            Kind::Payment => &self.payment,
            Kind::Query => &self.query,
        }
    }

    /// The credential of that kind, to be changed.
    pub const fn credential_mut(&mut self, kind: Kind) -> &mut Credential {
        match kind {
            Kind::Login => &mut self.login,
            Kind::Payment => &mut self.payment,
            Kind::Query => &mut self.query,
        }
    }

    /// Writes down what was decided. Its id sorts by time, and within this account by order.
    pub fn record(&mut self, scene: &Scene<'_>, what: What) {
        self.events_made = self.events_made.wrapping_add(1);
        let mut id = [0; 16];
        id[..6].copy_from_slice(&scene.now.millis().to_be_bytes()[2..]);
        id[6..10].copy_from_slice(&self.events_made.to_be_bytes());
        id[10..].copy_from_slice(&self.id.as_bytes()[10..]);
        self.fresh_events.push(Event {
            id: EventId::from_bytes(id),
            account: self.id,
            tenant: self.tenant.clone(),
            at: scene.now,
            origin: scene.origin.clone(),
            what,
        });
    }
}

impl Credential {
    /// The verifier, whether chosen or temporary.
    #[must_use]
    pub const fn verifier(&self) -> Option<&Verifier> {
        match &self.state {
            SecretState::Unset => None,
            SecretState::Active(verifier) | SecretState::Temporary { verifier, .. } => Some(verifier),
        }
    }

    /// The verifier, to be replaced by another of the same secret and version.
    pub const fn verifier_mut(&mut self) -> Option<&mut Verifier> {
        match &mut self.state {
            SecretState::Unset => None,
            SecretState::Active(verifier) | SecretState::Temporary { verifier, .. } => Some(verifier),
        }
    }

    /// The verifier's seal, to be replaced by one under a newer key.
    pub const fn sealed_mut(&mut self) -> Option<&mut Sealed> {
        match self.verifier_mut() {
            None => None,
            Some(verifier) => Some(&mut verifier.sealed),
        }
    }
}
