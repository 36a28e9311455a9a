//! Holds: two operators end them before their time.

use countersign_domain::answer::{Done, Reply};
use countersign_domain::command::Subject;
use countersign_domain::hold;
use countersign_store::door::Store;

use crate::case::{Case, Step};

impl<S: Store> Case<S> {
    pub(crate) async fn release_holds(&self, subject: Subject, reason: String) -> Step<Done> {
        let found = self.find(&subject).await?;
        self.conclude(found.account, move |draft, scene| {
            let release = hold::release(&mut draft.account, reason, scene)?;
            Ok(Done { reply: Reply::Release(release), wallet: None, device: None })
        })
        .await
    }
}
