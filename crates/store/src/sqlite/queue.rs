//! The writer's queue: bounded, first come first served, and given out in groups that are worth a commit.
//!
//! When it is full, callers wait for a place in the order in which they came; one that gives up before it had a place
//! leaves nothing behind. Nothing is refused here, because what waits is bounded where requests come in.
//!
//! A commit costs one sync of the disk and two changes of threads for each caller, however much is in it. So when requests
//! are known to be at work that are going to write, the writer waits a moment for them before it begins, as `PostgreSQL`
//! does with `commit_delay` and `commit_siblings`. It waits no longer than until all of them are there or enough, and not
//! at all for a few, or where somebody waits who needs no hash: each would be late by as much as the wait, to save a sync that nobody else needs. The more are at
//! work, the longer each waits for its hash anyway, so the longer a wait is worth: hashes gain what commits save, since
//! whatever runs between two of them drives their memory out of the caches. With 64 at work on two cores, waiting for 10 ms
//! rather than 2 ms gave a tenth more verified a second.

use std::mem;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::writer::Job;
use crate::at_work::Crew;
use crate::door::{StoreFault, Stored};
use crate::gathering::{ENOUGH, Gathering};

/// What waits to be written.
pub(super) struct Queue {
    places: Semaphore,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    crew: Crew,
}

struct Waiting {
    jobs: Vec<Box<dyn Job>>,
    /// Whether one of them waits for nobody.
    in_haste: bool,
    /// As soon as there are so many, the writer wants to be woken.
    wake_at: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(places: NonZeroUsize, crew: Crew) -> Self {
        let waiting = Waiting { jobs: Vec::new(), in_haste: false, wake_at: usize::MAX, closed: false };
        Self {
            places: Semaphore::new(places.get()),
            waiting: Mutex::new(waiting),
            arrived: Condvar::new(),
            crew,
        }
    }

    /// Puts a job in, as soon as there is a place. With one `in_haste` the writer begins at once.
    pub(super) async fn push(&self, job: Box<dyn Job>, in_haste: bool) -> Stored<()> {
        // The place is given back when the job is taken.
        self.places.acquire().await.map_err(|_| StoreFault::Closed)?.forget();
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreFault::Closed);
        }
        waiting.jobs.push(job);
        waiting.in_haste |= in_haste;
        let wake = waiting.jobs.len() >= waiting.wake_at || (in_haste && waiting.wake_at < usize::MAX);
        if wake {
            waiting.wake_at = usize::MAX;
        }
        drop(waiting);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for jobs and takes at most `batch` of them, in their order; `false` when there will be no more.
    pub(super) fn take(&self, jobs: &mut Vec<Box<dyn Job>>, batch: usize, gathering: Gathering) -> bool {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.wake_at = 1;
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let expected = self.crew.size().min(batch).min(ENOUGH as usize);
        let few = waiting.jobs.len() + gathering.siblings.max(1) <= expected && !waiting.in_haste;
        if few && !gathering.delay.is_zero() {
            waiting.wake_at = expected;
            let fewer =
                |waiting: &mut Waiting| waiting.jobs.len() < expected && !waiting.in_haste && !waiting.closed;
            let waited = self.arrived.wait_timeout_while(waiting, gathering.patience(expected), fewer);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.wake_at = usize::MAX;
        self.give(waiting, jobs, batch);
        true
    }

    /// Takes at most `most` of what is there.
    #[cfg(feature = "stepped")]
    pub(super) fn take_now(&self, jobs: &mut Vec<Box<dyn Job>>, most: usize) {
        self.give(self.lock(), jobs, most);
    }

    /// How many wait in a place.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no more jobs; what is there can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Takes no more jobs, and tells those that wait that nothing will come of them.
    pub(super) fn abandon(&self) {
        self.close();
        self.places.close();
        // A job that is dropped tells its caller so; that must not happen under the lock.
        let jobs = mem::take(&mut self.lock().jobs);
        drop(jobs);
    }

    fn give(&self, mut waiting: MutexGuard<'_, Waiting>, jobs: &mut Vec<Box<dyn Job>>, most: usize) {
        waiting.in_haste = false;
        let taken = waiting.jobs.len().min(most);
        if jobs.is_empty() && taken == waiting.jobs.len() {
            mem::swap(&mut waiting.jobs, jobs);
        } else {
            jobs.extend(waiting.jobs.drain(..taken));
        }
        drop(waiting);
        self.places.add_permits(taken);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};
    use std::thread;

    use rusqlite::Connection;

    use super::*;

    /// So long that a test which waited for it would not end.
    const FOR_EVER: Duration = Duration::from_secs(100_000);
    const PATIENT: Gathering = Gathering { delay: FOR_EVER, siblings: 3 };

    #[derive(Clone, Default)]
    struct Answered(Arc<Mutex<Vec<u32>>>);

    struct Numbered(u32, Answered);

    impl Job for Numbered {
        fn run(&mut self, _: &Connection) -> Option<&StoreFault> {
            None
        }

        fn answer(self: Box<Self>, _: Option<&str>) {
            self.1.0.lock().expect("is whole").push(self.0);
        }
    }

    fn queue(places: usize) -> (Arc<Queue>, Crew, Answered) {
        let crew = Crew::default();
        let places = NonZeroUsize::new(places).expect("not zero");
        (Arc::new(Queue::new(places, crew.clone())), crew, Answered::default())
    }

    /// Whether it found a place without waiting.
    fn push(queue: &Queue, n: u32, answered: &Answered) -> bool {
        push_as(queue, n, answered, false)
    }

    fn push_as(queue: &Queue, n: u32, answered: &Answered, in_haste: bool) -> bool {
        let mut push = pin!(queue.push(Box::new(Numbered(n, answered.clone())), in_haste));
        push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// The numbers of the jobs that are taken.
    fn take(queue: &Queue, answered: &Answered, batch: usize, gathering: Gathering) -> Vec<u32> {
        let mut jobs = Vec::new();
        assert!(queue.take(&mut jobs, batch, gathering));
        for job in jobs {
            job.answer(None);
        }
        mem::take(&mut *answered.0.lock().expect("is whole"))
    }

    #[test]
    fn one_alone_and_a_few_are_not_waited_for() {
        let (queue, crew, answered) = queue(8);
        let mut at_work = vec![crew.join()];
        assert!(push(&queue, 1, &answered));
        assert_eq!(take(&queue, &answered, 8, PATIENT), [1]);
        at_work.extend([crew.join(), crew.join()]);
        assert!(push(&queue, 2, &answered));
        assert_eq!(take(&queue, &answered, 8, PATIENT), [2], "two others are too few");
    }

    #[test]
    fn all_who_are_at_work_are_waited_for_and_nobody_else() {
        let (queue, crew, answered) = queue(8);
        let _at_work: Vec<_> = (0..5).map(|_| crew.join()).collect();
        let taken = thread::scope(|scope| {
            let taken = scope.spawn(|| take(&queue, &answered, 8, PATIENT));
            for n in 0..5 {
                assert!(push(&queue, n, &answered));
            }
            taken.join().expect("joins")
        });
        assert_eq!(taken, [0, 1, 2, 3, 4]);
        for n in 5..8 {
            assert!(push(&queue, n, &answered));
        }
        assert_eq!(take(&queue, &answered, 3, PATIENT), [5, 6, 7], "no more than a batch are waited for");
    }

    #[test]
    fn whoever_is_in_haste_is_not_kept_waiting() {
        let (queue, crew, answered) = queue(8);
        let _at_work: Vec<_> = (0..9).map(|_| crew.join()).collect();
        assert!(push_as(&queue, 1, &answered, true));
        assert_eq!(take(&queue, &answered, 8, PATIENT), [1]);
        let taken = thread::scope(|scope| {
            let taken = scope.spawn(|| take(&queue, &answered, 8, PATIENT));
            assert!(push(&queue, 2, &answered) && push_as(&queue, 3, &answered, true));
            taken.join().expect("joins")
        });
        assert_eq!(taken, [2, 3]);
    }

    #[test]
    fn the_more_are_at_work_the_longer_it_waits() {
        let gathering = Gathering { delay: Duration::from_millis(16), siblings: 1 };
        for (expected, patience_us) in [(0, 0), (1, 250), (4, 1000), (64, 16_000), (1000, 16_000)] {
            assert_eq!(gathering.patience(expected), Duration::from_micros(patience_us), "{expected}");
        }
    }

    #[test]
    fn who_does_not_come_is_not_waited_for_for_ever() {
        let (queue, crew, answered) = queue(8);
        let _at_work: Vec<_> = (0..5).map(|_| crew.join()).collect();
        assert!(push(&queue, 1, &answered));
        let brief = Gathering { delay: Duration::from_millis(1), siblings: 1 };
        assert_eq!(take(&queue, &answered, 8, brief), [1]);
        assert!(push(&queue, 2, &answered));
        assert_eq!(take(&queue, &answered, 8, Gathering { delay: Duration::ZERO, ..PATIENT }), [2]);
        queue.close();
        assert!(!queue.take(&mut Vec::new(), 8, PATIENT));
    }

    #[test]
    fn whoever_finds_it_full_waits_in_turn_and_may_give_up() {
        let (queue, _, answered) = queue(2);
        let job = |n| Box::new(Numbered(n, answered.clone()));
        assert!(push(&queue, 1, &answered) && push(&queue, 2, &answered));
        let mut context = Context::from_waker(Waker::noop());
        let (mut third, mut fifth) = (pin!(queue.push(job(3), false)), pin!(queue.push(job(5), false)));
        assert!(third.as_mut().poll(&mut context).is_pending());
        // The fourth gives up before there is a place.
        assert!(!push(&queue, 4, &answered));
        assert!(fifth.as_mut().poll(&mut context).is_pending());
        assert_eq!(queue.len(), 2);
        assert_eq!(take(&queue, &answered, 1, PATIENT), [1]);
        assert!(!push(&queue, 6, &answered), "the place is the third's");
        assert!(third.as_mut().poll(&mut context).is_ready());
        assert!(fifth.as_mut().poll(&mut context).is_pending());
        assert_eq!(take(&queue, &answered, 8, PATIENT), [2, 3]);
        assert!(fifth.as_mut().poll(&mut context).is_ready());
        assert_eq!(take(&queue, &answered, 8, PATIENT), [5]);
    }

    #[test]
    fn those_who_wait_are_told_when_nothing_will_come_of_it() {
        let (queue, _, answered) = queue(1);
        assert!(push(&queue, 1, &answered));
        let mut waits = pin!(queue.push(Box::new(Numbered(2, answered.clone())), false));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        queue.abandon();
        assert!(matches!(waits.as_mut().poll(&mut context), Poll::Ready(Err(StoreFault::Closed))));
        assert_eq!((queue.len(), Arc::strong_count(&answered.0)), (0, 1), "neither job is kept");
    }
}
