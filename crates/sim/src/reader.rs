//! Who follows the feed of events, as a stream's reader does: it remembers the last place, dies and resumes.

use core::future::Future;
use core::task::{Context, Poll, Waker};

use countersign_domain::feed::{Fed as Part, FeedPlace};
use countersign_service::Fault;

use crate::history::Run;
use crate::told::{Fed, Seen};

/// Where the reader is.
#[derive(Default)]
pub(crate) struct Reader {
    after: FeedPlace,
    /// Where it was when it last wrote that down.
    saved: FeedPlace,
}

impl Run<'_> {
    /// The reader goes on, perhaps from where it was when it last wrote that down.
    pub(crate) fn follow(&mut self, limit: u32) -> Result<(), String> {
        if self.dice.once_in(4) {
            self.reader.after = self.reader.saved;
        }
        // A disk that fails now is asked another time.
        if self.resume().is_ok()
            && let Ok(part) = self.feed(limit)
        {
            self.take(part)?;
        }
        self.notice_faults();
        if self.dice.once_in(3) {
            self.reader.saved = self.reader.after;
        }
        Ok(())
    }

    /// The reader reads until nothing more comes; another one reads all that there is.
    pub(crate) fn follow_to_the_end(&mut self) -> Result<(), String> {
        self.reader.after = self.reader.saved;
        self.resume().map_err(|why| format!("fault: the end of the feed is not read: {why}"))?;
        self.follow_on()?;
        self.record.seen.push(Seen::Whole);
        self.reader.after = FeedPlace::START;
        let part = self.feed(100_000).map_err(|why| format!("fault: the feed is not read: {why}"))?;
        self.take(Part { missed: false, ..part })?;
        self.reader.saved = self.reader.after;
        Ok(())
    }

    fn follow_on(&mut self) -> Result<(), String> {
        loop {
            let part = self.feed(50).map_err(|why| format!("fault: the feed is not read: {why}"))?;
            if part.last == self.reader.after && !part.missed {
                return Ok(());
            }
            self.take(part)?;
        }
    }

    fn take(&mut self, part: Part) -> Result<(), String> {
        if part.missed && self.reader.after != FeedPlace::START {
            self.record.seen.push(Seen::Gap);
            self.reader.after = FeedPlace::START;
            return Ok(());
        }
        for entry in part.entries {
            let (place, event) = (entry.place.number(), entry.event);
            if entry.place <= self.reader.after {
                return Err(format!("feed: place {place} comes after {}", self.reader.after));
            }
            self.reader.after = entry.place;
            let account = self.template.accounts().iter().position(|id| *id == event.account);
            let Some(account) = account else { return Err("feed: an event of nobody".to_owned()) };
            self.record.seen.push(Seen::Event(place, (account, event.id)));
            if self.record.fed.iter().any(|fed| fed.id == event.id && fed.account == account) {
                continue;
            }
            let op = event.origin.request_id.parse().ok();
            let (id, at, what) = (event.id, event.at.millis(), event.what);
            self.record.fed.push(Fed { place, id, account, op, at, what });
        }
        self.reader.after = part.last;
        Ok(())
    }

    /// Reads a part of the feed, while whoever else waits to read is served, too.
    fn feed(&mut self, limit: u32) -> Result<Part, Fault> {
        let (after, service) = (self.reader.after, self.machine().service.clone());
        self.served(service.feed(after, limit))
    }

    /// Begins again where it was. A place beyond the end is of what a restore took back.
    fn resume(&mut self) -> Result<(), Fault> {
        let service = self.machine().service.clone();
        if self.served(service.feed_end())? < self.reader.after {
            self.record.seen.push(Seen::Gap);
            self.reader.after = FeedPlace::START;
        }
        self.record.seen.push(Seen::Resumed);
        Ok(())
    }

    fn served<T>(&mut self, read: impl Future<Output = T>) -> T {
        let mut read = core::pin::pin!(read);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(part) = read.as_mut().poll(&mut context) {
                return part;
            }
            self.machine().store.read();
        }
    }
}
