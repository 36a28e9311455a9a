//! A panic is our fault, and its message may hold what a request brought: slicing text, for one, quotes it.

use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use std::panic::{PanicHookInfo, catch_unwind};
use std::task::Poll;

/// From now on a panic is logged by its place in the source and without its message.
///
/// For the process as a whole: call it once, where the process starts to serve.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(%place, "a panic; its message is not logged because it may hold a secret");
    }));
}

/// Runs a future; `None` if it panicked, and then it must only be dropped. It stays where the caller has pinned it: to hand
/// over a future of thousands of bytes is to copy it.
pub(crate) async fn caught<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Calls a function; `None` if it panicked.
pub(super) fn caught_now<T>(function: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(function)).ok()
}
