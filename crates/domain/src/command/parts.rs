//! What commands are made of.

use crate::id::{AccountId, AppId};
use crate::identifier::{Agent, Mobile, Name};
use crate::intent::{Details, Line};
use crate::money::CurrencyCode;
use crate::secret::{Kind, Presented};

/// A transaction to be approved.
pub struct NewIntent {
    /// By whom.
    pub account: AccountId,
    /// How much, as it was given.
    pub amount: String,
    /// Of which currency.
    pub currency: CurrencyCode,
    /// To whom.
    pub payee: Line,
    /// The platform's own name for the payee.
    pub payee_id: Option<Line>,
    /// The platform's own number for it.
    pub reference: Option<Line>,
    /// What the person wrote.
    pub memo: Option<Line>,
    /// Whatever else shall be bound to the approval.
    pub details: Option<Details>,
    /// How long it may wait, in seconds; the policy's own if absent.
    pub life_s: Option<u32>,
}

/// Whose account a command is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// Known by its id.
    Account(AccountId),
    /// A wallet of an app, by one or both of its names; both must name the same one.
    Wallet {
        /// The app that asks, which must own the wallet.
        app: AppId,
        /// `walletAddr`.
        addr: Option<Name>,
        /// `userId`.
        user_id: Option<Name>,
    },
    /// By `agentid` and `usercode`.
    Agent(Agent),
}

/// A secret to be, and the rules it must meet.
#[derive(Clone)]
pub struct NewSecret {
    /// As delivered. A digest has no length and no text, so only the rules for digests apply to it.
    pub presented: Presented,
    /// Least and greatest length in characters.
    pub chars: (usize, usize),
    /// Whether a secret that everybody tries first is refused.
    pub refuse_common: bool,
}

/// What an account is created with.
pub struct NewAccount {
    /// The login name.
    pub username: Option<Name>,
    /// The platform's own user id.
    pub user_id: Option<Name>,
    /// `agentid` and `usercode`.
    pub agent: Option<Agent>,
    /// Mobile 1 and mobile 2.
    pub mobiles: Vec<Mobile>,
    /// `walletAddr` and `userId` under an app.
    pub wallet: Option<NewWallet>,
    /// First secrets, at most one of each kind.
    pub secrets: Vec<(Kind, NewSecret)>,
}

/// A wallet that an account is created with.
pub struct NewWallet {
    /// `appid` of the app that will own it.
    pub app: AppId,
    /// `walletAddr`.
    pub addr: Name,
    /// `userId`.
    pub user_id: Name,
}

/// What to find accounts by.
pub enum AccountFilter {
    /// By username.
    Username(Name),
    /// By the platform's user id, or else by a wallet's `userId`.
    UserId(Name),
    /// By wallet address, in any app.
    WalletAddr(Name),
    /// By `agentid` and `usercode`.
    Agent(Agent),
    /// By mobile number.
    Mobile(Mobile),
    /// All of them, by id.
    All(Page<AccountId>),
}

/// A part of a list: what comes after `after`, at most `limit` of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page<Id> {
    /// The last one already seen.
    pub after: Option<Id>,
    /// 1 to 200.
    pub limit: u32,
}
