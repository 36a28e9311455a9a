//! Every call of the native API: its method, its path and what its caller must prove.

mod payments;
mod people;
mod platform;

use std::sync::LazyLock;

use countersign_domain::app::Scope;
use http::Method;

/// A call, by what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    CreateAccount,
    FindAccounts,
    ReadAccount,
    EraseAccount,
    SetSecret,
    ChangeSecret,
    VerifySecret,
    ResetSecret,
    Unlock,
    ReadAskFrequency,
    ChooseAskFrequency,
    IssueCode,
    OpenSession,
    EndOwnSession,
    EndSession,
    CreateApp,
    ListApps,
    DeleteApp,
    ReadEvents,
    ReadEvent,
    DisableSecret,
    CreateIntent,
    ListIntents,
    ReadIntent,
    ApproveIntent,
    ConsumeIntent,
    CancelIntent,
    IssueIntentCode,
    ReleaseHolds,
    ReadKeySet,
    CreateWebhook,
    ListWebhooks,
    ReadWebhook,
    DeleteWebhook,
    EnableWebhook,
    DisableWebhook,
    RotateWebhookSecret,
    ReplayWebhook,
    ReadDeliveries,
    AdvanceClock,
    ReadOutbox,
    NoteSimChange,
    ReplaceMobiles,
}

impl Call {
    /// Whether it compares a secret: what it says of the person's device decides whose budget that costs.
    pub(super) const fn guesses(self) -> bool {
        matches!(self, Self::ChangeSecret | Self::VerifySecret | Self::OpenSession | Self::ApproveIntent)
    }

    /// Whether something that was guessed, a secret or a code, can miss: misses are counted by network too.
    pub(super) const fn can_miss(self) -> bool {
        self.guesses() || matches!(self, Self::ResetSecret)
    }
}

/// What a caller must prove.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Proof {
    /// An API key whose app has this scope.
    Key(Scope),
    /// Any API key.
    AnyKey,
    /// The access token of a live session.
    AccessToken,
    /// As [`Self::Key`]; or, for what is of one account, the access token of a live session of that account.
    KeyOrOwner(Scope),
    /// Nothing: what is answered is public.
    Nothing,
}

/// One row of the table.
pub(super) struct Entry {
    pub(super) call: Call,
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) proof: Proof,
    /// The call's name in the OpenAPI document, after `native_`.
    pub(super) name: &'static str,
    /// One line for readers of that document.
    pub(super) summary: &'static str,
}

/// The calls in the order in which the registry counts them. `sessions/current` stands before `sessions/{id}`,
/// because the first path that fits is taken; the calls that exist under `dev` only are the last.
pub(super) static CALLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    people::ROWS.into_iter().chain(platform::ROWS).chain(payments::ROWS).chain(DEV).collect()
});

/// The calls that exist under `dev` only.
const DEV: [Entry; 2] = [
    entry(
        Call::AdvanceClock,
        Method::POST,
        "/v1/dev/clock",
        Proof::AnyKey,
        "advance_clock",
        "Move the server's clock forward (under `dev` only)",
    ),
    entry(
        Call::ReadOutbox,
        Method::GET,
        "/v1/dev/outbox",
        Proof::AnyKey,
        "read_outbox",
        "Read what the fake sender was given (under `dev` only)",
    ),
];

/// The calls that are listened to.
pub(super) fn listened(dev: bool) -> &'static [Entry] {
    let hidden = if dev { 0 } else { DEV.len() };
    &CALLS[..CALLS.len() - hidden]
}

const fn entry(
    call: Call,
    method: Method,
    path: &'static str,
    proof: Proof,
    name: &'static str,
    summary: &'static str,
) -> Entry {
    Entry { call, method, path, proof, name, summary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dev_has_the_dev_calls() {
        assert!(listened(false).iter().all(|entry| !entry.path.starts_with("/v1/dev/")));
        assert_eq!(
            listened(true).iter().filter(|entry| entry.path.starts_with("/v1/dev/")).count(),
            DEV.len()
        );
    }
}
