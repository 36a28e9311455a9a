//! Holds: two operators end them before their time.

use countersign_domain::answer::{Done, Reply};
use countersign_domain::command::Subject;
use countersign_domain::event::Actor;
use countersign_domain::hold;
use countersign_domain::time::Timestamp;
use countersign_store::door::Store;

use crate::case::{Case, Step};

impl<S: Store> Case<S> {
    pub(crate) async fn release_holds(&self, subject: Subject, reason: String) -> Step<Done> {
        let found = self.find(&subject).await?;
        let since = self.key_since().await?;
        self.conclude(found.account, move |draft, scene| {
            let release = hold::release(&mut draft.account, since, reason, scene)?;
            Ok(Done { reply: Reply::Release(release), wallet: None, device: None })
        })
        .await
    }

    /// When the key that asks was made. Whatever asks otherwise is of today, and ends nothing.
    async fn key_since(&self) -> Step<Timestamp> {
        let app = match self.origin.actor {
            Actor::App(app) => self.inner.store.app(app).await?,
            Actor::Nobody | Actor::Session(_) | Actor::Server => None,
        };
        Ok(app.map_or_else(|| self.now(), |app| app.created_at))
    }
}
