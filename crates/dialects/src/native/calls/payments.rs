//! Calls about intents and holds, and the keys that verify receipts.

use countersign_domain::app::Scope;
use http::Method;

use super::{Call, Entry, Proof, entry};

pub(super) const ROWS: [Entry; 9] = [
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
        Proof::KeyOrOwner(Scope::IntentsWrite),
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
        Call::ReadKeySet,
        Method::GET,
        "/.well-known/jwks.json",
        Proof::Nothing,
        "read_key_set",
        "Read the public keys that verify receipts",
    ),
];
