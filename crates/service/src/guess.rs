//! The one way in which a presented secret is compared: charge, compare, settle.
//!
//! Every use case that compares goes through [`Case::guess`], so no dialect has a way around the budget. Between the
//! two transactions nothing is held but the ticket; a crash there leaves the guess charged.

use countersign_crypto::engine::{Slot, is_current};
use countersign_crypto::input::kdf_input;
use countersign_crypto::seal::Place;
use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Purpose, Ticket};
use countersign_domain::id::AccountId;
use countersign_domain::secret::{Input, Kind, Presented, Verifier};
use countersign_domain::time::Timestamp;
use countersign_store::door::{Draft, Store};

use crate::case::{Case, Step, Stop};

/// A guess whose comparison was made and that is still to be settled.
pub(crate) struct Right {
    pub(crate) ticket: Ticket,
    /// What the verifier was made over.
    pub(crate) input: Input,
    /// Whether the verifier was made with other parameters than new ones are.
    pub(crate) stale: bool,
}

/// What a comparison showed.
pub(crate) struct Compared {
    pub(crate) right: bool,
    /// Whether the verifier was made with other parameters than new ones are.
    pub(crate) stale: bool,
}

impl<S: Store> Case<S> {
    /// Charges a guess and compares. A wrong one is settled here; a right one is given to be settled by its use.
    pub(crate) async fn guess(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        presented: &Presented,
    ) -> Step<Right> {
        self.guess_if(slot, account, kind, presented, |_, _| Ok(())).await
    }

    /// As [`Self::guess`], if `allowed`, which is asked in the transaction that charges, before it charges.
    pub(crate) async fn guess_if<F>(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        presented: &Presented,
        allowed: F,
    ) -> Step<Right>
    where
        F: FnOnce(&Account, &Scene<'_>) -> Result<(), Refusal> + Send + 'static,
    {
        let digest = matches!(presented, Presented::Digest(_));
        let begun = self.decide(account, move |draft, scene| {
            let plain = |verifier: &Verifier| verifier.input == Input::Plain;
            if digest && draft.account.credential(kind).verifier().is_some_and(plain) {
                return Begun::Refused(Refusal::DigestNotAccepted);
            }
            if let Err(refusal) = allowed(&draft.account, scene) {
                return Begun::Refused(refusal);
            }
            attempt::begin(&mut draft.account, kind, scene)
        });
        let begun = match begun.await {
            Err(Stop::Refused(Refusal::UnknownAccount)) => {
                self.guess_at_nobody(slot, kind, presented).await?;
                return Err(Refusal::UnknownAccount.into());
            }
            begun => begun?,
        };
        match begun {
            Begun::Refused(refusal) => {
                if matches!(refusal, Refusal::Locked { .. } | Refusal::Busy) {
                    self.inner.observer.refused_locked(kind);
                }
                Err(refusal.into())
            }
            Begun::Decoy(refusal) => {
                self.blank_write().await?;
                self.decoy(slot, kind, presented).await?;
                self.blank_write().await?;
                Err(refusal.into())
            }
            Begun::Compare(ticket, verifier) => {
                self.inner.observer.guess_charged(kind);
                let compared = self.compare(slot, account, kind, &verifier, presented).await?;
                if compared.right {
                    return Ok(Right { ticket, input: verifier.input, stale: compared.stale });
                }
                let refusal = self
                    .decide(account, move |draft, scene| attempt::miss(&mut draft.account, ticket, scene));
                Err(refusal.await?.into())
            }
        }
    }

    /// Settles a right guess, with whatever its use adds to the same transaction. If that is refused, nothing of
    /// the success is kept: the guess stays charged.
    pub(crate) async fn settle<F>(
        &self,
        account: AccountId,
        right: Right,
        purpose: Purpose,
        and: F,
    ) -> Step<Option<Timestamp>>
    where
        F: FnOnce(&mut Draft, &Scene<'_>) -> Result<(), Refusal> + Send + 'static,
    {
        let settled = self.decide(account, move |draft, scene| {
            let before = draft.account.clone();
            let window = attempt::succeed(&mut draft.account, right.ticket, purpose, scene)?;
            and(draft, scene).inspect_err(|_| draft.account = before)?;
            Ok::<_, Refusal>(window)
        });
        Ok(settled.await??)
    }

    /// Settles a right guess whose use was refused for another reason, and gives that reason.
    pub(crate) async fn keep(&self, account: AccountId, right: Right, reason: Refusal) -> Step<Refusal> {
        let kept =
            self.decide(account, move |draft, scene| attempt::keep(&mut draft.account, right.ticket, scene));
        kept.await??;
        Ok(reason)
    }

    /// Gives a right guess on if what else was asked is right too; else settles it as [`Self::keep`] does.
    pub(crate) async fn unless_refused(
        &self,
        account: AccountId,
        right: Right,
        asked: Step<()>,
    ) -> Step<Right> {
        match asked {
            Err(Stop::Refused(refusal)) => Err(self.keep(account, right, refusal).await?.into()),
            asked => asked.map(|()| right),
        }
    }

    /// Spends on an account that does not exist what a wrong guess would cost, in hashing and in durable writes.
    pub(crate) async fn guess_at_nobody(&self, slot: &Slot, kind: Kind, presented: &Presented) -> Step<()> {
        self.blank_write().await?;
        self.decoy(slot, kind, presented).await?;
        self.blank_write().await
    }

    /// Spends what a comparison costs. What a decoy is compared with costs the same whatever it holds.
    pub(crate) async fn decoy(&self, slot: &Slot, kind: Kind, presented: &Presented) -> Step<()> {
        let input = kdf_input(presented, Input::LegacyDigest).map_err(|_| Refusal::DigestNotAccepted)?;
        Ok(slot.decoy(kind, input).await?)
    }

    /// One comparison of a presented secret with a verifier. Whoever calls this has charged for it.
    pub(crate) async fn compare(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: Kind,
        verifier: &Verifier,
        presented: &Presented,
    ) -> Step<Compared> {
        let place = Place::Verifier { account, kind, version: verifier.version };
        let phc = self.phc(&place, &verifier.sealed).await?;
        let input = kdf_input(presented, verifier.input).map_err(|_| Refusal::DigestNotAccepted)?;
        let stale = !is_current(&phc, &self.inner.pool.params());
        Ok(Compared { right: slot.compare(kind, &phc, input).await?, stale })
    }
}
