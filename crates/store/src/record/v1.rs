//! Accounts as format 1 wrote them: without a restore, devices, or the requests of charges. Only read.

use serde::Deserialize;

use super::account::{ProfileV1, SessionV2};
use super::credential::{ChargeV2, CredentialV2, FateV1, GateV1, LedgerV2, StateV1};
use super::v2::{AccountV2, AskV1, CodeBookV1, WindowV1};

#[derive(Deserialize)]
pub(super) struct AccountV1 {
    id: [u8; 16],
    tenant: String,
    created_at: i64,
    profile: ProfileV1,
    login: CredentialV1,
    payment: CredentialV1,
    query: CredentialV1,
    same_as_login: Vec<i64>,
    ask: AskV1,
    windows: Vec<WindowV1>,
    codes: CodeBookV1,
    sessions: Vec<SessionV1>,
    events_made: u32,
}

#[derive(Deserialize)]
struct SessionV1 {
    id: [u8; 16],
    opened_at: i64,
    expires_at: i64,
    login_version: u64,
    key: Vec<u8>,
    login_digest: Vec<u8>,
}

#[derive(Deserialize)]
struct CredentialV1 {
    version: u64,
    state: StateV1,
    ledger: LedgerV1,
}

#[derive(Deserialize)]
struct LedgerV1 {
    next: u64,
    burst_from: u64,
    locks: u32,
    gate: GateV1,
    charges: Vec<ChargeV1>,
}

#[derive(Deserialize)]
struct ChargeV1 {
    number: u64,
    at: i64,
    fate: FateV1,
}

impl From<AccountV1> for AccountV2 {
    fn from(old: AccountV1) -> Self {
        Self {
            id: old.id,
            tenant: old.tenant,
            created_at: old.created_at,
            restored_at: None,
            profile: old.profile,
            login: old.login.into(),
            payment: old.payment.into(),
            query: old.query.into(),
            same_as_login: old.same_as_login.into_iter().map(|at| (at, None)).collect(),
            ask: old.ask,
            windows: old.windows,
            codes: old.codes,
            sessions: old.sessions.into_iter().map(SessionV2::from).collect(),
            events_made: old.events_made,
        }
    }
}

impl From<SessionV1> for SessionV2 {
    fn from(old: SessionV1) -> Self {
        let SessionV1 { id, opened_at, expires_at, login_version, key, login_digest } = old;
        Self { id, opened_at, expires_at, login_version, key, login_digest, missed: 0 }
    }
}

impl From<CredentialV1> for CredentialV2 {
    fn from(old: CredentialV1) -> Self {
        let LedgerV1 { next, burst_from, locks, gate, charges } = old.ledger;
        let charges = charges.into_iter().map(ChargeV2::from).collect();
        let ledger = LedgerV2 { next, burst_from, locks, gate, charges };
        Self { version: old.version, state: old.state, ledger, devices: Vec::new() }
    }
}

impl From<ChargeV1> for ChargeV2 {
    fn from(old: ChargeV1) -> Self {
        Self { number: old.number, at: old.at, fate: old.fate, tag: None }
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::ledger::{Fate, Gate};

    use super::super::decode_account;

    /// Written by the release that had this format: one locked account, five misses, a session.
    const WRITTEN: &str = include_str!("v1_account.hex");

    #[test]
    fn an_account_of_format_1_is_read() {
        let digits: Vec<u8> = WRITTEN.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("is text"), 16);
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| byte(pair).expect("is hexadecimal")).collect();
        let account = decode_account(&bytes).expect("is read");
        assert_eq!(account.payment.ledger.charges.len(), 5);
        assert!(account.payment.ledger.charges.iter().all(|charge| charge.fate == Fate::Missed));
        assert!(matches!(account.payment.ledger.gate, Gate::Locked { .. }));
        assert_eq!(account.sessions.len(), 1);
        assert!(account.restored_at.is_none() && account.payment.devices.is_empty());
    }
}
