//! Accounts as format 2 wrote them: without intents and holds, without when a window was opened, and without
//! where a code went and whose SIM was changed. Only read.

use serde::Deserialize;

use super::account::{AccountV3, AskV3, CodeBookV3, CodeV3, ProfileV1, SessionV2, WindowV3};
use super::credential::CredentialV2;
use super::word::{AskFrequencyV1, HolderV1, PurposeV1};

#[derive(Deserialize)]
pub(super) struct AccountV2 {
    pub(super) id: [u8; 16],
    pub(super) tenant: String,
    pub(super) created_at: i64,
    pub(super) restored_at: Option<i64>,
    pub(super) profile: ProfileV1,
    pub(super) login: CredentialV2,
    pub(super) payment: CredentialV2,
    pub(super) query: CredentialV2,
    pub(super) same_as_login: Vec<(i64, Option<[u8; 16]>)>,
    pub(super) ask: AskV1,
    pub(super) windows: Vec<WindowV1>,
    pub(super) codes: CodeBookV1,
    pub(super) sessions: Vec<SessionV2>,
    pub(super) events_made: u32,
}

#[derive(Deserialize)]
pub(super) enum AskV1 {
    Every,
    Eased { chosen: AskFrequencyV1, until: i64 },
}

#[derive(Deserialize)]
pub(super) struct CodeBookV1 {
    live: Vec<CodeV1>,
    sent: Vec<i64>,
    missed: Vec<i64>,
}

#[derive(Deserialize)]
struct CodeV1 {
    id: [u8; 16],
    purpose: PurposeV1,
    hash: [u8; 32],
    sent_at: i64,
    expires_at: i64,
    missed: u32,
}

impl From<CodeBookV1> for CodeBookV3 {
    fn from(CodeBookV1 { live, sent, missed }: CodeBookV1) -> Self {
        // Where it went was not written down; nearly all go to the first number.
        let code = |CodeV1 { id, purpose, hash, sent_at, expires_at, missed }| CodeV3 {
            id,
            purpose,
            hash,
            sent_at,
            expires_at,
            missed,
            to: 0,
        };
        Self { live: live.into_iter().map(code).collect(), sent, missed, sim_changes: Vec::new() }
    }
}

#[derive(Deserialize)]
pub(super) struct WindowV1 {
    holder: HolderV1,
    until: i64,
}

impl From<AccountV2> for AccountV3 {
    fn from(old: AccountV2) -> Self {
        // The longest that a window lasts: for a payment it counts as long ago as it can have been opened.
        const LONGEST: i64 = 24 * 3_600_000;
        let window = |WindowV1 { holder, until }| WindowV3 {
            holder,
            opened_at: until.saturating_sub(LONGEST),
            until,
            counts: false,
        };
        Self {
            id: old.id,
            tenant: old.tenant,
            created_at: old.created_at,
            restored_at: old.restored_at,
            profile: old.profile,
            login: old.login,
            payment: old.payment,
            query: old.query,
            same_as_login: old.same_as_login,
            ask: old.ask.into(),
            windows: old.windows.into_iter().map(window).collect(),
            codes: old.codes.into(),
            sessions: old.sessions,
            events_made: old.events_made,
            approvals: None,
        }
    }
}

/// By whom it had been chosen was not written down, nor whether an hour had been chosen at all; it is over before anybody
/// misses it.
impl From<AskV1> for AskV3 {
    fn from(old: AskV1) -> Self {
        match old {
            AskV1::Every => Self::Every,
            AskV1::Eased { chosen: AskFrequencyV1::Hour, until } => Self::Unchosen { until },
            AskV1::Eased { chosen, until } => Self::Eased { chosen, until, counts: false },
        }
    }
}
