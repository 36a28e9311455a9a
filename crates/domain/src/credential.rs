//! Setting, replacing, resetting and unlocking a secret. Each takes effect in one record, and so in one transaction.

use crate::account::{Account, Scene, SecretState};
use crate::answer::Refusal;
use crate::ask::{self, AskFrequency, AskState, Holder};
use crate::attempt;
use crate::event::What;
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
    replace(account, kind, SecretState::Active(verifier), What::SecretSet(kind), scene);
    if kind == Kind::Payment {
        account.ask = AskState::chosen(AskFrequency::Hour, scene.now);
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
    replace(account, kind, SecretState::Active(verifier), What::SecretReset(kind), scene);
    if first && kind == Kind::Payment {
        account.ask = AskState::chosen(AskFrequency::Hour, scene.now);
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
    replace(
        account,
        kind,
        SecretState::Temporary { verifier, until },
        What::SecretMadeTemporary(kind),
        scene,
    );
    Ok(())
}

/// An operator ends a lock.
///
/// # Errors
/// [`Refusal::NotSet`] where there is nothing to guess at.
pub fn unlock(account: &mut Account, kind: Kind, reason: String, scene: &Scene<'_>) -> Result<(), Refusal> {
    if account.credential(kind).verifier().is_none() {
        return Err(Refusal::NotSet);
    }
    attempt::refresh(account, kind, scene);
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
    Ok(())
}

/// Puts a new verifier in place and ends what was granted under the old one.
pub(crate) fn replace(account: &mut Account, kind: Kind, state: SecretState, what: What, scene: &Scene<'_>) {
    let credential = account.credential_mut(kind);
    credential.version += 1;
    credential.state = state;
    credential.ledger.forget_requests();
    credential.devices.iter_mut().for_each(|device| device.ledger.forget_requests());
    if kind == Kind::Login {
        account.same_as_login.iter_mut().for_each(|asked| asked.tag = None);
    }
    account.record(scene, what);
    match kind {
        Kind::Payment => account.windows.clear(),
        Kind::Login if scene.policy.sessions.end_on_login_change => session::end_all(account, scene),
        Kind::Login | Kind::Query => {}
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
