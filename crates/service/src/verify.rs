//! Verify: is this the secret?

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::Purpose;
use countersign_domain::command::Subject;
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::Store;

use crate::case::{Case, Step};

impl<S: Store> Case<S> {
    pub(crate) async fn verify(
        &self,
        subject: Subject,
        kind: Kind,
        presented: Presented,
        holder: Option<Holder>,
    ) -> Step<Done> {
        let slot = self.reserve()?;
        let Some(found) = self.find_or_nobody(&subject).await? else {
            self.guess_at_nobody(&slot, kind, &presented).await?;
            return Err(Refusal::UnknownAccount.into());
        };
        let right = self.guess(&slot, found.account, kind, &presented).await?;
        let fresh_until = self.settle(found.account, right, Purpose::Verify(holder), |_, _| Ok(())).await?;
        Ok(Done { reply: Reply::Verified { fresh_until }, wallet: found.wallet })
    }
}
