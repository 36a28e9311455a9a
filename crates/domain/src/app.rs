//! Apps: the credentials by which a platform's own servers call.

use crate::id::AppId;
use crate::identifier::TenantId;
use crate::secret::Sealed;
use crate::time::Timestamp;

/// A caller's credential inside a tenant. Its id is also its `appid` or HAWK id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct App {
    /// Its identity.
    pub id: AppId,
    /// The platform it belongs to.
    pub tenant: TenantId,
    /// What its operator calls it.
    pub name: String,
    /// What it may do through the native API.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// How it proves itself.
    pub proof: AppProof,
}

/// How an app proves itself, and what is stored for that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AppProof {
    /// By an API key, of which a keyed hash is stored.
    Api([u8; 32]),
    /// By `appid` and `appsecret`, of which a keyed hash is stored.
    Spark([u8; 32]),
    /// By HAWK; the key must be recoverable to check a MAC, so it is sealed.
    Hawk(Sealed),
}

/// Which of the three ways an app proves itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppKind {
    /// An API key for the native API.
    Api,
    /// `appid` and `appsecret` of `spark_wallet`.
    Spark,
    /// An application-wide HAWK credential, as `flowmeter` uses one.
    Hawk,
}

impl AppKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Api, Self::Spark, Self::Hawk];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Spark => "spark",
            Self::Hawk => "hawk",
        }
    }

    /// The kind of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl AppProof {
    /// Which of the three ways this is.
    #[must_use]
    pub const fn kind(&self) -> AppKind {
        match self {
            Self::Api(_) => AppKind::Api,
            Self::Spark(_) => AppKind::Spark,
            Self::Hawk(_) => AppKind::Hawk,
        }
    }
}

/// One thing that an app may do through the native API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Read accounts and their ask frequency.
    AccountsRead,
    /// Create, erase and unlock accounts, and choose an ask frequency.
    AccountsWrite,
    /// Verify secrets.
    SecretsVerify,
    /// Set, change and reset secrets.
    SecretsWrite,
    /// Open and end sessions.
    SessionsWrite,
    /// Send verification codes.
    CodesWrite,
    /// Create, approve, consume and cancel intents.
    IntentsWrite,
    /// Read the audit trail.
    EventsRead,
    /// Create, list and delete apps.
    AppsWrite,
    /// Propose to end holds, and agree to it.
    HoldsWrite,
    /// Create, change, replay and delete webhooks.
    WebhooksWrite,
}

impl Scope {
    /// Every scope, in the order of its bit in [`Scopes`].
    pub const ALL: [Self; 11] = [
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::SecretsVerify,
        Self::SecretsWrite,
        Self::SessionsWrite,
        Self::CodesWrite,
        Self::IntentsWrite,
        Self::EventsRead,
        Self::AppsWrite,
        Self::HoldsWrite,
        Self::WebhooksWrite,
    ];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::SecretsVerify => "secrets:verify",
            Self::SecretsWrite => "secrets:write",
            Self::SessionsWrite => "sessions:write",
            Self::CodesWrite => "codes:write",
            Self::IntentsWrite => "intents:write",
            Self::EventsRead => "events:read",
            Self::AppsWrite => "apps:write",
            Self::HoldsWrite => "holds:write",
            Self::WebhooksWrite => "webhooks:write",
        }
    }

    /// The scope of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Whether only an operator gives it, on the command line: an app that could give it to apps of its own making would be
    /// the two people that it takes.
    #[must_use]
    pub const fn is_operators(self) -> bool {
        matches!(self, Self::HoldsWrite)
    }
}

/// Why an app may not give another a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotGiven {
    /// Only an operator gives it.
    Operators(Scope),
    /// The app does not have it itself.
    Lacked(Scope),
}

/// A set of scopes, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// What an app gets that names no scopes: all but the right to make more apps, what it takes two operators for, and to
    /// have others told of events.
    #[must_use]
    pub fn usual() -> Self {
        let usual =
            |scope: &Scope| !matches!(scope, Scope::AppsWrite | Scope::HoldsWrite | Scope::WebhooksWrite);
        Scope::ALL.into_iter().filter(usual).collect()
    }

    /// Whether `scope` is in the set.
    #[must_use]
    pub const fn allow(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// Whether an app with the scopes `giver` may make one with these.
    ///
    /// # Errors
    /// The first scope that it may not give.
    pub fn given_by(self, giver: Self) -> Result<(), NotGiven> {
        self.iter().try_for_each(|scope| {
            if scope.is_operators() {
                Err(NotGiven::Operators(scope))
            } else if giver.allow(scope) {
                Ok(())
            } else {
                Err(NotGiven::Lacked(scope))
            }
        })
    }

    /// The scopes in the set, in their fixed order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |&scope| self.allow(scope))
    }

    /// As stored. Bits of scopes that this version does not know are kept.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From what was stored.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u16))
    }
}
