//! What a caller may see of an account. Nothing secret, and mobile numbers only masked.

use crate::account::{Account, Credential, Scene, SecretState};
use crate::ask::{AskView, Holder};
use crate::attempt;
use crate::hold::Hold;
use crate::id::AccountId;
use crate::identifier::{Agent, Name, Wallet};
use crate::ledger::Gate;
use crate::secret::Kind;
use crate::time::Timestamp;

/// An account as it stands at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// Its identity.
    pub id: AccountId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last taken from a backup, if ever.
    pub restored_at: Option<Timestamp>,
    /// The login name.
    pub username: Option<Name>,
    /// The platform's own user id.
    pub user_id: Option<Name>,
    /// `agentid` and `usercode`.
    pub agent: Option<Agent>,
    /// The wallet.
    pub wallet: Option<Wallet>,
    /// Mobile numbers, masked.
    pub mobiles_masked: Vec<String>,
    /// Each kind of secret, in the order of [`Kind::ALL`].
    pub secrets: [SecretView; 3],
    /// Ask frequency and the caller's window.
    pub ask: AskView,
    /// Times in which payments rest.
    pub holds: Vec<Hold>,
}

/// A secret as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecretView {
    /// Which one.
    pub kind: Kind,
    /// How it stands.
    pub state: SecretStanding,
    /// Guesses that could be charged now.
    pub remaining: u32,
}

/// How a secret stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretStanding {
    /// There is none.
    Unset,
    /// It can be verified.
    Active,
    /// It can be verified or replaced until then.
    Temporary(Timestamp),
    /// Its budget is used up, or it was disabled; without an instant, time does not end that.
    Locked(Option<Timestamp>),
}

impl SecretStanding {
    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Active => "active",
            Self::Temporary(_) => "temporary",
            Self::Locked(_) => "locked",
        }
    }
}

/// Draws the view. `mobiles_masked` is an argument because the record holds the numbers sealed.
#[must_use]
pub fn account(
    account: &Account,
    mobiles_masked: Vec<String>,
    holder: Option<Holder>,
    scene: &Scene<'_>,
) -> AccountView {
    AccountView {
        id: account.id,
        created_at: account.created_at,
        restored_at: account.restored_at,
        username: account.profile.username.clone(),
        user_id: account.profile.user_id.clone(),
        agent: account.profile.agent,
        wallet: account.profile.wallet.clone(),
        mobiles_masked,
        secrets: Kind::ALL.map(|kind| secret(kind, account.credential(kind), scene)),
        ask: crate::ask::view(account, holder, scene),
        holds: account.holds.at(scene.now).collect(),
    }
}

fn secret(kind: Kind, credential: &Credential, scene: &Scene<'_>) -> SecretView {
    let limits = &attempt::account_limits(credential, scene.policy);
    let gate = credential.ledger.gate_at(limits, scene.now);
    let state = match (&credential.state, gate) {
        (SecretState::Unset, _) => SecretStanding::Unset,
        (_, Gate::Locked { until }) => SecretStanding::Locked(Some(until)),
        (_, Gate::Blocked | Gate::Disabled) => SecretStanding::Locked(None),
        (SecretState::Active(_), Gate::Open) => SecretStanding::Active,
        (SecretState::Temporary { until, .. }, Gate::Open) => SecretStanding::Temporary(*until),
    };
    SecretView { kind, state, remaining: credential.ledger.remaining(limits, scene.now) }
}
