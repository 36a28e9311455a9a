//! An answer that goes on: events as they come (WHATWG HTML, section 9.2, "Server-sent events").

use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use countersign_dialects::native::told;
use countersign_domain::feed::FeedPlace;
use countersign_domain::webhook::asked::Follow;
use countersign_service::{Service, Store};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use super::hub::{Hub, Listening};

/// So often a stream on which nothing happens shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// So often it is asked whether the key may still read events.
const CHECK: Duration = Duration::from_secs(60);

/// A reader that takes nothing for so long is too slow: it reconnects, and goes on where it was.
const SLOWEST: Duration = Duration::from_secs(10);

/// Parts that wait for the reader, each of at most [`PART`] events.
const PARTS: usize = 4;
const PART: u32 = 64;

/// How long a client waits before it reconnects, in milliseconds.
const HELLO: &[u8] = b"retry: 2000\n\n";

/// The streams of a server.
pub struct Streams<S> {
    hub: Arc<Hub<S>>,
    service: Service<S>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl<S: Store> Streams<S> {
    /// So many at once.
    #[must_use]
    pub fn new(hub: Arc<Hub<S>>, service: Service<S>, most: usize) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { hub, service, places, stop: CancellationToken::new() })
    }

    /// A place for one more, if there is one.
    #[must_use]
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        (!self.stop.is_cancelled()).then(|| Arc::clone(&self.places).try_acquire_owned().ok())?
    }

    /// Begins a stream. It ends when the reader hangs up or is too slow, when its key may not read events any more, and when
    /// the server drains.
    pub fn open(&self, follow: Follow, place: OwnedSemaphorePermit) -> Body {
        let (sender, mut receiver) = mpsc::channel(PARTS);
        let following = Following {
            listening: self.hub.listen(),
            service: self.service.clone(),
            after: follow.after.unwrap_or_default(),
            follow,
            sender,
            _place: place,
        };
        let stop = self.stop.clone();
        tokio::spawn(async move {
            stop.run_until_cancelled_owned(following.run()).await;
        });
        Body::from_stream(poll_fn(move |cx| {
            receiver.poll_recv(cx).map(|bytes| bytes.map(Ok::<Bytes, Infallible>))
        }))
    }

    /// Ends every stream, and begins no more.
    pub fn end(&self) {
        self.stop.cancel();
    }
}

/// One stream.
struct Following<S: Store> {
    listening: Listening<S>,
    service: Service<S>,
    follow: Follow,
    after: FeedPlace,
    sender: Sender<Bytes>,
    _place: OwnedSemaphorePermit,
}

/// Why a stream ends: nobody need be told, the reader sees that it does.
struct Ended;

impl<S: Store> Following<S> {
    async fn run(mut self) {
        // Either way it is over.
        let _: Result<(), Ended> = self.follow_on().await;
    }

    async fn follow_on(&mut self) -> Result<(), Ended> {
        self.send(HELLO.to_vec()).await?;
        let end = self.service.feed_end().await.map_err(|_| Ended)?;
        if self.after > end {
            // It was seen in another history of this database, before a restore.
            self.after = end;
            self.send(told::stream_gap(end)).await?;
        }
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let mut check = interval_at(Instant::now() + CHECK, CHECK);
        loop {
            let more = self.send_more(&mut heartbeat).await?;
            if more {
                continue;
            }
            tokio::select! {
                () = self.listening.more() => {}
                _ = heartbeat.tick() => self.send(alive(self.after)).await?,
                _ = check.tick() => self.still_allowed().await?,
                () = self.sender.closed() => return Err(Ended),
            }
        }
    }

    /// Sends what is new; whether there may be more.
    async fn send_more(&mut self, heartbeat: &mut tokio::time::Interval) -> Result<bool, Ended> {
        let part = self.listening.after(self.after, PART).await.map_err(|_| Ended)?;
        let mut bytes = Vec::new();
        if part.missed {
            let first = part.entries.first().map_or(part.last, |entry| entry.place);
            bytes.extend(told::stream_gap(FeedPlace::of(first.number().saturating_sub(1))));
        }
        for entry in &part.entries {
            let event = &entry.event;
            let wanted = event.tenant == self.follow.tenant
                && self.follow.account.is_none_or(|account| account == event.account)
                && (self.follow.types.is_empty()
                    || self.follow.types.iter().any(|word| word == told::type_word(event)));
            if wanted {
                bytes.extend(told::stream_event(entry.place, event));
            }
        }
        if !bytes.is_empty() {
            self.send(bytes).await?;
            heartbeat.reset();
        }
        let more = part.last != self.after;
        self.after = part.last;
        Ok(more)
    }

    async fn still_allowed(&self) -> Result<(), Ended> {
        // While the store cannot be asked, the stream has nothing to tell either.
        if self.service.may_follow(self.follow.app).await.unwrap_or(true) { Ok(()) } else { Err(Ended) }
    }

    async fn send(&self, bytes: Vec<u8>) -> Result<(), Ended> {
        let sent = timeout(SLOWEST, self.sender.send(Bytes::from(bytes))).await;
        sent.map_err(|_| Ended)?.map_err(|_| Ended)
    }
}

/// Shows that the stream is alive, and where it is: who reconnects need not pass again what was not for them.
fn alive(after: FeedPlace) -> Vec<u8> {
    [told::STREAM_HEARTBEAT, format!("id: {after}\n\n").as_bytes()].concat()
}
