//! Enrol: set the first secret of a kind.

use core::convert::identity;

use countersign_crypto::engine::Slot;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::Purpose;
use countersign_domain::command::{NewSecret, Subject};
use countersign_domain::credential;
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::Store;

use crate::case::{Case, Step, Stop};
use crate::guess::Target;
use crate::new_secret::hashes_for_new;

impl<S: Store> Case<S> {
    /// Sets a secret where there is none.
    pub(crate) async fn set(
        &self,
        subject: Subject,
        kind: Kind,
        new: NewSecret,
        holder: Option<Holder>,
    ) -> Step<Done> {
        self.allow(kind, &new)?;
        let slot = self.reserve(hashes_for_new(kind))?;
        self.set_from(&slot, subject, kind, new, holder).await
    }

    /// As [`Self::set`], for an allowed secret and with a place.
    async fn set_from(
        &self,
        slot: &Slot,
        subject: Subject,
        kind: Kind,
        new: NewSecret,
        holder: Option<Holder>,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let account = found.account;
        let version = match self.read(account).await?.credential(kind) {
            set if set.verifier().is_some() => return Err(Refusal::AlreadySet.into()),
            unset => unset.version + 1,
        };
        self.differs_from_login(slot, account, kind, &new).await?;
        let verifier = self.verifier(slot, account, kind, version, &new.presented).await?;
        self.conclude(account, move |draft, scene| {
            credential::set(&mut draft.account, kind, verifier, holder, scene)?;
            Ok(Done { reply: Reply::SecretSet, wallet: found.wallet, device: None })
        })
        .await
    }

    /// Sets the first secret, or changes the one there is. A missing old secret compares nothing and spends nothing.
    pub(crate) async fn set_or_change(
        &self,
        subject: Subject,
        kind: Kind,
        old: Option<Presented>,
        new: NewSecret,
    ) -> Step<Done> {
        let slot = self.reserve(1 + hashes_for_new(kind))?;
        let found = self.find(&subject).await?;
        let is_set = self.read(found.account).await?.credential(kind).verifier().is_some();
        self.allow(kind, &new)?;
        match (is_set, old) {
            (false, _) => match self.set_from(&slot, subject, kind, new, None).await {
                // Somebody else set it in between; nothing was presented that could be compared with it.
                Err(Stop::Refused(Refusal::AlreadySet)) => Err(unasked().into()),
                set => set,
            },
            (true, None) => Err(unasked().into()),
            (true, Some(old)) => self.change_or_keep(&slot, subject, kind, old, new).await,
        }
    }

    /// Sets the first payment secret for one who knows the query secret. That there is one already is told only
    /// after the right query secret, and then refills nothing.
    pub(crate) async fn set_payment_by_query(
        &self,
        subject: Subject,
        query: Presented,
        new: NewSecret,
    ) -> Step<Done> {
        self.allow(Kind::Payment, &new)?;
        let slot = self.reserve(1 + hashes_for_new(Kind::Payment))?;
        let nobody = self.nobody(&subject, Kind::Query);
        let Some(found) = self.find_or_nobody(&subject, nobody).await? else {
            self.guess_at_nobody(&slot, nobody, Kind::Query, &query).await?;
            return Err(Refusal::UnknownAccount.into());
        };
        let account = found.account;
        let target = Target { account, kind: Kind::Query, nobody, told: identity, approves: None };
        let right = self.guess(&slot, target, &query).await?;
        let payment = self.read(account).await?.payment;
        if payment.verifier().is_some() {
            return Err(self.keep(account, right, Refusal::AlreadySet).await);
        }
        let differs = self.differs_from_login(&slot, account, Kind::Payment, &new).await;
        let right = self.unless_refused(account, right, differs).await?;
        let verifier =
            self.verifier(&slot, account, Kind::Payment, payment.version + 1, &new.presented).await?;
        self.settle(account, right, Purpose::Verify(None), move |draft, scene, _| {
            credential::set(&mut draft.account, Kind::Payment, verifier, None, scene)?;
            Ok(Done { reply: Reply::SecretSet, wallet: found.wallet, device: None })
        })
        .await
    }
}

/// An old secret was needed and not given: wrong, as far as the caller is told.
const fn unasked() -> Refusal {
    Refusal::WRONG
}
