//! The doctor: looks at settings, machine and records as they are, says what is wrong, and what to do about it.
//!
//! | module | what it looks at |
//! |---|---|
//! | `settings` | what the settings say, and the files that they name |
//! | `machine` | memory, disk, open files, the master key's file, the hash engine |
//! | `records` | the database, the clock beside it, the keys in it, webhooks |

mod machine;
mod records;
mod settings;

use countersign_service::{Service, Store};

use crate::config::Loaded;

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// The word for it, for programs. It never changes.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found, in one sentence.
    pub what: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// How it is with something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Failed,
}

impl State {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Failed => "failed",
        }
    }
}

impl Check {
    fn ok(name: &'static str, what: impl Into<String>) -> Self {
        Self { name, state: State::Ok, what: what.into(), cure: None }
    }

    fn warn(name: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { name, state: State::Warn, what: what.into(), cure: Some(cure.into()) }
    }

    fn failed(name: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { name, state: State::Failed, what: what.into(), cure: Some(cure.into()) }
    }
}

/// What can be looked at without the records: settings and machine. Takes up to a second, for the hash engine.
#[must_use]
pub fn of_place(loaded: &Loaded) -> Vec<Check> {
    let mut checks = settings::checks(loaded);
    checks.extend(machine::checks(loaded));
    checks
}

/// What the records say.
pub async fn of_records<S: Store>(service: &Service<S>) -> Vec<Check> {
    records::checks(service.checkup().await)
}

/// The database cannot even be opened.
#[must_use]
pub fn unopened(why: &str) -> Check {
    Check::failed(
        "database",
        format!("It cannot be opened: {why}"),
        "Start with this; nothing works without it.",
    )
}
