//! An account, as stored.

use countersign_domain::account::{Account, Profile, Question};
use countersign_domain::ask::{AskState, Window};
use countersign_domain::code::{Code, CodeBook, SimChange};
use countersign_domain::id::{AccountId, AppId, CodeId, SessionId};
use countersign_domain::identifier::{Agent, Name, Wallet};
use countersign_domain::ledger::Tag;
use countersign_domain::secret::Sealed;
use countersign_domain::session::Session;
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::approvals::{self, ApprovalsV1};
use super::credential::CredentialV2;
use super::word::{self, AskFrequencyV1, HolderV1, PurposeV1};
use crate::door::Stored;

#[derive(Serialize, Deserialize)]
pub(super) struct AccountV3 {
    pub(super) id: [u8; 16],
    pub(super) tenant: String,
    pub(super) created_at: i64,
    pub(super) restored_at: Option<i64>,
    pub(super) profile: ProfileV1,
    pub(super) login: CredentialV2,
    pub(super) payment: CredentialV2,
    pub(super) query: CredentialV2,
    pub(super) same_as_login: Vec<(i64, Option<[u8; 16]>)>,
    pub(super) ask: AskV3,
    pub(super) windows: Vec<WindowV3>,
    pub(super) codes: CodeBookV3,
    pub(super) sessions: Vec<SessionV2>,
    pub(super) events_made: u32,
    /// Absent where there is nothing of it, as with most accounts at most times.
    pub(super) approvals: Option<ApprovalsV1>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ProfileV1 {
    username: Option<String>,
    user_id: Option<String>,
    agent: Option<(i64, i64)>,
    wallet: Option<WalletV1>,
    mobiles: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct WalletV1 {
    app: [u8; 16],
    addr: String,
    user_id: String,
}

#[derive(Serialize, Deserialize)]
pub(super) enum AskV3 {
    Every,
    Eased { chosen: AskFrequencyV1, until: i64, counts: bool },
    Unchosen { until: i64 },
}

#[derive(Serialize, Deserialize)]
pub(super) struct WindowV3 {
    pub(super) holder: HolderV1,
    pub(super) opened_at: i64,
    pub(super) until: i64,
    pub(super) counts: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CodeBookV3 {
    pub(super) live: Vec<CodeV3>,
    pub(super) sent: Vec<i64>,
    pub(super) missed: Vec<i64>,
    /// Of which number, and when.
    pub(super) sim_changes: Vec<([u8; 16], i64)>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CodeV3 {
    pub(super) id: [u8; 16],
    pub(super) purpose: PurposeV1,
    pub(super) hash: [u8; 32],
    pub(super) sent_at: i64,
    pub(super) expires_at: i64,
    pub(super) missed: u32,
    pub(super) to: u8,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SessionV2 {
    pub(super) id: [u8; 16],
    pub(super) opened_at: i64,
    pub(super) expires_at: i64,
    pub(super) login_version: u64,
    #[serde(with = "super::bytes")]
    pub(super) key: Vec<u8>,
    #[serde(with = "super::bytes")]
    pub(super) login_digest: Vec<u8>,
    pub(super) missed: u32,
}

impl From<&Account> for AccountV3 {
    fn from(account: &Account) -> Self {
        let ask = match account.ask {
            AskState::Every => AskV3::Every,
            AskState::Eased { chosen, until, counts } => {
                AskV3::Eased { chosen: chosen.into(), until: until.millis(), counts }
            }
            AskState::Unchosen { until } => AskV3::Unchosen { until: until.millis() },
        };
        let window = |window: &Window| WindowV3 {
            holder: window.holder.into(),
            opened_at: window.opened_at.millis(),
            until: window.until.millis(),
            counts: window.counts,
        };
        Self {
            id: *account.id.as_bytes(),
            tenant: account.tenant.as_str().to_owned(),
            created_at: account.created_at.millis(),
            restored_at: account.restored_at.map(Timestamp::millis),
            profile: (&account.profile).into(),
            login: (&account.login).into(),
            payment: (&account.payment).into(),
            query: (&account.query).into(),
            same_as_login: account
                .same_as_login
                .iter()
                .map(|asked| (asked.at.millis(), asked.tag.map(|Tag(tag)| tag)))
                .collect(),
            ask,
            windows: account.windows.iter().map(window).collect(),
            codes: (&account.codes).into(),
            sessions: account.sessions.iter().map(SessionV2::from).collect(),
            events_made: account.events_made,
            approvals: ApprovalsV1::of(account),
        }
    }
}

impl AccountV3 {
    /// The account that was stored; an error where a value could not have been.
    pub(super) fn restore(self) -> Stored<Account> {
        let ask = match self.ask {
            AskV3::Every => AskState::Every,
            AskV3::Eased { chosen, until, counts } => {
                AskState::Eased { chosen: chosen.into(), until: Timestamp::from_millis(until), counts }
            }
            AskV3::Unchosen { until } => AskState::Unchosen { until: Timestamp::from_millis(until) },
        };
        let window = |window: WindowV3| Window {
            holder: window.holder.into(),
            opened_at: Timestamp::from_millis(window.opened_at),
            until: Timestamp::from_millis(window.until),
            counts: window.counts,
        };
        let id = AccountId::from_bytes(self.id);
        let (intents, holds, payments, outside) = approvals::restored(self.approvals, id)?;
        Ok(Account {
            id,
            tenant: word::tenant(&self.tenant)?,
            created_at: Timestamp::from_millis(self.created_at),
            restored_at: self.restored_at.map(Timestamp::from_millis),
            profile: self.profile.restore()?,
            login: self.login.into(),
            payment: self.payment.into(),
            query: self.query.into(),
            same_as_login: self
                .same_as_login
                .into_iter()
                .map(|(at, tag)| Question { at: Timestamp::from_millis(at), tag: tag.map(Tag) })
                .collect(),
            ask,
            windows: self.windows.into_iter().map(window).collect(),
            codes: self.codes.into(),
            sessions: self.sessions.into_iter().map(Session::from).collect(),
            intents,
            holds,
            payments,
            outside,
            events_made: self.events_made,
            fresh_events: Vec::new(),
        })
    }
}

impl From<&Profile> for ProfileV1 {
    fn from(profile: &Profile) -> Self {
        let text = |name: &Name| name.as_str().to_owned();
        Self {
            username: profile.username.as_ref().map(text),
            user_id: profile.user_id.as_ref().map(text),
            agent: profile.agent.map(|agent| (agent.agentid, agent.usercode)),
            wallet: profile.wallet.as_ref().map(|wallet| WalletV1 {
                app: *wallet.app.as_bytes(),
                addr: text(&wallet.addr),
                user_id: text(&wallet.user_id),
            }),
            mobiles: profile.mobiles.iter().map(|sealed| sealed.0.clone()).collect(),
        }
    }
}

impl ProfileV1 {
    fn restore(self) -> Stored<Profile> {
        let wallet = |wallet: WalletV1| -> Stored<Wallet> {
            Ok(Wallet {
                app: AppId::from_bytes(wallet.app),
                addr: word::name(&wallet.addr)?,
                user_id: word::name(&wallet.user_id)?,
            })
        };
        Ok(Profile {
            username: self.username.as_deref().map(word::name).transpose()?,
            user_id: self.user_id.as_deref().map(word::name).transpose()?,
            agent: self.agent.map(|(agentid, usercode)| Agent { agentid, usercode }),
            wallet: self.wallet.map(wallet).transpose()?,
            mobiles: self.mobiles.into_iter().map(Sealed).collect(),
        })
    }
}

impl From<&CodeBook> for CodeBookV3 {
    fn from(book: &CodeBook) -> Self {
        let code = |code: &Code| CodeV3 {
            id: *code.id.as_bytes(),
            purpose: code.purpose.into(),
            hash: code.hash,
            sent_at: code.sent_at.millis(),
            expires_at: code.expires_at.millis(),
            missed: code.missed,
            to: code.to,
        };
        let live = book.live.iter().map(code).collect();
        let sim_change = |change: &SimChange| (change.mobile, change.changed_at.millis());
        let sim_changes = book.sim_changes.iter().map(sim_change).collect();
        Self { live, sent: millis(&book.sent), missed: millis(&book.missed), sim_changes }
    }
}

impl From<CodeBookV3> for CodeBook {
    fn from(stored: CodeBookV3) -> Self {
        let code = |code: CodeV3| Code {
            id: CodeId::from_bytes(code.id),
            purpose: code.purpose.into(),
            hash: code.hash,
            sent_at: Timestamp::from_millis(code.sent_at),
            expires_at: Timestamp::from_millis(code.expires_at),
            missed: code.missed,
            to: code.to,
        };
        let live = stored.live.into_iter().map(code).collect();
        let sim_change = |(mobile, at)| SimChange { mobile, changed_at: Timestamp::from_millis(at) };
        let sim_changes = stored.sim_changes.into_iter().map(sim_change).collect();
        Self { live, sent: instants(stored.sent), missed: instants(stored.missed), sim_changes }
    }
}

impl From<&Session> for SessionV2 {
    fn from(session: &Session) -> Self {
        Self {
            id: *session.id.as_bytes(),
            opened_at: session.opened_at.millis(),
            expires_at: session.expires_at.millis(),
            login_version: session.login_version,
            key: session.key.0.clone(),
            login_digest: session.login_digest.0.clone(),
            missed: session.missed,
        }
    }
}

impl From<SessionV2> for Session {
    fn from(stored: SessionV2) -> Self {
        Self {
            id: SessionId::from_bytes(stored.id),
            opened_at: Timestamp::from_millis(stored.opened_at),
            expires_at: Timestamp::from_millis(stored.expires_at),
            login_version: stored.login_version,
            key: Sealed(stored.key),
            login_digest: Sealed(stored.login_digest),
            missed: stored.missed,
        }
    }
}

fn millis(instants: &[Timestamp]) -> Vec<i64> {
    instants.iter().map(|at| at.millis()).collect()
}

fn instants(millis: Vec<i64>) -> Vec<Timestamp> {
    millis.into_iter().map(Timestamp::from_millis).collect()
}
