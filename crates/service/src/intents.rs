//! Intents: have a transaction approved by its person, and consume the approval once.

use core::convert::identity;
use std::sync::Arc;

use countersign_crypto::canonical;
use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::BlindDomain;
use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::{Done, IntentRefusal, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::{self, Approves, Begun, Guess, Purpose};
use countersign_domain::code::{self, Use};
use countersign_domain::command::{NewIntent, Page, Subject};
use countersign_domain::id::{AccountId, IntentId};
use countersign_domain::intent::{
    self, Digest, Factors, IntentView, PayeeMark, Stage, StageName, Transaction,
};
use countersign_domain::money::Amount;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Store, StoreFault};

use crate::case::{Case, Step, Stop};
use crate::guess::Target;
use crate::receipts::Signer;
use crate::service::Fault;
use crate::watches::who;

impl<S: Store> Case<S> {
    /// Puts a transaction before its person. What is digested says when it ends, so that is settled before.
    pub(crate) async fn create_intent(&self, new: NewIntent) -> Step<Done> {
        let NewIntent { account, life_s, .. } = new;
        let transaction = self.transaction(new)?;
        let limits = self.settings.policy.payments.intents;
        let life = life_s.map_or(limits.life, Span::from_secs).min(limits.life_max);
        let id = IntentId::new(account, self.inner.entropy.array());
        let payee = self.payee_mark(account, &transaction);
        let expires_at = self.now() + life;
        let digest = digest_of(id, &transaction, expires_at)?;
        self.conclude(account, move |draft, scene| {
            intent::create(&mut draft.account, id, (transaction, payee), (digest, expires_at), scene)?;
            let view = intent::view(&draft.account, id, scene).ok_or(Refusal::NotFound)?;
            Ok(done(Reply::IntentCreated(Box::new(view))))
        })
        .await
    }

    /// Approves by the secret, or without it where the policy spares the person.
    pub(crate) async fn approve_intent(
        &self,
        id: IntentId,
        presented: Option<Presented>,
        code: Option<SecretText>,
        holder: Holder,
    ) -> Step<Done> {
        let account = id.account();
        let signer = self.signer().await?;
        let Some(presented) = presented else {
            let device = self.device_claim(account);
            let approved = self.conclude(account, move |draft, scene| {
                let known = attempt::device_known(&draft.account, device, scene);
                intent::approve_in_window(&mut draft.account, id, holder, known, scene)?;
                shown(&draft.account, id, &signer, scene)
            });
            return unknown_is_not_found(approved.await);
        };
        if let Some(code) = code {
            return self.approve_by_two(id, &presented, &code, holder, signer).await;
        }
        let slot = self.reserve(1)?;
        let nobody = self.nobody(&Subject::Account(account), Kind::Payment);
        let approves = Some(Approves { intent: id, factors: Factors::Secret, holder: Some(holder) });
        let target = Target { account, kind: Kind::Payment, nobody, told: identity, approves };
        let right = unknown_is_not_found(self.guess(&slot, target, &presented).await)?;
        self.settle(account, right, Purpose::Approve, move |draft, scene, _| {
            shown(&draft.account, id, &signer, scene)
        })
        .await
    }

    /// Approves by the secret and a code. Both are compared, whichever is wrong, and who is refused is not told which; a
    /// right secret beside a wrong code stays charged, so that nothing else tells it either. The code is compared in the
    /// transaction that charges the guess, after it did: where nothing is charged, no attempt at the code is spent.
    async fn approve_by_two(
        &self,
        id: IntentId,
        presented: &Presented,
        code: &SecretText,
        holder: Holder,
        signer: Signer,
    ) -> Step<Done> {
        let account = id.account();
        let slot = self.reserve(1)?;
        self.code_slow_enough().await?;
        let hash = self.intent_code_hash(id, code);
        let nobody = self.nobody(&Subject::Account(account), Kind::Payment);
        let approves = Some(Approves { intent: id, factors: Factors::SecretAndCode, holder: Some(holder) });
        let target = Target { account, kind: Kind::Payment, nobody, told: neither, approves };
        let charging = move |account: &mut Account, guess: Guess, scene: &Scene<'_>| {
            let begun = attempt::begin(account, guess, scene);
            let charged = matches!(begun, Begun::Compare(..));
            (begun, charged && code::present(account, PURPOSE, &hash, true, Use::Look, scene).is_ok())
        };
        let right = unknown_is_not_found(self.guess_by(&slot, target, presented, charging).await)?;
        if !right.along {
            // As much is written as for a wrong secret, and where it is looked at.
            self.watch_miss(who(account), Some(presented)).await?;
            return Err(self.count_as_missed(account, right).await);
        }
        // The code is still there: it was only looked at.
        let judged = self.judged_prefix(&self.read(account).await?, PURPOSE).await?;
        let done = self.settle(account, right, Purpose::Approve, move |draft, scene, _| {
            code::present(&mut draft.account, PURPOSE, &hash, true, Use::Redeem, scene).map_err(neither)?;
            shown(&draft.account, id, &signer, scene)
        });
        let done = done.await?;
        self.code_verified(judged).await;
        Ok(done)
    }

    /// The money moves now, once.
    pub(crate) async fn consume_intent(&self, id: IntentId, digest: Option<Digest>) -> Step<Done> {
        let signer = self.signer().await?;
        let consumed = self.conclude(id.account(), move |draft, scene| {
            intent::consume(&mut draft.account, id, digest, scene)?;
            shown(&draft.account, id, &signer, scene)
        });
        unknown_is_not_found(consumed.await)
    }

    pub(crate) async fn cancel_intent(&self, id: IntentId) -> Step<Done> {
        let signer = self.signer().await?;
        let cancelled = self.conclude(id.account(), move |draft, scene| {
            intent::cancel(&mut draft.account, id, scene)?;
            shown(&draft.account, id, &signer, scene)
        });
        unknown_is_not_found(cancelled.await)
    }

    pub(crate) async fn read_intent(&self, id: IntentId) -> Step<Done> {
        let signer = self.signer().await?;
        let record = unknown_is_not_found(self.read(id.account()).await)?;
        let record = self.settled(record).await?;
        Ok(self.look(|scene| shown(&record, id, &signer, scene))?)
    }

    pub(crate) async fn list_intents(
        &self,
        subject: Subject,
        stage: Option<StageName>,
        page: Page<IntentId>,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let record = Arc::unwrap_or_clone(self.record(&found).await?);
        let record = self.settled(record).await?;
        let listed = self.look(|scene| intent::list(&record, stage, &page, scene))?;
        Ok(done(Reply::Intents(listed)))
    }

    /// A record of which intents are about to be told. What time or a lost server has ended is written down before, so that it
    /// stays ended when the clock is set back. Where nothing can be written nothing is consumed either, and the record is
    /// told of as it is.
    pub(crate) async fn settled(&self, record: Account) -> Step<Account> {
        if !self.look(|scene| intent::unsettled(&record, scene)) {
            return Ok(record);
        }
        let settled = self.decide(record.id, |draft, scene| {
            intent::settle(&mut draft.account, None, scene);
            draft.account.clone()
        });
        match settled.await {
            Err(Stop::Fault(Fault::Store(StoreFault::ReadOnly))) => Ok(record),
            settled => settled,
        }
    }

    /// The transaction, in a currency of the policy.
    fn transaction(&self, new: NewIntent) -> Result<Transaction, Refusal> {
        let NewIntent { account: _, amount, currency, payee, payee_id, reference, memo, details, life_s: _ } =
            new;
        let currency =
            self.settings.policy.payments.currencies.find(currency).ok_or(IntentRefusal::UnknownCurrency)?;
        let amount = Amount::parse(&amount, currency).map_err(IntentRefusal::NotAnAmount)?;
        Ok(Transaction { amount, currency, payee, payee_id, reference, memo, details })
    }

    /// By what this person's payee is known again: the platform's own name for it, else its text. Another person's same payee
    /// has another mark, and so has a text that is another payee's name.
    fn payee_mark(&self, account: AccountId, transaction: &Transaction) -> PayeeMark {
        let whose = account.as_bytes();
        let hash = match &transaction.payee_id {
            None => self.keyring().blind(BlindDomain::Payee, &[whose, transaction.payee.as_str().as_bytes()]),
            Some(id) => {
                self.keyring().blind(BlindDomain::Payee, &[whose, id.as_str().as_bytes(), b"payee_id"])
            }
        };
        PayeeMark(hash.first_chunk().copied().unwrap_or_default())
    }
}

/// What an intent's codes are for.
const PURPOSE: countersign_domain::code::Purpose = countersign_domain::code::Purpose::PaymentApprove;

/// Which of the two is wrong is not told; that one more miss blocks the secret is (Commission Delegated Regulation (EU)
/// 2018/389, article 4(4)).
fn neither(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Incorrect { last_guess_left, .. } => {
            IntentRefusal::FactorsIncorrect { last_guess_left }.into()
        }
        Refusal::CodeIncorrect { .. } | Refusal::CodeExpired => {
            IntentRefusal::FactorsIncorrect { last_guess_left: false }.into()
        }
        other => other,
    }
}

/// What is digested: everything that the approval binds, as the answer shows it.
fn digest_of(id: IntentId, transaction: &Transaction, expires_at: Timestamp) -> Result<Digest, Fault> {
    let text = canonical::intent::canonical(id, transaction, expires_at)
        .map_err(|error| Fault::Seal(format!("a transaction has no canonical form: {error}")))?;
    Ok(Digest(canonical::digest(&text)))
}

/// The intent as it stands, with its receipt where there is one.
fn shown(account: &Account, id: IntentId, signer: &Signer, scene: &Scene<'_>) -> Result<Done, Refusal> {
    let view = intent::view(account, id, scene).ok_or(Refusal::NotFound)?;
    let receipt = receipt(&view, signer);
    Ok(done(Reply::Intent(Box::new(view), receipt)))
}

fn receipt(view: &IntentView, signer: &Signer) -> Option<SecretText> {
    match view.stage {
        Stage::Approved(approval) | Stage::Consumed(approval, _) => signer.sign(view, approval),
        Stage::Pending | Stage::Cancelled(_) | Stage::Expired | Stage::Voided(..) => None,
    }
}

const fn done(reply: Reply) -> Done {
    Done { reply, wallet: None, device: None }
}

/// An intent's id names its account. Where that is not there, neither is the intent.
pub(crate) fn unknown_is_not_found<T>(step: Step<T>) -> Step<T> {
    step.map_err(|stop| match stop {
        Stop::Refused(Refusal::UnknownAccount) => Refusal::NotFound.into(),
        other => other,
    })
}
