//! Tells one webhook, for as long as this server holds it: what waits and is due, what is new, what is asked for again.
//!
//! What was told is written down batch by batch. Whatever ends this in between, what was told since is told again under the
//! same ids: at least once, and never less.

use core::time::Duration;
use std::sync::Arc;

use countersign_crypto::entropy::Draw;
use countersign_crypto::webhook::Signer;
use countersign_dialects::native::told;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::WebhookId;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::{Answered, Attempt, Webhook};
use countersign_service::telling::{Batch, Item, Source};
use countersign_service::{Fault, Held, Noted, Store, Told};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::call::{Caller, Message};
use super::courier::{Asked, Courier};
use super::hub::Listening;

/// For how long a webhook is held without being held anew, as every report does. Longer than it takes from one to the next:
/// what is begun within [`BEGIN`] ends within an attempt's patience.
pub(super) const HOLD: Span = Span::from_secs(30);

/// So often it is held anew.
const RENEW: Duration = Duration::from_secs(10);

/// So long messages of a batch are begun.
const BEGIN: Duration = Duration::from_secs(5);

/// Messages of one batch.
const BATCH: u32 = 64;

/// So often it is asked whether anything is due.
const LOOK: Duration = Duration::from_millis(500);

/// The longest pause after an endpoint took nothing. New events wait in the feed meanwhile, and each one's own schedule begins
/// when it was tried first.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Tells one webhook.
pub(super) struct Worker<S: Store> {
    courier: Arc<Courier<S>>,
    listening: Listening<S>,
    id: WebhookId,
    /// After how many batches in a row of which nothing was taken.
    in_vain: u32,
    /// Nothing is sent before.
    not_before: Option<Timestamp>,
    paused: Option<Instant>,
    changed: Arc<Notify>,
    /// What its owner had asked for when it was held last.
    asked: Option<Asked>,
}

/// Why a webhook is told no more from here, for now.
struct Over;

impl<S: Store> Worker<S> {
    pub(super) fn new(courier: Arc<Courier<S>>, id: WebhookId, changed: Arc<Notify>) -> Self {
        let listening = courier.hub.listen();
        Self { courier, listening, id, in_vain: 0, not_before: None, paused: None, changed, asked: None }
    }

    /// Tells it until it is told no more, another server does, or the server stops.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.hold_and_tell(&stop).await {
                Ok(Ok(())) => {}
                Ok(Err(Over)) => break,
                Err(fault) => {
                    tracing::warn!(webhook = %self.id, %fault, "a webhook cannot be told for a while; it is tried again");
                    stop.run_until_cancelled(sleep(Duration::from_secs(1))).await;
                }
            }
        }
        self.courier.note_oldest(self.id, None);
        // Another server need not wait then. If it fails, it waits.
        let _ = self.courier.service.let_webhook_go(self.id, self.courier.node).await;
    }

    async fn hold_and_tell(&mut self, stop: &CancellationToken) -> Result<Result<(), Over>, Fault> {
        let courier = Arc::clone(&self.courier);
        let Some(held) = courier.service.hold_webhook(self.id, courier.node, HOLD).await? else {
            return Ok(Err(Over));
        };
        let rules = courier.service.outbound_rules();
        let Some(caller) = Caller::new(&held.webhook.url, rules, courier.options.tls.clone()) else {
            tracing::warn!(webhook = %self.id, "a webhook's URL may not be called by the settings in force");
            stop.run_until_cancelled(sleep(RENEW)).await;
            return Ok(Ok(()));
        };
        let Held { mut webhook, signers } = held;
        let asked = Some(Asked::of(&webhook));
        if self.asked != asked {
            // Whoever asks for something expects it to be tried at once.
            (self.asked, self.in_vain, self.paused) = (asked, 0, None);
        }
        let renew = Instant::now() + RENEW;
        while Instant::now() < renew && !stop.is_cancelled() {
            let Some(batch) = self.next(&mut webhook).await? else {
                if self.rest(stop).await {
                    continue;
                }
                break;
            };
            let told = self.tell(&webhook, &caller, &signers, batch).await;
            match courier.service.note_told(self.id, courier.node, told).await? {
                Noted::Kept(progress) => webhook.progress = progress,
                Noted::Disabled(why) => {
                    tracing::warn!(webhook = %self.id, why = why.as_str(), "a webhook is disabled");
                    courier.metrics.webhook_disabled(why);
                    return Ok(Err(Over));
                }
                Noted::Lost => return Ok(Err(Over)),
            }
        }
        Ok(Ok(()))
    }

    /// Waits for more to tell, or for the time of something that is due; `false` if it is to be held anew.
    async fn rest(&mut self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = self.listening.more() => true,
            () = sleep(LOOK) => true,
            () = self.changed.notified() => false,
            () = stop.cancelled() => false,
        }
    }

    /// What is to be told next; `None` if there is nothing now.
    async fn next(&mut self, webhook: &mut Webhook) -> Result<Option<Batch>, Fault> {
        let service = &self.courier.service;
        if self.not_before.is_some_and(|until| service.now() < until) {
            return Ok(None);
        }
        if let Some(due) = Batch::due(service.due(self.id, BATCH).await?) {
            return Ok(Some(due));
        }
        if self.paused.is_some_and(|until| Instant::now() < until) {
            return Ok(None);
        }
        let new = self.read(webhook, webhook.progress.cursor, Source::New).await?;
        if new.is_some() {
            return Ok(new);
        }
        self.courier.note_oldest(self.id, None);
        match Source::again(webhook) {
            Some((source, after)) => self.read(webhook, after, source).await,
            None => Ok(None),
        }
    }

    /// Reads a part of the feed; `None` if there is no more of it.
    async fn read(
        &mut self,
        webhook: &Webhook,
        after: FeedPlace,
        source: Source,
    ) -> Result<Option<Batch>, Fault> {
        // An endpoint that takes nothing is asked with one message whether it takes any again.
        let limit = if self.in_vain == 0 { BATCH } else { 1 };
        let part = self.listening.after(after, limit).await?;
        if part.last == after {
            return Ok(None);
        }
        if part.missed {
            tracing::warn!(webhook = %self.id, "events were forgotten before a webhook was told of them: see events.feed_days");
        }
        let entries = part.entries.iter().map(AsRef::as_ref);
        let batch = Batch::fed(webhook, source, entries, part.last, told::type_word);
        if source == Source::New {
            self.courier.note_oldest(self.id, batch.items.first().map(|item| item.event.at));
        }
        Ok(Some(batch))
    }

    /// Sends a batch, as many at once as may be. Who is begun too late is left to the next batch.
    async fn tell(&mut self, webhook: &Webhook, caller: &Caller, signers: &[Signer], batch: Batch) -> Told {
        let sent = self.send(caller, signers, &batch.items).await;
        let told = batch.told(sent, HOLD);
        for (attempt, _) in &told.attempts {
            self.courier.metrics.webhook_attempt(attempt.next);
        }
        self.pace(webhook, &told);
        told
    }

    /// Makes as many attempts at once as may be, in order, as long as there is time to begin one.
    async fn send(
        &self,
        caller: &Caller,
        signers: &[Signer],
        items: &[Item],
    ) -> Vec<(usize, Attempt, Answered)> {
        let courier = &self.courier;
        let end = Instant::now() + BEGIN;
        let (mut under_way, mut sent) = (FuturesUnordered::new(), Vec::with_capacity(items.len()));
        let mut waiting = items.iter().enumerate();
        loop {
            while under_way.len() < courier.options.concurrency && Instant::now() < end {
                let Some((place, item)) = waiting.next() else { break };
                under_way.push(attempt(courier, caller, signers, (place, item)));
            }
            let Some(done) = under_way.next().await else { break };
            sent.push(done);
        }
        sent.sort_unstable_by_key(|(place, ..)| *place);
        sent
    }

    /// How soon more is sent.
    fn pace(&mut self, webhook: &Webhook, told: &Told) {
        let now = self.courier.service.now();
        let asked = told.attempts.iter().filter_map(|(_, answered)| answered.asks_for()).max();
        self.not_before = asked.map(|wait| now + wait);
        if told.attempts.is_empty() {
            return;
        }
        if told.attempts.iter().any(|(_, answered)| answered.is_success()) {
            (self.in_vain, self.paused) = (0, None);
            return;
        }
        let pause = Duration::from_secs(1 << self.in_vain.min(6)).min(LONGEST_PAUSE);
        self.in_vain = self.in_vain.saturating_add(1);
        self.paused = Some(Instant::now() + pause);
        tracing::debug!(webhook = %webhook.id, in_vain = self.in_vain, "a webhook takes nothing");
    }
}

/// Makes one attempt.
async fn attempt<S: Store>(
    courier: &Courier<S>,
    caller: &Caller,
    signers: &[Signer],
    (place, item): (usize, &Item),
) -> (usize, Attempt, Answered) {
    let (at, began) = (courier.service.now(), Instant::now());
    let (id, body) = (item.event.id.to_string(), told::webhook_body(&item.event));
    let answered = caller.call(Message { id, body, signers, at }).await;
    let now = courier.service.now();
    let next = answered.next(item.attempts + 1, now, u32::from_be_bytes(courier.entropy.array()));
    let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    (place, Attempt { event: item.event.id, at, status: answered.status, took_ms, next }, answered)
}
