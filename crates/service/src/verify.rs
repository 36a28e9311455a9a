//! Verify: is this the secret?

use core::convert::identity;

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::attempt::Purpose;
use countersign_domain::command::Subject;
use countersign_domain::secret::{Kind, Presented};
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::guess::{Right, Target};

impl<S: Store> Case<S> {
    pub(crate) async fn verify(
        &self,
        subject: Subject,
        kind: Kind,
        presented: Presented,
        holder: Option<Holder>,
    ) -> Step<Done> {
        let slot = self.reserve()?;
        let nobody = self.nobody(&subject, kind);
        let Some(found) = self.find_or_nobody(&subject, nobody).await? else {
            self.guess_at_nobody(&slot, nobody, kind, &presented).await?;
            return Err(Refusal::UnknownAccount.into());
        };
        let account = found.account;
        let target = Target { account, kind, nobody, told: identity };
        let right = self.guess(&slot, target, &presented).await?;
        let remade = match &right {
            Right { stale: true, input, sealed_to, .. } => {
                Some(self.remade(&slot, account, kind, *sealed_to, *input, &presented).await?)
            }
            Right { stale: false, .. } => None,
        };
        self.settle(account, right, Purpose::Verify(holder), move |draft, _, fresh_until| {
            // The version was checked when the guess was settled, so this is still the verifier that was compared.
            if let (Some(remade), Some(sealed)) = (remade, draft.account.credential_mut(kind).sealed_mut()) {
                *sealed = remade;
            }
            Ok(Done { reply: Reply::Verified { fresh_until }, wallet: found.wallet, device: None })
        })
        .await
    }
}
