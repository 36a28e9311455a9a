//! Reset: replace a secret by one who holds a verification code, or by a temporary one that the server makes up.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::account::Account;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::code::{self, CodeHash, Purpose, Use};
use countersign_domain::command::{NewSecret, Subject};
use countersign_domain::credential;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::{Mobile, MobileTail};
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_store::door::Store;

use crate::case::{Case, Step, Stop, text_of};
use crate::new_secret::hashes_for_new;
use crate::service::Fault;
use crate::watches::who;

/// Digits of a temporary secret: as many as the ids that the documented system handed out.
const TEMPORARY_DIGITS: usize = 19;

/// A code, and whatever else must be right together with it.
pub(crate) struct Proof {
    pub(crate) purpose: Purpose,
    pub(crate) code: SecretText,
    pub(crate) mobile: Option<MobileTail>,
}

impl<S: Store> Case<S> {
    /// Resets by code. The code is looked at first and used up in the transaction that puts the new secret in place,
    /// so of many who hold the same code exactly one succeeds, and a crash in between spends nothing.
    pub(crate) async fn reset_by_code(
        &self,
        subject: Subject,
        kind: Kind,
        proof: Proof,
        new: NewSecret,
    ) -> Step<Done> {
        self.allow(kind, &new)?;
        let slot = self.reserve(hashes_for_new(kind))?;
        self.code_slow_enough().await?;
        let nobody = self.nobody(&subject, kind);
        let found = match self.find(&subject).await {
            Err(Stop::Refused(Refusal::UnknownAccount)) => {
                self.code_of_nobody(nobody).await?;
                return Err(Refusal::UnknownAccount.into());
            }
            found => found?,
        };
        let account = found.account;
        let record = self.read(account).await?;
        let reachable = self.mobile_matches(&record, proof.mobile.as_ref()).await?;
        let (purpose, hash) = (proof.purpose, self.code_hash(account, proof.purpose, &proof.code));
        // Where there is no code to compare with, nothing would be written down: that is seen without a transaction, and
        // costs what a wrong code costs.
        let mut tried = record.clone();
        let foreseen =
            self.look(|scene| code::present(&mut tried, purpose, &hash, reachable, Use::Look, scene));
        if let (Err(refusal), true) = (foreseen, tried == record) {
            self.blank_write().await?;
            self.watch_miss(who(account), None).await?;
            return Err(refusal.into());
        }
        let looked = self.go_on_if(account, move |draft, scene| {
            code::present(&mut draft.account, purpose, &hash, reachable, Use::Look, scene)
        });
        if let Err(stop) = looked.await {
            self.watch_miss(who(account), None).await?;
            return Err(stop);
        }
        self.differs_from_login(&slot, account, kind, &new).await?;
        let version = record.credential(kind).version + 1;
        let verifier = self.verifier(&slot, account, kind, version, &new.presented).await?;
        let judged = self.judged_prefix(&record, purpose).await?;
        let reset = self.conclude(account, move |draft, scene| {
            // Asked before the code is used up: a verifier made for another version would waste it.
            if draft.account.credential(kind).version + 1 != verifier.version {
                return Err(Refusal::Busy);
            }
            code::present(&mut draft.account, purpose, &hash, reachable, Use::Redeem, scene)?;
            credential::reset(&mut draft.account, kind, verifier, scene)?;
            Ok(Done { reply: Reply::SecretReset, wallet: found.wallet, device: None })
        });
        let done = reset.await?;
        self.code_verified(judged).await;
        Ok(done)
    }

    /// Puts a temporary secret in place and shows it, once.
    pub(crate) async fn reset_to_temporary(&self, subject: Subject, kind: Kind) -> Step<Done> {
        let slot = self.reserve(1)?;
        let found = self.find(&subject).await?;
        let account = found.account;
        let secret = self.inner.entropy.digits(TEMPORARY_DIGITS, true);
        let version = self.read(account).await?.credential(kind).version + 1;
        let verifier =
            self.verifier(&slot, account, kind, version, &Presented::Plain(secret.clone())).await?;
        self.conclude(account, move |draft, scene| {
            credential::make_temporary(&mut draft.account, kind, verifier, scene)?;
            Ok(Done { reply: Reply::SecretMadeTemporary(secret), wallet: found.wallet, device: None })
        })
        .await
    }

    /// What is stored of a code: a hash keyed outside the database, bound to account and purpose.
    ///
    /// That of an intent is bound to it by [`Case::intent_code_hash`].
    pub(crate) fn code_hash(&self, account: AccountId, purpose: Purpose, code: &SecretText) -> CodeHash {
        let parts: [&[u8]; 3] = [account.as_bytes(), purpose.as_str().as_bytes(), code.expose().as_bytes()];
        self.keyring().blind(BlindDomain::Code, &parts)
    }

    /// The account's mobile numbers, opened.
    pub(crate) async fn mobiles(&self, account: &Account) -> Result<Vec<Mobile>, Fault> {
        let mut mobiles = Vec::with_capacity(account.profile.mobiles.len());
        for (slot, sealed) in (0..).zip(&account.profile.mobiles) {
            let text = text_of(&self.unseal(&Place::Mobile { account: account.id, slot }, sealed).await?)?;
            let mobile = Mobile::parse(text.expose());
            mobiles.push(mobile.ok_or_else(|| Fault::Seal("not a mobile number".to_owned()))?);
        }
        Ok(mobiles)
    }

    async fn mobile_matches(&self, account: &Account, tail: Option<&MobileTail>) -> Result<bool, Fault> {
        match tail {
            None => Ok(true),
            Some(tail) => Ok(self.mobiles(account).await?.iter().any(|mobile| mobile.ends_with(tail))),
        }
    }
}
