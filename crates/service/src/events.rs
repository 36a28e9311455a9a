//! Events: the audit trail, read back.

use countersign_domain::answer::{Done, Reply};
use countersign_domain::command::Page;
use countersign_domain::id::{AccountId, EventId};
use countersign_store::door::Store;

use crate::apps::listed;
use crate::case::{Case, Step};

impl<S: Store> Case<S> {
    pub(crate) async fn read_events(&self, account: Option<AccountId>, page: Page<EventId>) -> Step<Done> {
        let more = Page { limit: page.limit + 1, ..page };
        let events = self.inner.store.events(self.tenant.clone(), account, more).await?;
        Ok(Done { reply: Reply::Events(listed(events, page.limit)), wallet: None, device: None })
    }
}
