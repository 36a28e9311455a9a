//! Setting, replacing, resetting, disabling and unlocking a secret. Each takes effect in one record, and so in one transaction.

use crate::account::{Account, Scene, SecretState};
use crate::answer::Refusal;
use crate::ask::{self, AskState, Holder};
use crate::attempt;
use crate::event::What;
use crate::hold::{self, HoldCause};
use crate::intent::{self, VoidCause};
use crate::ledger::Gate;
use crate::secret::{Kind, Verifier};
use crate::session;

/// Sets the first secret of a kind. Setting the first payment secret starts the default ask frequency, `hour`;
/// `holder` is given a window at once where the setting `window_opens` is `on_setting`.
///
/// # Errors
/// [`Refusal::AlreadySet`], and nothing changes; [`Refusal::Busy`] if the verifier was made for another version.
pub fn set(
    account: &mut Account,
    kind: Kind,
    verifier: Verifier,
    holder: Option<Holder>,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let credential = account.credential(kind);
    if credential.verifier().is_some() {
        return Err(Refusal::AlreadySet);
    }
    expect_next(credential.version, &verifier)?;
    replace(account, kind, SecretState::Active(verifier), How::Set, scene);
    if kind == Kind::Payment {
        account.ask = AskState::first(scene.now);
        if let Some(holder) = holder {
            ask::open_window(account, holder, scene);
        }
    }
    Ok(())
}

/// Completes a verified reset: a new secret, a full budget, no lock.
///
/// # Errors
/// [`Refusal::Busy`] if the verifier was made for another version.
pub fn reset(
    account: &mut Account,
    kind: Kind,
    verifier: Verifier,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    expect_next(account.credential(kind).version, &verifier)?;
    let first = account.credential(kind).verifier().is_none();
    refill(account, kind, scene);
    replace(account, kind, SecretState::Active(verifier), How::Reset, scene);
    if first && kind == Kind::Payment {
        account.ask = AskState::first(scene.now);
    }
    Ok(())
}

/// Puts a temporary secret in place, which the server made up and nobody's earlier guesses help with.
///
/// # Errors
/// [`Refusal::Busy`] if the verifier was made for another version.
pub fn make_temporary(
    account: &mut Account,
    kind: Kind,
    verifier: Verifier,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    expect_next(account.credential(kind).version, &verifier)?;
    refill(account, kind, scene);
    let until = scene.now + scene.policy.temporary_life;
    replace(account, kind, SecretState::Temporary { verifier, until }, How::MadeTemporary, scene);
    Ok(())
}

/// A secret is known to be compromised: nobody can guess at it any more, the device that knows it least of all, until it was
/// reset. What was granted under it ends. Once more changes nothing.
///
/// # Errors
/// [`Refusal::NotSet`] where there is nothing to guess at.
pub fn disable(account: &mut Account, kind: Kind, reason: String, scene: &Scene<'_>) -> Result<(), Refusal> {
    let credential = account.credential_mut(kind);
    if credential.verifier().is_none() {
        return Err(Refusal::NotSet);
    }
    if credential.ledger.gate == Gate::Disabled {
        return Ok(());
    }
    credential.ledger.gate = Gate::Disabled;
    // A known device has a budget of its own, and whoever compromised the secret may have made theirs one.
    credential.devices.clear();
    account.record(scene, What::SecretDisabled { kind, reason });
    if kind == Kind::Payment {
        account.windows.clear();
        intent::void_all(account, VoidCause::Locked, scene);
    } else if kind == Kind::Login {
        session::end_all(account, scene);
    }
    Ok(())
}

/// An operator ends a lock.
///
/// # Errors
/// [`Refusal::NotSet`] where there is nothing to guess at; [`Refusal::Disabled`].
pub fn unlock(account: &mut Account, kind: Kind, reason: String, scene: &Scene<'_>) -> Result<(), Refusal> {
    if account.credential(kind).verifier().is_none() {
        return Err(Refusal::NotSet);
    }
    attempt::refresh(account, kind, scene);
    if account.credential(kind).ledger.gate == Gate::Disabled {
        return Err(Refusal::Disabled);
    }
    let devices = scene.policy.device_guesses();
    let credential = account.credential_mut(kind);
    let limits = attempt::account_limits(credential, scene.policy);
    credential.ledger.unlock(&limits, scene.now);
    for device in &mut credential.devices {
        device.ledger.unlock(&devices, scene.now);
    }
    if kind == Kind::Login {
        attempt::unlock_same_as_login(account, scene);
    }
    account.record(scene, What::Unlocked { kind, reason });
    // Whoever gets in by the login secret can do what a thief would: choose how often to be asked, have codes sent.
    if matches!(kind, Kind::Payment | Kind::Login) {
        hold::begin(account, HoldCause::Unlock, scene);
    }
    Ok(())
}

/// How a secret came to be what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// It is the first.
    Set,
    /// By one who knew the one before.
    Changed,
    /// By a verified reset.
    Reset,
    /// By the server.
    MadeTemporary,
}

impl How {
    const fn what(self, kind: Kind) -> What {
        match self {
            Self::Set => What::SecretSet(kind),
            Self::Changed => What::SecretChanged(kind),
            Self::Reset => What::SecretReset(kind),
            Self::MadeTemporary => What::SecretMadeTemporary(kind),
        }
    }

    /// Why what was approved under the one before is void, if there was one.
    const fn voids(self) -> Option<VoidCause> {
        match self {
            Self::Set => None,
            Self::Changed => Some(VoidCause::SecretChanged),
            Self::Reset | Self::MadeTemporary => Some(VoidCause::SecretReset),
        }
    }

    /// Whether it was done without the one before, so that payments rest.
    const fn rests(self, kind: Kind) -> bool {
        let guards = matches!(kind, Kind::Payment | Kind::Login);
        guards && matches!(self, Self::Reset | Self::MadeTemporary)
    }
}

/// Puts a new verifier in place and ends what was granted under the old one.
pub(crate) fn replace(account: &mut Account, kind: Kind, state: SecretState, how: How, scene: &Scene<'_>) {
    let credential = account.credential_mut(kind);
    credential.version += 1;
    credential.state = state;
    credential.ledger.forget_requests();
    credential.devices.iter_mut().for_each(|device| device.ledger.forget_requests());
    if kind == Kind::Login {
        account.same_as_login.iter_mut().for_each(|asked| asked.tag = None);
    }
    account.record(scene, how.what(kind));
    match kind {
        Kind::Payment => {
            account.windows.clear();
            if let Some(cause) = how.voids() {
                intent::void_all(account, cause, scene);
            }
        }
        Kind::Login if scene.policy.sessions.end_on_login_change => session::end_all(account, scene),
        Kind::Login | Kind::Query => {}
    }
    if how.rests(kind) {
        hold::begin(account, HoldCause::Reset, scene);
    }
}

/// A completed reset: a full budget, and no device is known any more, since whoever resets may have lost one.
fn refill(account: &mut Account, kind: Kind, scene: &Scene<'_>) {
    // Guesses that nobody settled in time are misses by now, and are forgiven as such.
    attempt::refresh(account, kind, scene);
    let credential = account.credential_mut(kind);
    credential.ledger.refill();
    credential.devices.clear();
}

/// A verifier is sealed to its version; one made while another was put in place must be made anew.
fn expect_next(version: u64, verifier: &Verifier) -> Result<(), Refusal> {
    if verifier.version == version + 1 { Ok(()) } else { Err(Refusal::Busy) }
}
