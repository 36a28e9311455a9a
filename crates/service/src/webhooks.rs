//! Webhooks: who is told of events. What signs is shown once and never again.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::Place;
use countersign_crypto::webhook::Signer;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::WebhookId;
use countersign_domain::secret::{Sealed, SecretBytes};
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::asked::{Moment, NewWebhook, WebhookCommand, WebhookReply};
use countersign_domain::webhook::{Attempt, Part, Progress, Scheme, Signing, Webhook, WebhookState};
use countersign_store::door::{Store, WebhookDraft};

use crate::case::{Case, Step};
use crate::service::Fault;

/// How much of what waits is shown.
const SHOWN: u32 = 100;

impl<S: Store> Case<S> {
    /// Carries out what is asked about webhooks.
    pub(crate) async fn webhook(&self, command: WebhookCommand) -> Step<Done> {
        let reply = match command {
            WebhookCommand::Create(new) => return self.create_webhook(new).await,
            WebhookCommand::List => {
                WebhookReply::Webhooks(self.inner.store.webhooks(self.tenant.clone()).await?)
            }
            WebhookCommand::Read(id) => WebhookReply::Webhook(Box::new(self.own_webhook(id).await?)),
            WebhookCommand::Delete(id) => {
                self.own_webhook(id).await?;
                let gone = self.inner.store.delete_webhook(id).await?;
                return if gone { Ok(done(Reply::Gone)) } else { Err(Refusal::NotFound.into()) };
            }
            WebhookCommand::Enable(id) => {
                let end = self.feed_now().await?;
                WebhookReply::Webhook(self.change_webhook(id, move |webhook| webhook.enable(end)).await?)
            }
            WebhookCommand::Disable(id) => {
                let now = self.now();
                WebhookReply::Webhook(self.change_webhook(id, move |webhook| webhook.disable(now)).await?)
            }
            WebhookCommand::Rotate(id) => self.rotate(id).await?,
            WebhookCommand::Replay { id, from, to } => self.replay(id, from, to).await?,
            WebhookCommand::Deliveries(id) => self.attempts(id).await?,
        };
        Ok(done(Reply::Webhook(reply)))
    }

    async fn create_webhook(&self, new: NewWebhook) -> Step<Done> {
        let outward = &self.settings.outward;
        outward.rules.admit_url(&new.url).map_err(Refusal::UrlNotAllowed)?;
        let there = self.inner.store.webhooks(self.tenant.clone()).await?.len();
        if there >= outward.webhooks as usize {
            return Err(Refusal::TooManyWebhooks(outward.webhooks).into());
        }
        let cursor = self.feed_now().await?;
        let id = WebhookId::from_bytes(self.inner.entropy.array());
        let (signer, current) = self.fresh_secret(id, 1, new.scheme)?;
        let webhook = Webhook {
            id,
            tenant: self.tenant.clone(),
            url: new.url,
            types: new.types,
            description: new.description,
            created_at: self.now(),
            signing: Signing {
                scheme: new.scheme,
                current,
                version: 1,
                public: signer.public(),
                previous: Vec::new(),
            },
            state: WebhookState::Enabled,
            progress: Progress { cursor, ..Progress::default() },
        };
        let reply = WebhookReply::Created(Box::new(webhook.clone()), signer.shown());
        let done = done(Reply::Webhook(reply));
        self.inner.store.create_webhook(webhook, self.answer(&done)).await?;
        self.answer_kept();
        Ok(done)
    }

    /// The old secret signs beside the new one for a while, so that a receiver can change over without losing a message.
    async fn rotate(&self, id: WebhookId) -> Step<WebhookReply> {
        let before = self.own_webhook(id).await?;
        let version = before.signing.version + 1;
        let (signer, current) = self.fresh_secret(id, version, before.signing.scheme)?;
        let (public, now) = (signer.public(), self.now());
        let rotated = self
            .inner
            .store
            .update_webhook(id, move |draft| {
                let signing = &mut draft.webhook.signing;
                if signing.version + 1 != version {
                    return Err(Refusal::Busy);
                }
                signing.rotate(current, public, now).map_err(|retry_at| Refusal::RateLimited { retry_at })?;
                Ok(Box::new(draft.webhook.clone()))
            })
            .await?;
        Ok(WebhookReply::Rotated(rotated.ok_or(Refusal::NotFound)??, signer.shown()))
    }

    async fn replay(&self, id: WebhookId, from: Moment, to: Option<Moment>) -> Step<WebhookReply> {
        let store = &self.inner.store;
        let (after, since) = match from {
            Moment::Place(place) => (FeedPlace::of(place.number().saturating_sub(1)), None),
            Moment::Time(time) => (store.feed_at(time).await?, Some(time)),
        };
        let end = store.feed_end().await?;
        let (to, until) = match to {
            Some(Moment::Place(place)) => (place.min(end), None),
            Some(Moment::Time(time)) => (end, Some(time)),
            None => (end, None),
        };
        let asked = (after < to).then_some(Part { after, to, since, until });
        let replay = move |webhook: &mut Webhook| webhook.replay(asked);
        Ok(WebhookReply::Replaying(self.change_webhook(id, replay).await?))
    }

    async fn attempts(&self, id: WebhookId) -> Step<WebhookReply> {
        let mut recent: Vec<Attempt> = self.own_webhook(id).await?.progress.recent;
        recent.reverse();
        let waiting = self.inner.store.deliveries(id, None, SHOWN).await?;
        let waiting = waiting.into_iter().map(|waiting| waiting.delivery).collect();
        Ok(WebhookReply::Deliveries { recent, waiting })
    }

    async fn own_webhook(&self, id: WebhookId) -> Step<Webhook> {
        let found = self.inner.store.webhook(id).await?;
        Ok(found.filter(|webhook| webhook.tenant == self.tenant).ok_or(Refusal::NotFound)?)
    }

    async fn change_webhook<F>(&self, id: WebhookId, change: F) -> Step<Box<Webhook>>
    where
        F: FnOnce(&mut Webhook) + Send + 'static,
    {
        self.own_webhook(id).await?;
        let changed = self.inner.store.update_webhook(id, move |draft: &mut WebhookDraft| {
            change(&mut draft.webhook);
            Box::new(draft.webhook.clone())
        });
        Ok(changed.await?.ok_or(Refusal::NotFound)?)
    }

    fn fresh_secret(
        &self,
        webhook: WebhookId,
        version: u32,
        scheme: Scheme,
    ) -> Result<(Signer, Sealed), Fault> {
        let secret = Signer::draw(self.inner.entropy.as_ref());
        let sealed = self.seal(&Place::WebhookSecret { webhook, version }, secret.expose());
        Ok((signer(scheme, &secret)?, sealed))
    }
}

/// What signs with a secret that was opened.
pub(crate) fn signer(scheme: Scheme, secret: &SecretBytes) -> Result<Signer, Fault> {
    Signer::new(scheme, secret).ok_or_else(|| Fault::Seal("not a webhook's secret".to_owned()))
}

/// Everything that signs a webhook's messages at that moment: places and seals, the newest first.
pub(crate) fn seals(webhook: &Webhook, now: Timestamp) -> Vec<(Place, &Sealed)> {
    let place = |version| Place::WebhookSecret { webhook: webhook.id, version };
    webhook.signing.signing(now).map(|(version, sealed)| (place(version), sealed)).collect()
}

const fn done(reply: Reply) -> Done {
    Done { reply, wallet: None, device: None }
}
