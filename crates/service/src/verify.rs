//! Verify: is this the secret?

use countersign_domain::account::Scene;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::Purpose;
use countersign_domain::command::Subject;
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::{Draft, Store};

use crate::case::{Case, Step};
use crate::guess::Right;

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
        let version = right.ticket.version();
        let remade = match &right {
            Right { stale: true, input, .. } => {
                Some(self.remade(&slot, found.account, kind, version, *input, &presented).await?)
            }
            Right { stale: false, .. } => None,
        };
        let upgrade = move |draft: &mut Draft, _: &Scene<'_>| {
            // The version was checked when the guess was settled, so this is still the verifier that was compared.
            if let (Some(remade), Some(sealed)) = (remade, draft.account.credential_mut(kind).sealed_mut()) {
                *sealed = remade;
            }
            Ok(())
        };
        let fresh_until = self.settle(found.account, right, Purpose::Verify(holder), upgrade).await?;
        Ok(Done { reply: Reply::Verified { fresh_until }, wallet: found.wallet })
    }
}
