//! Events: the audit trail, read back.

use countersign_domain::answer::{Done, Refusal, Reply};
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

    /// One event: the newest that is not newer than it, if it is that.
    pub(crate) async fn read_event(&self, id: EventId) -> Step<Done> {
        let next = u128::from_be_bytes(*id.as_bytes()).checked_add(1).ok_or(Refusal::NotFound)?;
        let page = Page { after: Some(EventId::from_bytes(next.to_be_bytes())), limit: 1 };
        let events = self.inner.store.events(self.tenant.clone(), None, page).await?;
        let event = events.into_iter().find(|event| event.id == id).ok_or(Refusal::NotFound)?;
        Ok(Done { reply: Reply::Event(Box::new(event)), wallet: None, device: None })
    }
}
