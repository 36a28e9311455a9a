//! Every call of the native API: its method, its path and what its caller must prove.

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
/// because the first path that fits is taken; the calls that exist under `dev` only are the last [`DEV_CALLS`].
pub(super) static CALLS: [Entry; 41] = [
    entry(
        Call::CreateAccount,
        Method::POST,
        "/v1/accounts",
        Proof::Key(Scope::AccountsWrite),
        "create_account",
        "Create an account, with first secrets if they are known",
    ),
    entry(
        Call::FindAccounts,
        Method::GET,
        "/v1/accounts",
        Proof::Key(Scope::AccountsRead),
        "find_accounts",
        "Find accounts by one identifier, or list all of them",
    ),
    entry(
        Call::ReadAccount,
        Method::GET,
        "/v1/accounts/{id}",
        Proof::Key(Scope::AccountsRead),
        "read_account",
        "Read an account as it stands",
    ),
    entry(
        Call::EraseAccount,
        Method::DELETE,
        "/v1/accounts/{id}",
        Proof::Key(Scope::AccountsWrite),
        "erase_account",
        "Erase everything of an account but its audit trail",
    ),
    entry(
        Call::SetSecret,
        Method::PUT,
        "/v1/accounts/{id}/secrets/{kind}",
        Proof::Key(Scope::SecretsWrite),
        "set_secret",
        "Set the first secret of a kind",
    ),
    entry(
        Call::ChangeSecret,
        Method::POST,
        "/v1/accounts/{id}/secrets/{kind}/change",
        Proof::Key(Scope::SecretsWrite),
        "change_secret",
        "Replace a secret by one who knows it; spends a guess",
    ),
    entry(
        Call::VerifySecret,
        Method::POST,
        "/v1/accounts/{id}/secrets/{kind}/verify",
        Proof::Key(Scope::SecretsVerify),
        "verify_secret",
        "Verify a secret; spends a guess",
    ),
    entry(
        Call::ResetSecret,
        Method::POST,
        "/v1/accounts/{id}/secrets/{kind}/reset",
        Proof::Key(Scope::SecretsWrite),
        "reset_secret",
        "Replace a secret by one who holds a verification code; ends a lock",
    ),
    entry(
        Call::Unlock,
        Method::POST,
        "/v1/accounts/{id}/unlock",
        Proof::Key(Scope::AccountsWrite),
        "unlock",
        "End a lock for a stated reason",
    ),
    entry(
        Call::ReadAskFrequency,
        Method::GET,
        "/v1/accounts/{id}/ask-frequency",
        Proof::Key(Scope::AccountsRead),
        "read_ask_frequency",
        "How often is the payment secret asked, and is this app's window open?",
    ),
    entry(
        Call::ChooseAskFrequency,
        Method::PUT,
        "/v1/accounts/{id}/ask-frequency",
        Proof::Key(Scope::AccountsWrite),
        "choose_ask_frequency",
        "Choose how often the payment secret is asked; opens no window",
    ),
    entry(
        Call::IssueCode,
        Method::POST,
        "/v1/accounts/{id}/codes",
        Proof::Key(Scope::CodesWrite),
        "issue_code",
        "Send a verification code to one of the account's mobiles",
    ),
    entry(
        Call::OpenSession,
        Method::POST,
        "/v1/sessions",
        Proof::Key(Scope::SessionsWrite),
        "open_session",
        "Open a session with the login secret; spends a guess",
    ),
    entry(
        Call::EndOwnSession,
        Method::DELETE,
        "/v1/sessions/current",
        Proof::AccessToken,
        "end_own_session",
        "End the session whose access token is presented",
    ),
    entry(
        Call::EndSession,
        Method::DELETE,
        "/v1/sessions/{id}",
        Proof::Key(Scope::SessionsWrite),
        "end_session",
        "End a session",
    ),
    entry(
        Call::CreateApp,
        Method::POST,
        "/v1/apps",
        Proof::Key(Scope::AppsWrite),
        "create_app",
        "Create an app; its credential is shown this once",
    ),
    entry(
        Call::ListApps,
        Method::GET,
        "/v1/apps",
        Proof::Key(Scope::AppsWrite),
        "list_apps",
        "List apps, without their credentials",
    ),
    entry(
        Call::DeleteApp,
        Method::DELETE,
        "/v1/apps/{id}",
        Proof::Key(Scope::AppsWrite),
        "delete_app",
        "Delete an app; its keys and tokens are worth nothing from then on",
    ),
    entry(
        Call::ReadEvents,
        Method::GET,
        "/v1/events",
        Proof::Key(Scope::EventsRead),
        "read_events",
        "Read the audit trail, newest first; or follow events as they come, as `text/event-stream`",
    ),
    entry(
        Call::CreateWebhook,
        Method::POST,
        "/v1/webhooks",
        Proof::Key(Scope::WebhooksWrite),
        "create_webhook",
        "Have an endpoint told of events; its secret is shown this once",
    ),
    entry(
        Call::ListWebhooks,
        Method::GET,
        "/v1/webhooks",
        Proof::Key(Scope::WebhooksWrite),
        "list_webhooks",
        "List webhooks, without their secrets",
    ),
    entry(
        Call::ReadWebhook,
        Method::GET,
        "/v1/webhooks/{id}",
        Proof::Key(Scope::WebhooksWrite),
        "read_webhook",
        "Read a webhook as it stands",
    ),
    entry(
        Call::DeleteWebhook,
        Method::DELETE,
        "/v1/webhooks/{id}",
        Proof::Key(Scope::WebhooksWrite),
        "delete_webhook",
        "Delete a webhook, and what waits for it",
    ),
    entry(
        Call::EnableWebhook,
        Method::POST,
        "/v1/webhooks/{id}/enable",
        Proof::Key(Scope::WebhooksWrite),
        "enable_webhook",
        "Tell a webhook of events from now on",
    ),
    entry(
        Call::DisableWebhook,
        Method::POST,
        "/v1/webhooks/{id}/disable",
        Proof::Key(Scope::WebhooksWrite),
        "disable_webhook",
        "Tell a webhook nothing",
    ),
    entry(
        Call::RotateWebhookSecret,
        Method::POST,
        "/v1/webhooks/{id}/rotate-secret",
        Proof::Key(Scope::WebhooksWrite),
        "rotate_webhook_secret",
        "Give a webhook another secret; the old one signs too for a day",
    ),
    entry(
        Call::ReplayWebhook,
        Method::POST,
        "/v1/webhooks/{id}/replay",
        Proof::Key(Scope::WebhooksWrite),
        "replay_webhook",
        "Tell a webhook a part of the feed again, under the same ids",
    ),
    entry(
        Call::ReadDeliveries,
        Method::GET,
        "/v1/webhooks/{id}/deliveries",
        Proof::Key(Scope::WebhooksWrite),
        "read_deliveries",
        "Read what was attempted lately, and what waits",
    ),
    entry(
        Call::CreateIntent,
        Method::POST,
        "/v1/intents",
        Proof::Key(Scope::IntentsWrite),
        "create_intent",
        "Put a transaction before its person",
    ),
    entry(
        Call::ListIntents,
        Method::GET,
        "/v1/intents",
        Proof::Key(Scope::IntentsWrite),
        "list_intents",
        "List an account's open intents and what became of the last ones, newest first",
    ),
    entry(
        Call::ReadIntent,
        Method::GET,
        "/v1/intents/{id}",
        Proof::KeyOrOwner(Scope::IntentsWrite),
        "read_intent",
        "Read an intent as it stands, with its receipt once it is approved",
    ),
    entry(
        Call::ApproveIntent,
        Method::POST,
        "/v1/intents/{id}/approve",
        Proof::KeyOrOwner(Scope::IntentsWrite),
        "approve_intent",
        "Approve an intent by the secret, which spends a guess, or without it where the policy spares the person",
    ),
    entry(
        Call::ConsumeIntent,
        Method::POST,
        "/v1/intents/{id}/consume",
        Proof::Key(Scope::IntentsWrite),
        "consume_intent",
        "Use an approval, once, just before the money moves",
    ),
    entry(
        Call::CancelIntent,
        Method::POST,
        "/v1/intents/{id}/cancel",
        Proof::Key(Scope::IntentsWrite),
        "cancel_intent",
        "Take an intent back",
    ),
    entry(
        Call::IssueIntentCode,
        Method::POST,
        "/v1/intents/{id}/codes",
        Proof::Key(Scope::IntentsWrite),
        "issue_intent_code",
        "Send a code that approves this intent together with the secret; the message names amount and payee",
    ),
    entry(
        Call::ReleaseHolds,
        Method::POST,
        "/v1/accounts/{id}/holds/release",
        Proof::Key(Scope::HoldsWrite),
        "release_holds",
        "Propose to end an account's holds, or agree to it with another key",
    ),
    entry(
        Call::NoteSimChange,
        Method::POST,
        "/v1/accounts/{id}/sim-changes",
        Proof::Key(Scope::AccountsWrite),
        "note_sim_change",
        "Tell that a carrier has given a mobile number a new SIM: codes and payments rest",
    ),
    entry(
        Call::ReplaceMobiles,
        Method::PUT,
        "/v1/accounts/{id}/mobiles",
        Proof::Key(Scope::AccountsWrite),
        "replace_mobiles",
        "Put other mobile numbers in place of all that an account has",
    ),
    entry(
        Call::ReadKeySet,
        Method::GET,
        "/.well-known/jwks.json",
        Proof::Nothing,
        "read_key_set",
        "Read the public keys that verify receipts",
    ),
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

/// How many of the last calls exist under `dev` only.
const DEV_CALLS: usize = 2;

/// The calls that are listened to.
pub(super) fn listened(dev: bool) -> &'static [Entry] {
    let hidden = if dev { 0 } else { DEV_CALLS };
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
            DEV_CALLS
        );
    }
}
