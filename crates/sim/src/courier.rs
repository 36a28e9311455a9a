//! Who tells a webhook what happened, as the server's courier does, and the owner who disables it or asks for a replay: side
//! tasks, that belong to no request.

use core::future::{Future, poll_fn};
use core::task::Poll;
use std::sync::Arc;

use countersign_domain::answer::Reply;
use countersign_domain::command::Command;
use countersign_domain::event::{Actor, Event, Origin};
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::WebhookId;
use countersign_domain::time::Span;
use countersign_domain::webhook::asked::{Moment, NewWebhook, WebhookCommand, WebhookReply};
use countersign_domain::webhook::{Attempt, Scheme, Webhook};
use countersign_service::telling::{Batch, Source};
use countersign_service::{Context, Fault, Noted, Service};
use countersign_store::sqlite::SqliteStore;

use crate::check::word;
use crate::history::Run;
use crate::receiver::Receiver;
use crate::tasks::Ended;
use crate::told::{Asked, Hook};

/// Side tasks are numbered from here on, requests below.
pub(crate) const SIDE: usize = usize::MAX / 2;

/// The server, as the store knows who tells what: there is no other.
const NODE: [u8; 8] = [0; 8];

const HOLD: Span = Span::from_secs(30);

/// Messages of one batch, and batches that are told while a webhook is held.
const BATCH: u32 = 6;
const BATCHES: u32 = 4;

/// The webhook of a history, and what is under way about it.
#[derive(Default)]
pub(crate) struct Told {
    id: Option<WebhookId>,
    asking: Option<(usize, Asked)>,
    /// Who tells it, and how much had happened about the webhook before.
    telling: Option<(usize, usize)>,
    begun: usize,
}

impl Run<'_> {
    /// The owner makes a webhook before anything happens.
    pub(crate) fn make_webhook(&mut self) -> Result<(), String> {
        if self.plan.webhook.is_none() {
            return Ok(());
        }
        let types = if self.plan.payments { vec!["payment".to_owned()] } else { Vec::new() };
        let new = NewWebhook {
            url: "https://shop.example/hooks".to_owned(),
            types,
            scheme: Scheme::V1,
            description: String::new(),
        };
        let asked = Command::Webhook(WebhookCommand::Create(new));
        let machine = self.machine();
        let made = machine.service.execute(asked, Context::of(origin()));
        let Ok(Ok(done)) = machine.alone(made) else { return Err("fault: no webhook is made".to_owned()) };
        let Reply::Webhook(WebhookReply::Created(webhook, _)) = done.reply else {
            return Err("fault: a webhook is made with another answer".to_owned());
        };
        self.told.id = Some(webhook.id);
        self.record.hooks.push(Hook::Enabled(webhook.progress.cursor.number()));
        Ok(())
    }

    /// Whether a side task of either kind may begin.
    pub(crate) fn may_tell(&self) -> (bool, bool) {
        let there = self.told.id.is_some();
        (there && self.told.telling.is_none(), there && self.told.asking.is_none())
    }

    /// The courier holds the webhook and tells what there is.
    pub(crate) fn begin_telling(&mut self) {
        let Some(id) = self.told.id else { return };
        let task = self.next_side();
        self.told.telling = Some((task, self.record.hooks.len()));
        let (service, receiver) = (self.machine().service.clone(), Arc::clone(&self.receiver));
        self.tasks.begin(task, tell(service, receiver, id));
    }

    /// The owner asks for something.
    pub(crate) fn ask_about_webhook(&mut self) {
        let Some(id) = self.told.id else { return };
        let (asked, command) = match self.dice.weighted(&[2, 3, 4]) {
            0 => (Asked::Disable, WebhookCommand::Disable(id)),
            1 => (Asked::Enable, WebhookCommand::Enable(id)),
            _ => {
                let from = match self.record.fed.len() {
                    0 => FeedPlace::START,
                    fed => FeedPlace::of(self.record.fed[self.dice.below(fed)].place),
                };
                (Asked::Replay, WebhookCommand::Replay { id, from: Moment::Place(from), to: None })
            }
        };
        let task = self.next_side();
        self.told.asking = Some((task, asked));
        self.record.hooks.push(Hook::Asked(asked));
        self.tell(format_args!("the webhook's owner asks: {asked:?}"));
        let service = self.machine().service.clone();
        self.tasks.begin(task, async move {
            let outcome = service.execute(Command::Webhook(command), Context::of(origin())).await?;
            Ok((outcome.map_or_else(|_| "refused".to_owned(), |done| words(done.reply)), false))
        });
    }

    /// A side task has come to its end.
    pub(crate) fn side_ended(&mut self, task: usize, ended: Ended) -> Result<(), String> {
        self.note_messages();
        let words = match ended {
            Ok((words, _)) => Some(words),
            Err(fault) if self.record.disturbed => {
                self.tell(format_args!("what is done about the webhook ends in a fault: {fault}"));
                None
            }
            Err(fault) => return Err(format!("fault: the webhook's task ends in one: {fault}")),
        };
        if let Some((_, before)) = self.told.telling.take_if(|(telling, _)| *telling == task) {
            // If its owner was answered meanwhile, it was asked too early.
            if words.as_deref() == Some("not told") && before == self.record.hooks.len() {
                self.record.hooks.push(Hook::NotTold);
            }
            return Ok(());
        }
        let Some((_, asked)) = self.told.asking.take() else { return Ok(()) };
        let hook = words.as_deref().and_then(|words| read(asked, words)).unwrap_or(Hook::Unknown(asked));
        self.tell(format_args!("the webhook's owner is answered: {hook:?}"));
        self.record.hooks.push(hook);
        Ok(())
    }

    /// The server dies: what was under way about the webhook may have been done or not.
    pub(crate) fn side_cut_off(&mut self) {
        self.note_messages();
        self.told.telling = None;
        if let Some((_, asked)) = self.told.asking.take() {
            self.record.hooks.push(Hook::Unknown(asked));
        }
    }

    /// Writes down what came to the endpoint.
    pub(crate) fn note_messages(&mut self) {
        for message in self.receiver.take() {
            let account = self.template.accounts().iter().position(|id| *id == message.account);
            let event = (account.unwrap_or(usize::MAX), message.event);
            let (batch, place, taken) = (message.batch, message.place.number(), message.taken);
            self.record.hooks.push(Hook::Message { batch, place, event, taken });
            let went = if taken { "takes" } else { "does not take" };
            self.tell(format_args!("the endpoint {went} what is at {place}, in batch {batch}"));
        }
    }

    /// In the calm, whatever waits is told.
    pub(crate) fn tell_everything(&mut self) -> Result<(), String> {
        let Some(id) = self.told.id else { return Ok(()) };
        self.receiver.calm();
        for _ in 0..400 {
            let before = self.record.hooks.len();
            self.begin_telling();
            self.settle()?;
            if self.record.hooks.last() == Some(&Hook::NotTold) {
                return Ok(());
            }
            if self.record.hooks.len() > before {
                continue;
            }
            let machine = self.machine();
            let asked = Command::Webhook(WebhookCommand::Deliveries(id));
            let read = machine.service.execute(asked, Context::of(origin()));
            let Ok(Ok(done)) = machine.alone(read) else {
                return Err("fault: deliveries are not read".to_owned());
            };
            let Reply::Webhook(WebhookReply::Deliveries { waiting, .. }) = done.reply else { return Ok(()) };
            let Some(due) = waiting.iter().filter_map(|waiting| waiting.due).min() else { return Ok(()) };
            let now = self.world.clock.millis();
            if due.millis() <= now {
                return Err("liveness: in the calm, what is due is not told".to_owned());
            }
            self.set_clock_to(due.millis());
        }
        Err("liveness: in the calm, a webhook is not told everything".to_owned())
    }

    fn next_side(&mut self) -> usize {
        self.told.begun += 1;
        SIDE + self.told.begun
    }
}

async fn tell(service: Service<SqliteStore>, receiver: Arc<Receiver>, id: WebhookId) -> Ended {
    let Some(held) = service.hold_webhook(id, NODE, HOLD).await? else {
        return Ok(("not told".to_owned(), false));
    };
    let mut webhook = held.webhook;
    for _ in 0..BATCHES {
        let Some(batch) = next(&service, &webhook).await? else { break };
        let (number, most) = receiver.begins(batch.items.len());
        let mut sent = Vec::new();
        for (place, item) in batch.items.iter().enumerate().take(most) {
            let at = service.now();
            let answered = receiver.told(number, item.place, &item.event);
            let next = answered.next(item.attempts + 1, at, receiver.roll());
            let attempt = Attempt { event: item.event.id, at, status: answered.status, took_ms: 1, next };
            sent.push((place, attempt, answered));
            others().await;
        }
        match service.note_told(id, NODE, batch.told(sent, HOLD)).await? {
            Noted::Kept(progress) => webhook.progress = progress,
            Noted::Disabled(_) | Noted::Lost => break,
        }
    }
    Ok(("told".to_owned(), false))
}

async fn next(service: &Service<SqliteStore>, webhook: &Webhook) -> Result<Option<Batch>, Fault> {
    if let Some(due) = Batch::due(service.due(webhook.id, BATCH).await?) {
        return Ok(Some(due));
    }
    let new = fed(service, webhook, webhook.progress.cursor, Source::New).await?;
    match (new, Source::again(webhook)) {
        (None, Some((source, after))) => fed(service, webhook, after, source).await,
        (new, _) => Ok(new),
    }
}

async fn fed(
    service: &Service<SqliteStore>,
    webhook: &Webhook,
    after: FeedPlace,
    source: Source,
) -> Result<Option<Batch>, Fault> {
    let part = service.feed(after, BATCH).await?;
    let kind = |event: &Event| word(&event.what);
    Ok((part.last != after).then(|| Batch::fed(webhook, source, &part.entries, part.last, kind)))
}

/// Lets whatever else is under way go on.
fn others() -> impl Future<Output = ()> {
    let mut waited = false;
    poll_fn(move |context| {
        if core::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// What the owner is answered: how far it was told, and what is told again.
fn words(reply: Reply) -> String {
    let Reply::Webhook(WebhookReply::Webhook(webhook) | WebhookReply::Replaying(webhook)) = reply else {
        return "other".to_owned();
    };
    let progress = webhook.progress;
    let again = progress.replay.map(|part| format!(" {} {}", part.after, part.to));
    format!("{}{}", progress.cursor, again.unwrap_or_default())
}

fn read(asked: Asked, words: &str) -> Option<Hook> {
    let numbers: Vec<i64> = words.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(match (asked, &numbers[..]) {
        (Asked::Disable, _) => Hook::Disabled,
        (Asked::Enable, [cursor, ..]) => Hook::Enabled(*cursor),
        (Asked::Replay, [_, after, to]) => Hook::Replaying(*after, *to),
        (Asked::Replay, [_]) => Hook::Replaying(0, 0),
        _ => return None,
    })
}

fn origin() -> Origin {
    Origin { dialect: "simulation".to_owned(), actor: Actor::Server, request_id: "webhook".to_owned() }
}
