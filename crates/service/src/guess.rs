//! The one way in which a presented secret is compared: charge, compare, settle.
//!
//! Every use case that compares goes through [`Case::guess`], so no dialect has a way around the budget. Between the
//! two transactions nothing is held but the ticket; a crash there leaves the guess charged.

use countersign_crypto::engine::{Phc, Slot, params_of};
use countersign_crypto::input::kdf_input;
use countersign_crypto::seal::Place;
use countersign_domain::account::{Account, Scene, SecretState};
use countersign_domain::answer::{Done, Refusal};
use countersign_domain::attempt::{self, Approves, Begun, Guess, Purpose, Ticket};
use countersign_domain::id::{AccountId, DeviceId};
use countersign_domain::secret::{Input, Kind, Presented, Verifier};
use countersign_domain::time::Timestamp;
use countersign_store::door::{Draft, Store};

use crate::case::{Case, Step, Stop};
use crate::device;
use crate::in_flight::{GuessedAt, InFlight};
use crate::nobody::Nobody;
use crate::remake::Renewal;
use crate::service::Fault;
use crate::watches::who;

/// A secret that is guessed at.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    pub(crate) kind: Kind,
    /// Who is guessed at where the account or the secret is not there.
    pub(crate) nobody: Nobody,
    /// What the guess is to approve, if anything.
    pub(crate) approves: Option<Approves>,
    /// How a refusal reads to this use case's caller.
    pub(crate) told: fn(Refusal) -> Refusal,
}

/// A guess whose comparison was made and that is still to be settled.
pub(crate) struct Right {
    pub(crate) ticket: Ticket,
    /// Whether what came along with the secret is right too, where something had to.
    pub(crate) along: bool,
    /// What is stale about the verifier, if anything is.
    renewal: Option<Renewal>,
    told: fn(Refusal) -> Refusal,
    /// Until it is settled, others may wait for it.
    in_flight: Option<InFlight>,
}

/// Whose secret a guess is at.
pub(crate) enum Whose<'a> {
    /// An account's.
    Accounts(&'a Guess, AccountId),
    /// That of a name which nobody has, or one that is not set.
    Nobodys(Nobody),
}

impl<S: Store> Case<S> {
    /// Charges a guess and compares. A wrong one is settled here; a right one is given to be settled by its use.
    pub(crate) async fn guess(&self, slot: &Slot, target: Target, presented: &Presented) -> Step<Right> {
        self.guess_by(slot, target, presented, |account, guess, scene| {
            (attempt::begin(account, guess, scene), true)
        })
        .await
    }

    /// As [`Self::guess`], if `allowed`, which is asked in the transaction that charges, before it charges.
    pub(crate) async fn guess_if<F>(
        &self,
        slot: &Slot,
        target: Target,
        presented: &Presented,
        allowed: F,
    ) -> Step<Right>
    where
        F: FnOnce(&Account, &Scene<'_>) -> Result<(), Refusal> + Clone + Send + 'static,
    {
        let charging =
            move |account: &mut Account, guess: Guess, scene: &Scene<'_>| match allowed(account, scene) {
                Ok(()) => (attempt::begin(account, guess, scene), true),
                Err(refusal) => (Begun::Refused(refusal), true),
            };
        self.guess_by(slot, target, presented, charging).await
    }

    /// As [`Self::guess`], charged by `charging`, which also says whether what came along with the secret is right. That makes
    /// no difference before the secret was compared.
    pub(crate) async fn guess_by<F>(
        &self,
        slot: &Slot,
        target: Target,
        presented: &Presented,
        charging: F,
    ) -> Step<Right>
    where
        F: FnOnce(&mut Account, Guess, &Scene<'_>) -> (Begun, bool) + Clone + Send + 'static,
    {
        let Target { account, kind, told, .. } = target;
        if let Some(refusal) = self.nothing_to_compare(account, kind).await? {
            self.guess_at_nobody(slot, target.nobody, kind, presented).await?;
            return Err(told(refusal).into());
        }
        match self.charge(target, presented, charging).await {
            Err(Stop::Refused(refusal @ (Refusal::UnknownAccount | Refusal::NotSet)))
            | Ok((Begun::Decoy(refusal), ..)) => {
                self.spend_on_nobody(slot, target.nobody, kind, presented).await?;
                Err(told(refusal).into())
            }
            Err(Stop::Refused(refusal)) => Err(told(refusal).into()),
            Err(fault) => Err(fault),
            Ok((Begun::Refused(refusal), ..)) => {
                if matches!(refusal, Refusal::Locked { .. } | Refusal::Busy) {
                    self.inner.observer.refused_locked(kind);
                }
                Err(told(refusal).into())
            }
            Ok((Begun::Compare(ticket, verifier), along, in_flight)) => {
                self.inner.observer.guess_charged(kind);
                let compared = self.compare(slot, account, kind, &verifier, presented).await;
                let compared = match compared {
                    Err(stop) if not_made(&stop) => return Err(self.give_back(account, ticket, stop).await),
                    compared => compared?,
                };
                if let Some(phc) = compared {
                    let renewal = self.renewal(account, kind, verifier, &phc, presented);
                    return Ok(Right { ticket, along, renewal, told, in_flight });
                }
                let missed = self.refuse(account, move |draft, scene| {
                    told(attempt::miss(&mut draft.account, ticket, scene))
                });
                let missed = missed.await;
                self.watch_miss(who(account), Some(presented)).await?;
                drop(in_flight);
                Err(missed)
            }
        }
    }

    /// Gives back a guess whose comparison was not made, and then ends the request with why.
    async fn give_back(&self, account: AccountId, ticket: Ticket, why: Stop) -> Stop {
        let given_back = self.decide(account, |draft, scene| {
            attempt::give_back(&mut draft.account, ticket, scene);
        });
        given_back.await.err().unwrap_or(why)
    }

    /// Why there is nothing to compare a guess with, if so. Asked before anything is decided about the account: a
    /// transaction that only finds out would be one more than a wrong guess takes, and the pace of a spray that is slowed
    /// would be asked twice.
    async fn nothing_to_compare(&self, account: AccountId, kind: Kind) -> Step<Option<Refusal>> {
        let Some(record) = self.inner.store.read(account).await? else {
            return Ok(Some(Refusal::UnknownAccount));
        };
        Ok(match record.credential(kind).state {
            SecretState::Unset => Some(Refusal::NotSet),
            SecretState::Temporary { until, .. } if self.now() >= until => Some(Refusal::WRONG),
            SecretState::Temporary { .. } | SecretState::Active(_) => None,
        })
    }

    /// Charges a guess, unless what is watched over many accounts speaks against it and nothing vouches for it.
    ///
    /// Where only others in flight stand in its way, it waits for one of them and asks again.
    async fn charge<F>(
        &self,
        target: Target,
        presented: &Presented,
        charging: F,
    ) -> Step<(Begun, bool, Option<InFlight>)>
    where
        F: FnOnce(&mut Account, Guess, &Scene<'_>) -> (Begun, bool) + Clone + Send + 'static,
    {
        let Target { account, kind, approves, .. } = target;
        let guess = Guess { kind, device: self.device_claim(account), tag: self.tag(), approves };
        self.vouched_or_slow_enough(Whose::Accounts(&guess, account), presented).await?;
        let digest = matches!(presented, Presented::Digest(_));
        let mut in_flight = self.inner.flights.begin(GuessedAt::Secret(account, kind));
        loop {
            let charging = charging.clone();
            let begun = self.decide(account, move |draft, scene| {
                let plain = |verifier: &Verifier| verifier.input == Input::Plain;
                if digest && draft.account.credential(kind).verifier().is_some_and(plain) {
                    return (Begun::Refused(Refusal::DigestNotAccepted), true);
                }
                charging(&mut draft.account, guess, scene)
            });
            in_flight = match begun.await? {
                (Begun::Refused(Refusal::Busy), along) => match self.stand_aside(in_flight).await {
                    Some(again) => again,
                    None => return Ok((Begun::Refused(Refusal::Busy), along, None)),
                },
                (begun @ Begun::Compare(..), along) => return Ok((begun, along, Some(in_flight.charged()))),
                (begun @ (Begun::Decoy(_) | Begun::Refused(_)), along) => return Ok((begun, along, None)),
            };
        }
    }

    /// Waits until a guess that was in the way is settled; `None` if it is not worth it, or too late by then.
    pub(crate) async fn stand_aside(&self, in_flight: InFlight) -> Option<InFlight> {
        let again = in_flight.stand_aside().await?;
        self.deadline.is_none_or(|deadline| self.now() < deadline).then_some(again)
    }

    /// Asks for a place in the trickle of a watch that has tripped only where nothing vouches for the guess. Nothing does
    /// for one at nobody, and finding that out takes as long: whoever is refused here is refused as often as they like.
    pub(crate) async fn vouched_or_slow_enough(&self, whose: Whose<'_>, presented: &Presented) -> Step<()> {
        let slowed = self.slowed(Some(presented)).await?;
        if matches!(&slowed, Ok(slowed) if slowed.is_empty()) {
            return Ok(());
        }
        match whose {
            Whose::Accounts(guess, account) => {
                let record = self.read(account).await?;
                if self.look(|scene| attempt::vouched(&record, guess, scene)) {
                    return Ok(());
                }
            }
            Whose::Nobodys(nobody) => self.read_nobody(nobody).await?,
        }
        self.slow_enough(slowed).await
    }

    /// Settles a right guess, with whatever its use adds to the same transaction, and ends the request with what `done`
    /// makes of it. If that is refused, nothing of the success is kept: the guess stays charged.
    pub(crate) async fn settle<F>(
        &self,
        account: AccountId,
        right: Right,
        purpose: Purpose,
        and: F,
    ) -> Step<Done>
    where
        F: FnOnce(&mut Draft, &Scene<'_>, Option<Timestamp>) -> Result<Done, Refusal> + Send + 'static,
    {
        let Right { ticket, renewal, told, in_flight, .. } = right;
        let (reseal, remake) = renewal.map_or((None, None), Renewal::now_or_later);
        let (kind, keyring) = (ticket.kind(), self.keyring());
        let device = ticket.device();
        let remake = remake.filter(|_| matches!(purpose, Purpose::Verify(_) | Purpose::Approve));
        let done = self.conclude(account, move |draft, scene| {
            let before = draft.account.clone();
            let window = attempt::succeed(&mut draft.account, ticket, purpose, scene).map_err(told)?;
            if let Some(reseal) = reseal {
                reseal.put(draft.account.credential_mut(kind));
            }
            let done = and(draft, scene, window).inspect_err(|_| draft.account = before)?;
            // Not every success makes a device known.
            let known =
                |id: &DeviceId| draft.account.credential(kind).devices.iter().any(|known| known.id == *id);
            let device = device.filter(known).map(|id| device::token(&keyring, account, id));
            Ok(Done { device, ..done })
        });
        let done = done.await;
        drop(in_flight);
        let done = done?;
        if let Some(remake) = remake {
            self.inner.remake_later(remake);
        }
        Ok(done)
    }

    /// Settles a right guess as a wrong one, because what was presented with it is wrong, and ends the request.
    pub(crate) async fn count_as_missed(&self, account: AccountId, right: Right) -> Stop {
        let Right { ticket, told, in_flight, .. } = right;
        let missed =
            self.refuse(account, move |draft, scene| told(attempt::miss(&mut draft.account, ticket, scene)));
        let missed = missed.await;
        drop(in_flight);
        missed
    }

    /// Settles a right guess whose use was refused for another reason, and ends the request with that reason.
    pub(crate) async fn keep(&self, account: AccountId, right: Right, reason: Refusal) -> Stop {
        self.refuse(account, move |draft, scene| {
            attempt::keep(&mut draft.account, right.ticket, scene).err().unwrap_or(reason)
        })
        .await
    }

    /// Gives a right guess on if what else was asked is right too; else settles it as [`Self::keep`] does.
    pub(crate) async fn unless_refused(
        &self,
        account: AccountId,
        right: Right,
        asked: Step<()>,
    ) -> Step<Right> {
        match asked {
            Err(Stop::Refused(refusal)) => Err(self.keep(account, right, refusal).await),
            Err(stop) if not_made(&stop) => {
                let kept = self.decide(account, move |draft, scene| {
                    attempt::keep(&mut draft.account, right.ticket, scene)
                });
                kept.await??;
                Err(stop)
            }
            asked => asked.map(|()| right),
        }
    }

    /// One comparison of a presented secret with a verifier. Whoever calls this has charged for it. Gives what a right
    /// one was compared with.
    ///
    /// [`Fault::AboveCeiling`] says that it was not made, and what was charged is to be given back. As much time as for
    /// nobody was spent then.
    pub(crate) async fn compare(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        verifier: &Verifier,
        presented: &Presented,
    ) -> Step<Option<Phc>> {
        let place = Place::Verifier { account, kind, version: verifier.version };
        let phc = self.phc(&place, &verifier.sealed).await?;
        let input = kdf_input(presented, verifier.input).map_err(|_| Refusal::DigestNotAccepted)?;
        let params = params_of(&phc);
        if !self.inner.pool.verifies(&params) {
            self.decoy(slot, kind, presented).await?;
            return Err(Fault::AboveCeiling { account, kind, params }.into());
        }
        Ok(slot.compare(kind, &phc, input).await?.then_some(phc))
    }
}

/// Whether this ends a comparison that was never made: nothing could be observed.
pub(crate) const fn not_made(stop: &Stop) -> bool {
    matches!(stop, Stop::Fault(Fault::AboveCeiling { .. }))
}
