//! Codes: make one, keep its keyed hash, hand it to the sender.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::BlindDomain;
use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::code::{self, Code, CodeHash, Purpose};
use countersign_domain::command::Subject;
use countersign_domain::id::{AccountId, CodeId, IntentId};
use countersign_domain::identifier::Mobile;
use countersign_domain::intent;
use countersign_domain::ledger::DAY;
use countersign_domain::secret::SecretText;
use countersign_store::door::{Draft, Store};

use crate::case::{Case, Step};
use crate::intents::unknown_is_not_found;
use crate::ports::{Message, PaymentTold};
use crate::service::Fault;
use crate::spending::Charge;
use crate::subject::mobile_index;
use crate::texts;

/// Digits of a code; the legacy dialects take no more.
const CODE_DIGITS: usize = 6;

/// A code that is to be sent.
struct Issued {
    purpose: Purpose,
    digits: SecretText,
    hash: CodeHash,
    /// What the person reads.
    text: SecretText,
    payment: Option<PaymentTold>,
}

impl<S: Store> Case<S> {
    /// Sends a code. The account's limits are asked before the mobile's count and the prefix's sum go up, so that a caller
    /// who asks too often for one account does not use up what the number may still receive, or what others may spend.
    pub(crate) async fn issue_code(
        &self,
        subject: Subject,
        purpose: Purpose,
        mobile: Option<Mobile>,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let account = found.account;
        let record = self.read(account).await?;
        let digits = self.inner.entropy.digits(CODE_DIGITS, false);
        let hash = self.code_hash(account, purpose, &digits);
        let text = texts::code_message(&self.settings, &digits, purpose);
        let done =
            self.issue_to(record, Issued { purpose, digits, hash, text, payment: None }, mobile).await?;
        Ok(Done { wallet: found.wallet, ..done })
    }

    /// Sends the second factor of an intent. What it is good for stands in the message, and its hash is bound to it.
    pub(crate) async fn issue_intent_code(&self, id: IntentId, mobile: Option<Mobile>) -> Step<Done> {
        let record = unknown_is_not_found(self.read(id.account()).await)?;
        let record = self.settled(record).await?;
        self.look(|scene| intent::may_send_code(&record, id, scene))?;
        let view = self.look(|scene| intent::view(&record, id, scene)).ok_or(Refusal::NotFound)?;
        let digits = self.inner.entropy.digits(CODE_DIGITS, false);
        let hash = self.intent_code_hash(id, &digits);
        let text = texts::intent_message(&self.settings, &digits, &view.transaction);
        let payment = Some(PaymentTold {
            amount: view.transaction.amount.as_str().to_owned(),
            currency: view.transaction.currency.code.as_str().to_owned(),
            payee: view.transaction.payee.as_str().to_owned(),
        });
        let purpose = Purpose::PaymentApprove;
        self.issue_to(record, Issued { purpose, digits, hash, text, payment }, mobile).await
    }

    /// What is stored of an intent's code: bound to that intent alone.
    pub(crate) fn intent_code_hash(&self, id: IntentId, code: &SecretText) -> CodeHash {
        let (account, purpose) = (id.account(), Purpose::PaymentApprove.as_str().as_bytes());
        let parts: [&[u8]; 4] = [account.as_bytes(), purpose, id.own(), code.expose().as_bytes()];
        self.keyring().blind(BlindDomain::Code, &parts)
    }

    async fn issue_to(&self, mut record: Account, issued: Issued, mobile: Option<Mobile>) -> Step<Done> {
        let Issued { purpose, digits, hash, text, payment } = issued;
        let account = record.id;
        let numbers = self.mobiles(&record).await?;
        let (to, number) = self.destination(&numbers, mobile.as_ref()).ok_or(Refusal::NoMobile)?;
        let id = CodeId::from_bytes(self.inner.entropy.array());
        let spaced = !self.settings.dev;
        self.look(|scene| code::issue(&mut record, id, purpose, hash, to, spaced, scene))?;
        let dialled = self.dialled(number);
        let charge = self.charge_code(&dialled).await?;
        let issued = self.issue_charged(account, number, move |draft, scene| {
            code::issue(&mut draft.account, id, purpose, hash, to, spaced, scene)
        });
        let issued = match issued.await {
            Ok(issued) => issued,
            Err(stop) => {
                self.settle_code(charge, 0).await;
                return Err(stop);
            }
        };
        let (mobile_masked, sent_at) = (number.masked(), issued.sent_at);
        let to = number.clone();
        let message = Message { id, account, to, dialled, code: digits, purpose, text, payment, sent_at };
        self.send(&message, charge).await?;
        Ok(Done {
            reply: Reply::CodeIssued { id, expires_at: issued.expires_at, mobile_masked },
            wallet: None,
            device: None,
        })
    }

    async fn issue_charged<F>(&self, account: AccountId, number: &Mobile, issue: F) -> Step<Code>
    where
        F: FnOnce(&mut Draft, &Scene<'_>) -> Result<Code, Refusal> + Send + 'static,
    {
        self.count_mobile(number).await?;
        Ok(self.decide(account, issue).await??)
    }

    async fn count_mobile(&self, to: &Mobile) -> Step<()> {
        let index = mobile_index(&self.keyring(), &self.tenant, to);
        let limit = self.settings.policy.codes.per_mobile_day;
        let counted = self.inner.store.count(index, limit, DAY, self.now()).await?;
        Ok(counted.map_err(|retry_at| Refusal::RateLimited { retry_at })?)
    }

    /// Hands a message over. What that came to in money is settled whether or not it worked.
    async fn send(&self, message: &Message, charge: Charge) -> Step<()> {
        let sent = self.inner.sender.send(message).await;
        self.inner.observer.code_sent(message.purpose, sent.is_ok());
        let hand_overs = match &sent {
            Ok(handed) => handed.hand_overs.max(1),
            Err(fault) => fault.hand_overs,
        };
        self.settle_code(charge, hand_overs).await;
        sent.map_err(Fault::Sender)?;
        Ok(())
    }
}
