//! Import: accounts that another system kept, many at a time.
//!
//! Each becomes an account as creation makes one, with one event that tells which secrets came with it. A batch is one
//! durable transaction. Whoever imports the same again meets what is there and leaves it alone: no secret is ever
//! overwritten, and none is compared, so an import spends and refills no guess.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_crypto::engine::{Params, Phc, params_of};
use countersign_crypto::entropy::{Draw, Entropy};
use countersign_crypto::seal::Place;
use countersign_domain::account::{Account, Profile};
use countersign_domain::answer::Refusal;
use countersign_domain::carried::{Carried, CarriedVerifier};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::Wallet;
use countersign_domain::secret::{Kind, SecretText, Verifier};
use countersign_store::door::{Arrival, Imported, Lookup, Store};

use crate::accounts::member;
use crate::case::{Case, Stop};
use crate::context::Context;
use crate::service::{Fault, Service};

/// An import in progress: the settings, keys and apps that hold for it from beginning to end. Cheap to clone.
pub struct Importer<S>(Arc<Plan<S>>);

impl<S> Clone for Importer<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Plan<S> {
    case: Case<S>,
    /// The apps that can own wallets.
    spark: BTreeSet<AppId>,
    ceiling: Params,
    total: Option<u64>,
}

/// An account that is ready to be stored.
pub struct Prepared {
    arrival: Arrival,
    /// The members that its names came with.
    names: Vec<&'static str>,
}

/// What became of a batch.
pub struct Batch {
    /// One for each, in order.
    pub outcomes: Vec<Outcome>,
    /// Changes from one batch to the next if another process has written in between.
    pub changes: i64,
}

/// What became of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is stored.
    Created,
    /// An account with all its names is there. It stays as it is.
    There,
    /// Another account has a name of it, which came with this member. Nothing of it is stored.
    Taken(&'static str),
}

impl Outcome {
    /// What the store says, for an account whose names came with these members.
    fn of(imported: Imported, names: &[&'static str]) -> Self {
        match imported {
            Imported::Created => Self::Created,
            Imported::There(_) => Self::There,
            Imported::Taken(place) => Self::Taken(names.get(place).copied().unwrap_or("mobiles")),
        }
    }
}

/// Why an account is not imported. Says nothing of its secrets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unimportable {
    /// It would be stored again at every attempt.
    #[error("it has no name to know it by: username, user_id, agentid and usercode, or spark is needed")]
    Nameless,
    /// The verifier of that kind cannot be read.
    #[error("secrets.{0}.phc: not a PHC string of Argon2id version 19")]
    NotAPhc(Kind),
    /// The verifier of that kind would cost more than is ever spent on a guess.
    #[error(
        "secrets.{0}.phc: its parameters cost more than this server verifies with its memory and hash.allowance_kib"
    )]
    AboveCeiling(Kind),
    /// There is no such app, or it owns no wallets.
    #[error("spark.appid: there is no such app of kind spark")]
    UnknownApp,
    /// A secret that is yet to be hashed breaks a rule for new secrets.
    #[error("a secret is not allowed: {0}")]
    NotAllowed(&'static str),
}

impl<S: Store> Service<S> {
    /// Begins an import. Verifiers that cost more than `ceiling` are refused. `total`, if it is known, is how many
    /// accounts come at most: their ids then ascend over the whole range of ids, so that a large database is written
    /// from one end to the other, and stay as hard to guess as any.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn importer(&self, total: Option<u64>, ceiling: Params) -> Result<Importer<S>, Fault> {
        let origin =
            Origin { dialect: "cli".to_owned(), actor: Actor::Server, request_id: "import".to_owned() };
        let case = Case::new(Arc::clone(&self.inner), Context::of(origin));
        let spark = case.spark_apps().await.map_err(fault_of)?.into_iter().collect();
        Ok(Importer(Arc::new(Plan { case, spark, ceiling, total })))
    }
}

impl<S: Store> Importer<S> {
    /// Makes the `place`th account of the import, from 0, ready to be stored. Needs a place at the hash engine only where
    /// a secret is yet to be hashed.
    ///
    /// # Errors
    /// Only our own faults; an account that cannot be imported is a value.
    pub async fn prepare(
        &self,
        place: u64,
        carried: Carried,
    ) -> Result<Result<Prepared, Unimportable>, Fault> {
        if let Err(why) = self.admit(&carried) {
            return Ok(Err(why));
        }
        let (plan, case) = (&self.0, &self.0.case);
        let id = new_id(case.inner.entropy.as_ref(), place, plan.total);
        let Carried { account: new, verifiers: carried } = carried;
        let mut secrets = Vec::with_capacity(carried.len() + new.secrets.len());
        for (kind, verifier) in carried {
            match sealed(case, id, kind, verifier, &plan.ceiling) {
                Ok(verifier) => secrets.push((kind, verifier)),
                Err(why) => return Ok(Err(why)),
            }
        }
        let hashes = u32::try_from(new.secrets.len()).unwrap_or(u32::MAX);
        let slot = if hashes == 0 { None } else { Some(case.reserve(hashes).map_err(fault_of)?) };
        for (kind, secret) in &new.secrets {
            if let Some(slot) = &slot {
                let made = case.verifier(slot, id, *kind, 1, &secret.presented).await.map_err(fault_of)?;
                secrets.push((*kind, made));
            }
        }
        let profile = Profile {
            username: new.username,
            user_id: new.user_id,
            agent: new.agent,
            wallet: new.wallet.map(|w| Wallet { app: w.app, addr: w.addr, user_id: w.user_id }),
            mobiles: case.sealed_mobiles(id, &new.mobiles),
        };
        let names = profile.identifiers();
        let lookups = case.lookups(&names, &new.mobiles);
        let names = names.iter().map(member).collect();
        let tenant = case.tenant.clone();
        let account = case.look(|scene| Account::imported(id, tenant, profile, secrets, scene));
        Ok(Ok(Prepared { arrival: Arrival::new(account, lookups)?, names }))
    }

    /// Whether this account could be imported. Hashes, seals and stores nothing, and does not ask whose its names are.
    ///
    /// # Errors
    /// [`Unimportable`] says why not.
    pub fn allow(&self, carried: &Carried) -> Result<(), Unimportable> {
        for (kind, verifier) in &carried.verifiers {
            read(*kind, verifier.phc.clone(), &self.0.ceiling)?;
        }
        self.admit(carried)
    }

    /// What can be asked without reading a verifier.
    fn admit(&self, carried: &Carried) -> Result<(), Unimportable> {
        let new = &carried.account;
        if new.username.is_none() && new.user_id.is_none() && new.agent.is_none() && new.wallet.is_none() {
            return Err(Unimportable::Nameless);
        }
        if new.wallet.as_ref().is_some_and(|wallet| !self.0.spark.contains(&wallet.app)) {
            return Err(Unimportable::UnknownApp);
        }
        self.0.case.allow_all(&new.secrets).map_err(|refusal| Unimportable::NotAllowed(words(&refusal)))
    }

    /// Stores what is not there yet, in one durable transaction.
    ///
    /// # Errors
    /// Only our own faults; nothing of the batch is stored then.
    pub async fn store(&self, batch: Vec<Prepared>) -> Result<Batch, Fault> {
        let (arrivals, names): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|prepared| (prepared.arrival, prepared.names)).unzip();
        let stored = self.0.case.inner.store.import(arrivals).await?;
        let outcomes =
            stored.outcomes.into_iter().zip(names).map(|(outcome, names)| Outcome::of(outcome, &names));
        Ok(Batch { outcomes: outcomes.collect(), changes: stored.changes })
    }

    /// What would become of an account if it were stored now.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn look_up(&self, carried: &Carried) -> Result<Outcome, Fault> {
        let new = &carried.account;
        let wallet = new.wallet.as_ref().map(|wallet| Wallet {
            app: wallet.app,
            addr: wallet.addr.clone(),
            user_id: wallet.user_id.clone(),
        });
        let (username, user_id) = (new.username.clone(), new.user_id.clone());
        let names =
            Profile { username, user_id, agent: new.agent, wallet, mobiles: Vec::new() }.identifiers();
        let mut owners = Vec::with_capacity(names.len());
        for (place, lookup) in self.0.case.lookups(&names, &[]).into_iter().enumerate() {
            if let Lookup::Name(index) = lookup {
                owners.push((place, self.0.case.inner.store.find_name(index).await?));
            }
        }
        let names: Vec<_> = names.iter().map(member).collect();
        Ok(Outcome::of(Imported::met(&owners).unwrap_or(Imported::Created), &names))
    }
}

/// A verifier that another system made, sealed to its place.
fn sealed<S: Store>(
    case: &Case<S>,
    account: AccountId,
    kind: Kind,
    carried: CarriedVerifier,
    ceiling: &Params,
) -> Result<Verifier, Unimportable> {
    let phc = read(kind, carried.phc, ceiling)?;
    let sealed = case.seal(&Place::Verifier { account, kind, version: 1 }, phc.expose().as_bytes());
    Ok(Verifier { version: 1, input: carried.input, sealed })
}

fn read(kind: Kind, text: SecretText, ceiling: &Params) -> Result<Phc, Unimportable> {
    let phc = Phc::parse(text).map_err(|_| Unimportable::NotAPhc(kind))?;
    if ceiling.admits(&params_of(&phc)) { Ok(phc) } else { Err(Unimportable::AboveCeiling(kind)) }
}

/// What stands for a refusal that an import cannot meet.
fn fault_of(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Refused(refusal) => Fault::Engine(format!("refused: {refusal:?}")),
    }
}

const fn words(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TooShort(_) => "too short",
        Refusal::TooLong(_) => "too long",
        Refusal::TooCommon => "one that everybody tries first",
        Refusal::SameAsLogin => "the payment secret is the login secret",
        _ => "it breaks a rule",
    }
}

/// The id of the account at that place. Of so many strata of equal size it lies anywhere in the one of its place: over all
/// places every id is equally likely, as if it were drawn from all, and 2^64 or more remain to be guessed.
fn new_id(entropy: &dyn Entropy, place: u64, total: Option<u64>) -> AccountId {
    let mut id: [u8; 16] = entropy.array();
    if let Some(total) = total.filter(|total| place < *total) {
        let [drawn, ..] = *id.as_chunks::<8>().0 else { unreachable!("sixteen bytes are twice eight") };
        let width = u64::MAX / total;
        let within = (u128::from(u64::from_be_bytes(drawn)) * u128::from(width)) >> 64;
        let beginning = place * width + u64::try_from(within).unwrap_or(0);
        id[..8].copy_from_slice(&beginning.to_be_bytes());
    }
    AccountId::from_bytes(id)
}

#[cfg(test)]
mod tests {
    use countersign_crypto::entropy::SeededEntropy;

    use super::*;

    #[test]
    fn ids_ascend_over_the_whole_range_and_are_all_different() {
        let entropy = SeededEntropy::new(3);
        for total in [1, 2, 1000] {
            let ids: Vec<_> = (0..total).map(|place| new_id(&entropy, place, Some(total))).collect();
            assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "of {total}");
            let last = ids[ids.len() - 1].as_bytes()[0];
            assert!(total < 1000 || (ids[0].as_bytes()[0] == 0 && last == 0xff), "of {total}");
        }
        assert_ne!(new_id(&entropy, 5, Some(9)), new_id(&entropy, 5, Some(9)));
        assert_ne!(new_id(&entropy, 9, Some(9)), new_id(&entropy, 9, Some(9)));
    }
}
