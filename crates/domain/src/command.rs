//! What a request asks for, once it is proven and unwrapped. Every dialect speaks these and nothing else.

mod parts;

use crate::app::{AppKind, Scopes};
use crate::ask::{AskFrequency, Holder, WindowOpens};
use crate::code::Purpose;
use crate::id::{AccountId, AppId, EventId, IntentId, SessionId};
use crate::identifier::{Mobile, MobileTail, Name};
use crate::intent::{Digest, StageName};
use crate::secret::{Kind, Presented, SecretText};
use crate::time::Timestamp;
use crate::webhook::asked::{Follow, WebhookCommand};
pub use parts::{AccountFilter, NewAccount, NewIntent, NewSecret, NewWallet, Page, Subject};

/// One request, proven and unwrapped.
pub enum Command {
    /// Is this the secret?
    Verify {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// The guess.
        presented: Presented,
        /// Whose window a success opens, if anybody's.
        holder: Option<Holder>,
    },
    /// Set the first secret.
    SetSecret {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// The new secret.
        new: NewSecret,
        /// Who gets a window at once, where setting opens one.
        holder: Option<Holder>,
    },
    /// Replace a secret by one who knows it.
    ChangeSecret {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// The guess at the old secret.
        old: Presented,
        /// The new secret.
        new: NewSecret,
    },
    /// Set the first secret, or replace one whose old secret is given.
    SetOrChangeSecret {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// The guess at the old secret; ignored if there is none.
        old: Option<Presented>,
        /// The new secret.
        new: NewSecret,
    },
    /// Set the first payment secret by one who knows the query secret.
    SetPaymentByQuery {
        /// Whose.
        subject: Subject,
        /// The guess at the query secret.
        query: Presented,
        /// The new payment secret.
        new: NewSecret,
    },
    /// Replace a secret by one who holds a verification code.
    ResetByCode {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// What the code must have been sent for.
        purpose: Purpose,
        /// The code as presented.
        code: SecretText,
        /// A mobile number, or its tail, that must be the account's.
        mobile: Option<MobileTail>,
        /// The new secret.
        new: NewSecret,
    },
    /// Replace a secret by a temporary one that the server makes up.
    ResetToTemporary {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
    },
    /// Choose how often the payment secret is asked.
    ChooseAskFrequency {
        /// Whose.
        subject: Subject,
        /// The choice.
        choice: AskFrequency,
        /// Who chooses.
        holder: Holder,
        /// Whether the choice itself opens a window.
        opens: WindowOpens,
    },
    /// How often is the payment secret asked, and need this holder present it now?
    ReadAskFrequency {
        /// Whose.
        subject: Subject,
        /// Whose window is meant.
        holder: Holder,
    },
    /// Send a verification code.
    IssueCode {
        /// Whose.
        subject: Subject,
        /// What for.
        purpose: Purpose,
        /// Which of the account's mobiles; the first one if absent.
        mobile: Option<Mobile>,
    },
    /// Open a session with the login secret.
    OpenSession {
        /// The login name.
        username: Name,
        /// The guess at the login secret.
        login: Presented,
        /// Life asked for, in seconds.
        expires_in_s: Option<u32>,
    },
    /// End a session by its id.
    EndSession {
        /// Which.
        session: SessionId,
        /// Whose, where that is said: one that a provider opened is found in no other way.
        account: Option<AccountId>,
    },
    /// End the caller's own session.
    EndOwnSession(Subject, SessionId),
    /// Create an account.
    CreateAccount(Box<NewAccount>),
    /// Read one account.
    ReadAccount(Subject, Holder),
    /// Find accounts by any identifier, or list them by id.
    FindAccounts {
        /// What to find them by.
        by: AccountFilter,
        /// Whose windows are meant.
        holder: Holder,
    },
    /// Delete everything of an account but its audit trail.
    EraseAccount(Subject),
    /// End a lock.
    Unlock {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// Why, in the operator's words.
        reason: String,
        /// Whose window the answer tells of.
        holder: Holder,
    },
    /// Create an app.
    CreateApp {
        /// What its operator calls it.
        name: String,
        /// How it will prove itself.
        kind: AppKind,
        /// What it may do.
        scopes: Scopes,
    },
    /// List the tenant's apps.
    ListApps(Page<AppId>),
    /// Delete an app; its keys and tokens are worth nothing from then on.
    DeleteApp(AppId),
    /// Issue an access token to a `spark` app that knows its secret.
    IssueAppToken {
        /// `appid` as given.
        appid: String,
        /// `appsecret` as given.
        secret: SecretText,
    },
    /// Read the audit trail, newest first.
    ReadEvents {
        /// Of one account, or of all.
        account: Option<AccountId>,
        /// Which part.
        page: Page<EventId>,
    },
    /// Under `dev` only.
    Dev(DevCommand),
    /// Have a transaction approved.
    CreateIntent(Box<NewIntent>),
    /// Approve it.
    ApproveIntent {
        /// Which.
        intent: IntentId,
        /// The guess; without one only a policy that spares the person helps.
        presented: Option<Presented>,
        /// The code that was sent for it, where one is needed.
        code: Option<SecretText>,
        /// Whose window spares the person, and is opened by the right secret.
        holder: Holder,
    },
    /// The money moves now.
    ConsumeIntent {
        /// Which.
        intent: IntentId,
        /// What the platform believes to be approved; `None` if it is not even a digest.
        digest: Option<Digest>,
    },
    /// Take it back.
    CancelIntent(IntentId),
    /// Read one.
    ReadIntent(IntentId),
    /// Read an account's, newest first.
    ListIntents {
        /// Whose.
        subject: Subject,
        /// Only those that stand so.
        stage: Option<StageName>,
        /// Which part.
        page: Page<IntentId>,
    },
    /// Propose to end an account's holds, or agree to it.
    ReleaseHolds {
        /// Whose.
        subject: Subject,
        /// Why, in the operator's words.
        reason: String,
    },
    /// A carrier says that a mobile number has a new SIM.
    NoteSimChange {
        /// Whose.
        subject: Subject,
        /// Which of the account's numbers.
        mobile: Mobile,
        /// Since when.
        changed_at: Timestamp,
    },
    /// Put other mobile numbers in place of all that the account has.
    ReplaceMobiles {
        /// Whose.
        subject: Subject,
        /// Mobile 1 and mobile 2; none where the account is to have none.
        mobiles: Vec<Mobile>,
        /// Whose window the answer tells of.
        holder: Holder,
    },
    /// Read the public keys that verify receipts.
    ReadKeySet,
    /// Send a code that approves an intent together with the secret.
    IssueIntentCode {
        /// Which intent.
        intent: IntentId,
        /// Which of the account's mobiles; the first one if absent.
        mobile: Option<Mobile>,
    },
    /// Follow the feed of events.
    FollowEvents(Box<Follow>),
    /// Webhooks.
    Webhook(WebhookCommand),
    /// Read one event of the audit trail.
    ReadEvent(EventId),
    /// A secret is known to be compromised.
    DisableSecret {
        /// Whose.
        subject: Subject,
        /// Which.
        kind: Kind,
        /// Why, in the operator's words.
        reason: String,
        /// Whose window the answer tells of.
        holder: Holder,
    },
}

impl Command {
    /// Whether carrying it out takes a hash of a secret.
    #[must_use]
    pub fn hashes(&self) -> bool {
        match self {
            Self::Verify { .. }
            | Self::SetSecret { .. }
            | Self::ChangeSecret { .. }
            | Self::SetOrChangeSecret { .. }
            | Self::SetPaymentByQuery { .. }
            | Self::ResetByCode { .. }
            | Self::ResetToTemporary { .. }
            | Self::OpenSession { .. } => true,
            Self::CreateAccount(new) => !new.secrets.is_empty(),
            Self::ApproveIntent { presented, .. } => presented.is_some(),
            Self::ChooseAskFrequency { .. }
            | Self::ReadAskFrequency { .. }
            | Self::IssueCode { .. }
            | Self::EndSession { .. }
            | Self::EndOwnSession(..)
            | Self::ReadAccount(..)
            | Self::FindAccounts { .. }
            | Self::EraseAccount(_)
            | Self::Unlock { .. }
            | Self::CreateApp { .. }
            | Self::ListApps(_)
            | Self::DeleteApp(_)
            | Self::IssueAppToken { .. }
            | Self::ReadEvents { .. }
            | Self::Dev(_)
            | Self::CreateIntent(_)
            | Self::ConsumeIntent { .. }
            | Self::CancelIntent(_)
            | Self::ReadIntent(_)
            | Self::ListIntents { .. }
            | Self::ReleaseHolds { .. }
            | Self::NoteSimChange { .. }
            | Self::ReplaceMobiles { .. }
            | Self::ReadKeySet
            | Self::IssueIntentCode { .. }
            | Self::FollowEvents(_)
            | Self::Webhook(_)
            | Self::ReadEvent(_)
            | Self::DisableSecret { .. } => false,
        }
    }
}

/// What exists under `dev` only.
pub enum DevCommand {
    /// Move the server's clock forward by so many seconds.
    AdvanceClock(u32),
    /// Read what the fake sender was given.
    ReadOutbox(Option<AccountId>),
}
