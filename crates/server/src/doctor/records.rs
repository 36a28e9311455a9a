//! The database, the clock beside it, the keys in it, and webhooks.

use countersign_domain::time::Span;
use countersign_service::{Checkup, Fault};

use super::Check;

/// Clocks of several servers differ by less.
const SKEW: Span = Span::from_minutes(1);

pub(super) fn checks(found: Result<Checkup, Fault>) -> Vec<Check> {
    match found {
        Ok(found) => {
            let works = Check::ok("database", "It reads, and a durable write works.");
            vec![works, clock(&found), data_keys(&found), receipts(&found), webhooks(&found)]
        }
        Err(fault) => vec![Check::failed(
            "database",
            format!("It does not work: {fault}"),
            "Look at the database's own log, its disk and its network; until then every request is put off.",
        )],
    }
}

fn clock(found: &Checkup) -> Check {
    let Some(newest) = found.newest else {
        return Check::ok("clock", "There is no event yet to compare it with.");
    };
    let ahead = found.now.until(newest);
    if ahead <= SKEW {
        return Check::ok("clock", "It is not behind the newest event.");
    }
    Check::failed(
        "clock",
        format!(
            "It is {} seconds behind the newest event: this clock or that of another server is wrong.",
            ahead.secs_ceil()
        ),
        "Set the clocks by NTP. Locks and holds last by the clock.",
    )
}

fn data_keys(found: &Checkup) -> Check {
    match found.older_keys {
        0 => Check::ok("data_keys", "One data key seals everything."),
        older => Check::ok(
            "data_keys",
            format!("The newest data key seals; {older} older ones still open what they sealed."),
        ),
    }
}

fn receipts(found: &Checkup) -> Check {
    if found.signs {
        return Check::ok("receipts", "A key signs receipts.");
    }
    Check::warn(
        "receipts",
        "No key signs receipts yet.",
        "The server makes one when it starts; it signs six minutes later.",
    )
}

fn webhooks(found: &Checkup) -> Check {
    match (found.told, found.disabled) {
        (told, 0) => Check::ok("webhooks", format!("{told} webhooks are told of events.")),
        (told, disabled) => Check::warn(
            "webhooks",
            format!("{disabled} webhooks are disabled, {told} are told of events."),
            "Look why at their attempts, mend the endpoint, enable the webhook and replay what it missed.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::time::Timestamp;

    use super::*;
    use crate::doctor::State;

    fn found(newest: Option<i64>, disabled: usize) -> Checkup {
        let newest = newest.map(Timestamp::from_secs);
        Checkup { now: Timestamp::from_secs(1000), newest, older_keys: 0, signs: true, told: 1, disabled }
    }

    #[test]
    fn a_clock_that_is_behind_and_a_webhook_that_is_told_nothing_are_seen() {
        for (found, expected) in [
            (found(None, 0), [State::Ok; 5]),
            (found(Some(900), 0), [State::Ok; 5]),
            (found(Some(1060), 0), [State::Ok; 5]),
            (found(Some(1061), 0), [State::Ok, State::Failed, State::Ok, State::Ok, State::Ok]),
            (found(None, 2), [State::Ok, State::Ok, State::Ok, State::Ok, State::Warn]),
        ] {
            let states: Vec<_> = checks(Ok(found)).iter().map(|check| check.state).collect();
            assert_eq!(states, expected);
        }
    }
}
