//! What the records say of their own health, for the doctor.

use countersign_domain::command::Page;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::WebhookState;
use countersign_store::door::Store;

use crate::service::{Fault, Service};
use crate::signing::Duty;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkup {
    /// When it was looked.
    pub now: Timestamp,
    /// When the newest event was decided, if there is one.
    pub newest: Option<Timestamp>,
    /// Data keys that only open what is older than the newest.
    pub older_keys: usize,
    /// Whether a key signs receipts.
    pub signs: bool,
    /// Webhooks that are told of events.
    pub told: usize,
    /// Webhooks that were disabled.
    pub disabled: usize,
}

impl<S: Store> Service<S> {
    /// Looks at the records. Writes one row, to prove that this works.
    ///
    /// # Errors
    /// Only our own faults: the store does not read or does not write.
    pub async fn checkup(&self) -> Result<Checkup, Fault> {
        let (store, tenant) = (&self.inner.store, TenantId::default_tenant());
        if !store.is_read_only() {
            store.check().await?;
        }
        let newest = store.events(tenant.clone(), None, Page { after: None, limit: 1 }).await?;
        let webhooks = store.webhooks(tenant).await?;
        let disabled =
            webhooks.iter().filter(|hook| matches!(hook.state, WebhookState::Disabled { .. })).count();
        let keys = self.signing_keys().await?;
        Ok(Checkup {
            now: self.now(),
            newest: newest.first().map(|event| event.at),
            older_keys: self.data_keys().iter().filter(|(_, seals)| !seals).count(),
            signs: keys.iter().any(|key| key.duty == Duty::Signs),
            told: webhooks.len() - disabled,
            disabled,
        })
    }
}
