//! What a command comes to. A *refusal* is an expected business result and a value, never an error of ours.

mod for_now;

use crate::app::App;
use crate::ask::AskView;
use crate::asking::Why;
use crate::code::Purpose;
use crate::event::Event;
use crate::hold::Release;
use crate::id::{AccountId, CodeId, SessionId};
use crate::identifier::Wallet;
use crate::intent::{IntentView, VoidCause};
use crate::money::NotAnAmount;
use crate::secret::SecretText;
use crate::time::Timestamp;
use crate::view::AccountView;
use crate::webhook::asked::{Follow, WebhookReply};
use crate::webhook::guard::Denied;

/// A command that was carried out.
pub struct Done {
    /// What it came to.
    pub reply: Reply,
    /// The wallet it was about, where the subject was one.
    pub wallet: Option<Wallet>,
    /// What the person's device is to keep, where it asked to be known.
    pub device: Option<SecretText>,
}

/// What a command came to.
pub enum Reply {
    /// The right secret was presented. The window it opened, if any, lasts until then.
    Verified {
        /// Until when this caller need not present it again.
        fresh_until: Option<Timestamp>,
        /// Until when payments rest, if they do.
        hold_until: Option<Timestamp>,
    },
    /// A first secret is in place.
    SecretSet,
    /// A secret was replaced by one who knew it.
    SecretChanged,
    /// A secret was replaced after a verified reset.
    SecretReset,
    /// A temporary secret is in place. Shown once.
    SecretMadeTemporary(SecretText),
    /// Ask frequency and window.
    Ask(AskView),
    /// A code is on its way.
    CodeIssued {
        /// Its name.
        id: CodeId,
        /// From then on it matches nothing.
        expires_at: Timestamp,
        /// Where it went.
        mobile_masked: String,
    },
    /// A session was opened.
    SessionOpened(Box<OpenedSession>),
    /// What was asked to be gone is gone.
    Gone,
    /// A lock was ended.
    Unlocked(Box<AccountView>),
    /// An account was created.
    AccountCreated(Box<AccountView>),
    /// An account as it stands.
    Account(Box<AccountView>),
    /// Accounts as they stand.
    Accounts(Listed<AccountView>),
    /// An app was created. Its secret is shown once.
    AppCreated(Box<App>, SecretText),
    /// Apps.
    Apps(Listed<App>),
    /// A token for a `spark` app.
    AppToken {
        /// The token.
        token: SecretText,
        /// From then on it proves nothing.
        expires_at: Timestamp,
    },
    /// Audit events, newest first.
    Events(Listed<Event>),
    /// The server's clock was moved, under `dev`.
    Clock(Timestamp),
    /// What the fake sender was given, under `dev`.
    Outbox(Vec<OutboxMessage>),
    /// An intent was created.
    IntentCreated(Box<IntentView>),
    /// An intent as it stands; with its receipt, where it was approved.
    Intent(Box<IntentView>, Option<SecretText>),
    /// An account's intents, newest first.
    Intents(Listed<IntentView>),
    /// What a wish to end holds came to.
    Release(Release),
    /// A change of SIM is known.
    SimChangeNoted {
        /// Of which number.
        mobile_masked: String,
        /// Since when, as far as it is believed.
        changed_at: Timestamp,
        /// From when on codes go to it; absent where they do now.
        codes_from: Option<Timestamp>,
    },
    /// The public keys that verify receipts, as the document that is published (a JWK Set, RFC 7517).
    KeySet(String),
    /// Events come from that place on, until the caller hangs up.
    Following(Box<Follow>),
    /// What was asked about webhooks.
    Webhook(WebhookReply),
    /// One event of the audit trail.
    Event(Box<Event>),
}

impl Reply {
    /// The account whose data this shows, which must not be kept longer than the account.
    #[must_use]
    pub fn about(&self) -> Option<AccountId> {
        match self {
            Self::Account(view) | Self::AccountCreated(view) | Self::Unlocked(view) => Some(view.id),
            Self::SessionOpened(opened) => Some(opened.account),
            Self::IntentCreated(view) | Self::Intent(view, _) => Some(view.id.account()),
            Self::Verified { .. }
            | Self::SecretSet
            | Self::SecretChanged
            | Self::SecretReset
            | Self::SecretMadeTemporary(_)
            | Self::Ask(_)
            | Self::CodeIssued { .. }
            | Self::Gone
            | Self::Accounts(_)
            | Self::AppCreated(..)
            | Self::Apps(_)
            | Self::AppToken { .. }
            | Self::Events(_)
            | Self::Clock(_)
            | Self::Outbox(_)
            | Self::Intents(_)
            | Self::Release(_)
            | Self::SimChangeNoted { .. }
            | Self::KeySet(_)
            | Self::Following(_)
            | Self::Webhook(_)
            | Self::Event(_) => None,
        }
    }
}

/// A part of a list.
pub struct Listed<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Whether there is more.
    pub has_more: bool,
}

/// A session as it is shown to the one who opened it, once.
pub struct OpenedSession {
    /// Its id, also its HAWK id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The token for the dialects that take one.
    pub access_token: SecretText,
    /// The session key (会话密钥).
    pub session_key: SecretText,
    /// From then on it proves nothing.
    pub expires_at: Timestamp,
}

/// One message that the fake sender was given.
#[derive(Clone)]
pub struct OutboxMessage {
    /// Whose account it is about.
    pub account: AccountId,
    /// The whole mobile number.
    pub to: String,
    /// The code.
    pub code: SecretText,
    /// What it is for.
    pub purpose: Purpose,
    /// What the person reads.
    pub text: SecretText,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// Why a command was not carried out, though it was well formed and proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such account, or not one of this caller's.
    UnknownAccount,
    /// No such session, app or other record.
    NotFound,
    /// A wallet was to belong to an app that is not a `spark` app of this tenant.
    UnknownApp,
    /// There is no secret of that kind.
    NotSet,
    /// There is one already.
    AlreadySet,
    /// The presented secret is wrong.
    Incorrect {
        /// Guesses left, where there is a budget and the caller may know.
        remaining: Option<u32>,
        /// Set if this guess used the budget up.
        locked_until: Option<Timestamp>,
        /// Whether one more miss blocks the secret until a verified reset.
        last_guess_left: bool,
    },
    /// The budget is used up; nothing was compared.
    Locked {
        /// When guesses are taken again; absent when only a reset or an operator helps.
        until: Option<Timestamp>,
        /// Wrong guesses since the last success.
        misses: u32,
    },
    /// Others are being decided about the same secret; nothing was charged.
    Busy,
    /// Every hash worker and every place in the queue is taken; nothing was charged.
    Overloaded {
        /// Worth waiting, in seconds, at least 1.
        retry_after_s: u32,
    },
    /// No database that takes writes can be reached. What the request had begun may have been done all the same.
    Unavailable {
        /// Worth waiting, in seconds, at least 1.
        retry_after_s: u32,
    },
    /// An operator lets nothing be written for a while; nothing was done.
    ReadOnly {
        /// Worth waiting, in seconds, at least 1.
        retry_after_s: u32,
    },
    /// The new secret is shorter than this many characters.
    TooShort(usize),
    /// The new secret is longer than this many characters.
    TooLong(usize),
    /// The new secret is one that everybody tries first.
    TooCommon,
    /// The new payment secret is the login secret.
    SameAsLogin,
    /// The new secret is the old one.
    Unchanged,
    /// A digest was presented where the verifier was made over the plain secret.
    DigestNotAccepted,
    /// The code is wrong, was used, or was never sent.
    CodeIncorrect {
        /// Attempts left, where there is a code.
        remaining: Option<u32>,
    },
    /// The code's time is over.
    CodeExpired,
    /// Too many in too short a time.
    RateLimited {
        /// When the next one is worth trying.
        retry_at: Timestamp,
    },
    /// The account has no such mobile number, or none at all.
    NoMobile,
    /// Another account already has one of the identifiers; this names the member.
    IdentifierTaken(&'static str),
    /// `walletAddr` and `userId` name different wallets.
    WalletConflict,
    /// `appid` and `appsecret` do not belong together, or there is no such app.
    AppSecretIncorrect,
    /// No live session can have made this request.
    NoLiveSession,
    /// Only under `dev`.
    DevOnly,
    /// The intent cannot be approved, consumed or cancelled, or not be made.
    Intent(IntentRefusal),
    /// Payments rest.
    OnHold {
        /// When they go on.
        until: Timestamp,
    },
    /// Payments do not rest.
    NotOnHold,
    /// The key was made after payments began to rest.
    KeyTooYoung,
    /// A webhook may not go there.
    UrlNotAllowed(Denied),
    /// There are as many webhooks as there may be.
    TooManyWebhooks(u32),
    /// The secret was disabled: only a verified reset brings it back.
    Disabled,
}

/// Why nothing came of an intent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntentRefusal {
    /// The intent was consumed already.
    Consumed,
    /// What the intent rested on has changed.
    Voided(VoidCause),
    /// The intent is not approved.
    NotApproved,
    /// The intent is approved already.
    Approved,
    /// The intent was taken back.
    Cancelled,
    /// The intent's time is over.
    Expired,
    /// Something else was approved.
    DigestMismatch,
    /// The person must be asked for the secret.
    SecretRequired(Why),
    /// The secret alone is not enough: a code must come with it.
    CodeRequired(Why),
    /// The secret or the code is wrong, or both: which one is nobody's business (Commission Delegated Regulation (EU)
    /// 2018/389, article 4(3)(a)).
    FactorsIncorrect {
        /// Whether one more miss blocks the secret until a verified reset.
        last_guess_left: bool,
    },
    /// More than the policy allows, whatever is presented.
    OverLimit(Why),
    /// No currency of that code is dealt in.
    UnknownCurrency,
    /// The amount is none of its currency.
    NotAnAmount(NotAnAmount),
}

impl From<IntentRefusal> for Refusal {
    fn from(refusal: IntentRefusal) -> Self {
        Self::Intent(refusal)
    }
}

impl Refusal {
    /// The presented secret is wrong, and nothing more is told.
    pub const WRONG: Self = Self::Incorrect { remaining: None, locked_until: None, last_guess_left: false };
}
