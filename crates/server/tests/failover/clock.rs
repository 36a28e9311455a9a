//! The campaign's clock: faults, leaders and answers of several machines are put in order by one of them.

use std::time::{Duration, Instant};

#[allow(clippy::disallowed_methods, reason = "when something was seen is what the campaign measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Lets others work: callers keep a pace, and machines take the time that they take.
#[allow(
    clippy::disallowed_methods,
    reason = "what is waited for is on other machines and can only be asked for"
)]
pub(crate) fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// Asks again and again until there is an answer, or too long.
pub(crate) fn until<R>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<R>) -> R {
    let began = now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
        pause(Duration::from_millis(50));
    }
}
