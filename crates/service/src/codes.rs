//! Codes: make one, keep its keyed hash, hand it to the sender.

use countersign_crypto::entropy::Draw;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::code::{self, Purpose};
use countersign_domain::command::Subject;
use countersign_domain::id::CodeId;
use countersign_domain::identifier::Mobile;
use countersign_domain::ledger::DAY;
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::ports::Message;
use crate::service::Fault;
use crate::subject::mobile_index;
use crate::texts;

/// Digits of a code; the legacy dialects take no more.
const CODE_DIGITS: usize = 6;

impl<S: Store> Case<S> {
    /// Sends a code. The account's limits are asked before the mobile's count goes up, so that a caller who asks too
    /// often for one account does not use up what the number may still receive.
    pub(crate) async fn issue_code(
        &self,
        subject: Subject,
        purpose: Purpose,
        mobile: Option<Mobile>,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let account = found.account;
        let mut record = self.read(account).await?;
        let to = match (mobile, self.mobiles(&record).await?) {
            (None, numbers) => numbers.into_iter().next(),
            (Some(asked), numbers) => numbers.into_iter().find(|number| *number == asked),
        };
        let to = to.ok_or(Refusal::NoMobile)?;
        let id = CodeId::from_bytes(self.inner.entropy.array());
        let digits = self.inner.entropy.digits(CODE_DIGITS, false);
        let hash = self.code_hash(account, purpose, &digits);
        let spaced = !self.settings.dev;
        self.look(|scene| code::issue(&mut record, id, purpose, hash, spaced, scene))?;
        self.count_mobile(&to).await?;
        let issued = self.decide(account, move |draft, scene| {
            code::issue(&mut draft.account, id, purpose, hash, spaced, scene)
        });
        let issued = issued.await??;
        let text = texts::code_message(&self.settings, &digits, purpose);
        let mobile_masked = to.masked();
        self.send(Message { id, account, to, code: digits, purpose, text, sent_at: issued.sent_at }).await?;
        Ok(Done {
            reply: Reply::CodeIssued { id, expires_at: issued.expires_at, mobile_masked },
            wallet: found.wallet,
            device: None,
        })
    }

    async fn count_mobile(&self, to: &Mobile) -> Step<()> {
        let index = mobile_index(&self.keyring(), &self.tenant, to);
        let limit = self.settings.policy.codes.per_mobile_day;
        let counted = self.inner.store.count(index, limit, DAY, self.now()).await?;
        Ok(counted.map_err(|retry_at| Refusal::RateLimited { retry_at })?)
    }

    async fn send(&self, message: Message) -> Step<()> {
        let sent = self.inner.sender.send(&message).await;
        self.inner.observer.code_sent(message.purpose, sent.is_ok());
        Ok(sent.map_err(Fault::Sender)?)
    }
}
