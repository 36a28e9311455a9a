//! Guesses at nobody: a name that is not there, or a secret that is not set. They are charged, compared with a decoy
//! and settled as any other, so that neither text nor time nor a lock tells who exists.

use countersign_crypto::engine::Slot;
use countersign_crypto::entropy::Draw;
use countersign_crypto::input::kdf_input;
use countersign_crypto::seal::BlindDomain;
use countersign_domain::account::Scene;
use countersign_domain::answer::Refusal;
use countersign_domain::attempt;
use countersign_domain::command::Subject;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::Name;
use countersign_domain::ledger::Ledger;
use countersign_domain::secret::{Input, Kind, Presented};
use countersign_store::door::{Index, Store};

use crate::case::{Case, Step};
use crate::guess::Whose;
use crate::in_flight::GuessedAt;

/// Where guesses are charged that have nobody's ledger to go to: a keyed hash of the name as it was given. `None` for an
/// account's id, which only a platform knows and may be told about.
#[derive(Clone, Copy)]
pub(crate) struct Nobody(Option<Index>);

impl<S: Store> Case<S> {
    /// What stands for this subject where it does not exist.
    pub(crate) fn nobody(&self, subject: &Subject, kind: Kind) -> Nobody {
        match subject {
            Subject::Account(_) => Nobody(None),
            Subject::Agent(agent) => {
                let name = [agent.agentid.to_be_bytes(), agent.usercode.to_be_bytes()].concat();
                self.nobody_called(kind, &[b"agent", &name])
            }
            Subject::Wallet { app, addr, user_id } => {
                let text = |name: &Option<Name>| name.as_ref().map_or("", Name::as_str).to_owned();
                let (addr, user_id) = (text(addr), text(user_id));
                self.nobody_called(kind, &[b"wallet", app.as_bytes(), addr.as_bytes(), user_id.as_bytes()])
            }
        }
    }

    /// What stands for this login name where nobody has it.
    pub(crate) fn nobody_named(&self, username: &Name) -> Nobody {
        self.nobody_called(Kind::Login, &[b"username", username.as_str().as_bytes()])
    }

    fn nobody_called(&self, kind: Kind, name: &[&[u8]]) -> Nobody {
        let mut parts = vec![self.tenant.as_str().as_bytes(), kind.as_str().as_bytes()];
        parts.extend_from_slice(name);
        Nobody(Some(self.keyring().blind(BlindDomain::Nobody, &parts)))
    }

    /// Spends on nobody what a wrong guess costs, in hashing, in durable writes and in a budget.
    ///
    /// # Errors
    /// [`Refusal::Locked`] and [`Refusal::Busy`], as for a name that somebody has, and nothing is compared.
    pub(crate) async fn guess_at_nobody(
        &self,
        slot: &Slot,
        nobody: Nobody,
        kind: Kind,
        presented: &Presented,
    ) -> Step<()> {
        if nobody.0.is_some() {
            self.vouched_or_slow_enough(Whose::Nobodys(nobody), presented).await?;
        }
        self.spend_on_nobody(slot, nobody, kind, presented).await
    }

    /// As [`Self::guess_at_nobody`], for a guess that was found to be slow enough.
    pub(crate) async fn spend_on_nobody(
        &self,
        slot: &Slot,
        nobody: Nobody,
        kind: Kind,
        presented: &Presented,
    ) -> Step<()> {
        let Nobody(Some(index)) = nobody else {
            self.blank_write().await?;
            self.decoy(slot, kind, presented).await?;
            return self.blank_write().await;
        };
        let who = stands_for(index);
        let tag = self.tag();
        let mut in_flight = self.inner.flights.begin(GuessedAt::Nobodys(index));
        let number = loop {
            let begun =
                self.at_nobody(index, move |ledger, scene| attempt::begin_at_nobody(ledger, tag, scene));
            match begun.await? {
                Ok(number) => break number,
                Err(Refusal::Busy) => match self.stand_aside(in_flight).await {
                    Some(again) => in_flight = again,
                    None => return Err(Refusal::Busy.into()),
                },
                Err(refusal) => return Err(refusal.into()),
            }
        };
        let in_flight = in_flight.charged();
        self.decoy(slot, kind, presented).await?;
        self.at_nobody(index, move |ledger, scene| attempt::miss_at_nobody(ledger, number, scene)).await?;
        self.watch_miss(who, Some(presented)).await?;
        drop(in_flight);
        Ok(())
    }

    /// Spends on a code that was sent to nobody what a wrong code costs.
    pub(crate) async fn code_of_nobody(&self, nobody: Nobody) -> Step<()> {
        self.read_nobody(nobody).await?;
        self.blank_write().await?;
        let Nobody(Some(index)) = nobody else { return Ok(()) };
        self.watch_miss(stands_for(index), None).await
    }

    /// Reads a record that is not there, because one that is would be read now. For one name it is always the same, as for a
    /// name that somebody has.
    pub(crate) async fn read_nobody(&self, nobody: Nobody) -> Step<()> {
        let id = match nobody {
            Nobody(Some([id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _])) => id,
            Nobody(None) => self.inner.entropy.array(),
        };
        Ok(self.inner.store.read(AccountId::from_bytes(id)).await.map(drop)?)
    }

    /// Spends what a comparison costs. What a decoy is compared with costs the same whatever it holds.
    pub(crate) async fn decoy(&self, slot: &Slot, kind: Kind, presented: &Presented) -> Step<()> {
        let input = kdf_input(presented, Input::LegacyDigest).map_err(|_| Refusal::DigestNotAccepted)?;
        Ok(slot.decoy(kind, input).await?)
    }

    async fn at_nobody<R, F>(&self, index: Index, decision: F) -> Step<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger, &Scene<'_>) -> R + Send + 'static,
    {
        let (inner, settings, origin) = (self.inner.clone(), self.settings.clone(), self.origin.clone());
        let now = self.now();
        let until = now + settings.policy.unknown_name_life;
        let decided = self.inner.store.at_nobody(index, until, now, move |ledger| {
            decision(ledger, &Scene { now: inner.clock.now(), policy: &settings.policy, origin: &origin })
        });
        Ok(decided.await?)
    }
}

/// What stands for a name that nobody has where accounts are counted.
fn stands_for([a, b, c, d, ..]: Index) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}
