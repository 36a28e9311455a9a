//! The question whether a new payment secret is the login secret: a guess at that one, counted by the day.

use crate::account::{Account, Question, Scene};
use crate::answer::Refusal;
use crate::code::day_full;
use crate::event::What;
use crate::ledger::{DAY, Tag};
use crate::secret::Verifier;
use crate::time::Timestamp;

/// Whether there is a login secret to compare a new one with, and room in the day for that question. A request that was
/// answered before asks the same again, which is no new question.
///
/// Asked before the old secret is compared, so that who has used up the questions gains no comparison of it either.
///
/// # Errors
/// [`Refusal::Locked`] when the day's questions are used up.
pub fn same_as_login_room(
    account: &Account,
    tag: Option<Tag>,
    scene: &Scene<'_>,
) -> Result<Option<Verifier>, Refusal> {
    let Some(verifier) = account.login.verifier() else { return Ok(None) };
    let asked = account.same_as_login.iter().map(|asked| asked.at);
    let today: Vec<Timestamp> = asked.filter(|&at| at + DAY > scene.now).collect();
    let until = day_full(&today, scene.policy.guesses.same_as_login_day);
    if until.is_some() && !asked_before(account, tag) {
        return Err(Refusal::Locked { until, misses: 0 });
    }
    Ok(Some(verifier.clone()))
}

/// An operator's unlock of the login secret also makes room for one burst of these questions, no more.
pub(crate) fn unlock_same_as_login(account: &mut Account, scene: &Scene<'_>) {
    let limits = &scene.policy.guesses;
    let keep = limits.same_as_login_day.saturating_sub(limits.burst) as usize;
    account.same_as_login.sort_unstable();
    let over = account.same_as_login.len().saturating_sub(keep);
    account.same_as_login.drain(..over);
}

/// Asks whether a new secret may be compared with the login secret, and charges that question.
///
/// # Errors
/// As [`same_as_login_room`]; nothing is compared then.
pub fn begin_same_as_login(
    account: &mut Account,
    tag: Option<Tag>,
    scene: &Scene<'_>,
) -> Result<Option<Verifier>, Refusal> {
    let verifier = same_as_login_room(account, tag, scene)?;
    if verifier.is_some() && !asked_before(account, tag) {
        account.same_as_login.retain(|asked| asked.at + DAY > scene.now);
        account.same_as_login.push(Question { at: scene.now, tag });
        account.record(scene, What::ComparedWithLogin);
    }
    Ok(verifier)
}

/// Takes back the question that was charged at `at` where its comparison was never made. One that the same request
/// had asked before stays.
pub fn take_back_question(account: &mut Account, tag: Option<Tag>, at: Timestamp) {
    let asked = &mut account.same_as_login;
    if let Some(place) = asked.iter().rposition(|asked| asked.at == at && asked.tag == tag) {
        asked.remove(place);
    }
}

fn asked_before(account: &Account, tag: Option<Tag>) -> bool {
    tag.is_some() && account.same_as_login.iter().any(|asked| asked.tag == tag)
}
