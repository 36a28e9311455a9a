//! Says in the log that something happens again and again, without filling the log with it.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Between two lines about the same thing.
const EVERY: Duration = Duration::from_secs(10);

/// Remembers when something was said last, and how often it happened since.
#[derive(Default)]
pub(super) struct Seldom(Mutex<State>);

#[derive(Default)]
struct State {
    said: Option<Instant>,
    times: u64,
}

impl Seldom {
    /// Counts it; if it is time to say so, how often it has happened since it was said last.
    pub(super) fn due(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.times = state.times.saturating_add(1);
        let now = Instant::now();
        if state.said.is_some_and(|said| now < said + EVERY) {
            return None;
        }
        state.said = Some(now);
        Some(core::mem::take(&mut state.times))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn says_it_at_once_and_then_seldom_with_the_number() {
        let seldom = Seldom::default();
        assert_eq!(seldom.due(), Some(1));
        assert_eq!((seldom.due(), seldom.due()), (None, None));
        advance(EVERY).await;
        assert_eq!((seldom.due(), seldom.due()), (Some(3), None));
    }
}
