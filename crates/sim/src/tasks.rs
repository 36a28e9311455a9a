//! The executor: requests that are polled one at a time, when the history says so.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;

use countersign_service::Fault;

/// How a request ended: its answer in words, and whether that was kept from an earlier request with the same key.
pub type Ended = Result<(String, bool), Fault>;

/// Requests that run.
#[derive(Default)]
pub struct Tasks(Vec<Task>);

struct Task {
    op: usize,
    future: Pin<Box<dyn Future<Output = Ended> + Send>>,
    woken: Arc<Woken>,
    /// The step until which it is not given the processor.
    stalled: u32,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Tasks {
    /// Lets a request begin; it runs when it is polled.
    pub fn begin(&mut self, op: usize, future: impl Future<Output = Ended> + Send + 'static) {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        self.0.push(Task { op, future: Box::pin(future), woken, stalled: 0 });
    }

    /// How many run.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The places of those that could go on.
    #[must_use]
    pub fn ready(&self, step: u32) -> Vec<usize> {
        let ready = |task: &Task| task.stalled <= step && task.woken.0.load(Ordering::SeqCst);
        self.0.iter().enumerate().filter(|(_, task)| ready(task)).map(|(place, _)| place).collect()
    }

    /// Lets the one at `place` go on as far as it can. Its request, and its outcome if it is done.
    pub fn poll(&mut self, place: usize) -> (usize, Option<Ended>) {
        let task = &mut self.0[place];
        let op = task.op;
        task.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&task.woken));
        match task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => (op, None),
            Poll::Ready(outcome) => {
                drop(self.0.swap_remove(place));
                (op, Some(outcome))
            }
        }
    }

    /// Keeps the one at `place` from the processor until that step.
    pub fn stall(&mut self, place: usize, until: u32) -> usize {
        self.0[place].stalled = until;
        self.0[place].op
    }

    /// Lets all go on that were stalled.
    pub fn rouse(&mut self) {
        for task in &mut self.0 {
            task.stalled = 0;
        }
    }

    /// All end where they are, as when their process dies. The requests they were.
    pub fn end_all(&mut self) -> Vec<usize> {
        self.0.drain(..).map(|task| task.op).collect()
    }
}
