//! Change: replace a secret by one who knows it.

use core::convert::identity;

use countersign_crypto::engine::Slot;
use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::attempt::{self, Purpose};
use countersign_domain::command::{NewSecret, Subject};
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::guess::Target;
use crate::new_secret::{hashes_for_new, unchanged};

impl<S: Store> Case<S> {
    /// Replaces a secret. Whatever can be refused without comparing is refused first, so that it spends no guess.
    pub(crate) async fn change(
        &self,
        subject: Subject,
        kind: Kind,
        old: Presented,
        new: NewSecret,
    ) -> Step<Done> {
        if unchanged(&old, &new) {
            return Err(Refusal::Unchanged.into());
        }
        self.allow(kind, &new)?;
        let slot = self.reserve(1 + hashes_for_new(kind))?;
        self.change_or_keep(&slot, subject, kind, old, new).await
    }

    /// Replaces a secret by an allowed one, by the same if the caller so wishes.
    pub(crate) async fn change_or_keep(
        &self,
        slot: &Slot,
        subject: Subject,
        kind: Kind,
        old: Presented,
        new: NewSecret,
    ) -> Step<Done> {
        let nobody = self.nobody(&subject, kind);
        let Some(found) = self.find_or_nobody(&subject, nobody).await? else {
            self.guess_at_nobody(slot, nobody, kind, &old).await?;
            return Err(Refusal::UnknownAccount.into());
        };
        let account = found.account;
        // The same secret again is no news about the login secret, so it is no question.
        let asks = kind == Kind::Payment && !unchanged(&old, &new);
        let tag = self.tag();
        let room = move |record: &Account, scene: &Scene<'_>| {
            if asks { attempt::same_as_login_room(record, tag, scene).map(drop) } else { Ok(()) }
        };
        let target = Target { account, kind, nobody, told: identity, approves: None };
        let right = self.guess_if(slot, target, &old, room).await?;
        let differs = if asks { self.differs_from_login(slot, account, kind, &new).await } else { Ok(()) };
        let right = self.unless_refused(account, right, differs).await?;
        let version = right.ticket.version() + 1;
        let verifier = self.verifier(slot, account, kind, version, &new.presented).await?;
        self.settle(account, right, Purpose::Change(verifier), |_, _, _| {
            Ok(Done { reply: Reply::SecretChanged, wallet: found.wallet, device: None })
        })
        .await
    }
}
