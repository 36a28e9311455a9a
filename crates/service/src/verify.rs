//! Verify: is this the secret?

use core::convert::identity;

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::Purpose;
use countersign_domain::command::Subject;
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::guess::Target;

impl<S: Store> Case<S> {
    pub(crate) async fn verify(
        &self,
        subject: Subject,
        kind: Kind,
        presented: Presented,
        holder: Option<Holder>,
    ) -> Step<Done> {
        let slot = self.reserve(1)?;
        let nobody = self.nobody(&subject, kind);
        let Some(found) = self.find_or_nobody(&subject, nobody).await? else {
            self.guess_at_nobody(&slot, nobody, kind, &presented).await?;
            return Err(Refusal::UnknownAccount.into());
        };
        let account = found.account;
        let target = Target { account, kind, nobody, told: identity, approves: None };
        let right = self.guess(&slot, target, &presented).await?;
        self.settle(account, right, Purpose::Verify(holder), move |draft, scene, fresh_until| {
            let hold_until = draft.account.holds.until(scene.now).filter(|_| kind == Kind::Payment);
            Ok(Done {
                reply: Reply::Verified { fresh_until, hold_until },
                wallet: found.wallet,
                device: None,
            })
        })
        .await
    }
}
