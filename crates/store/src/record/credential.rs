//! A secret's verifier, state and ledger, as stored.

use countersign_domain::account::{Credential, SecretState};
use countersign_domain::ledger::{Charge, Fate, Gate, Ledger};
use countersign_domain::secret::{Sealed, Verifier};
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::InputV1;

#[derive(Serialize, Deserialize)]
pub(super) struct CredentialV1 {
    version: u64,
    state: StateV1,
    ledger: LedgerV1,
}

#[derive(Serialize, Deserialize)]
enum StateV1 {
    Unset,
    Active(VerifierV1),
    Temporary { verifier: VerifierV1, until: i64 },
}

#[derive(Serialize, Deserialize)]
struct VerifierV1 {
    version: u64,
    input: InputV1,
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct LedgerV1 {
    next: u64,
    burst_from: u64,
    locks: u32,
    gate: GateV1,
    charges: Vec<ChargeV1>,
}

#[derive(Serialize, Deserialize)]
enum GateV1 {
    Open,
    Locked { until: i64 },
    Blocked,
}

#[derive(Serialize, Deserialize)]
struct ChargeV1 {
    number: u64,
    at: i64,
    fate: FateV1,
}

#[derive(Serialize, Deserialize)]
enum FateV1 {
    InFlight,
    Missed,
}

impl From<&Credential> for CredentialV1 {
    fn from(credential: &Credential) -> Self {
        let state = match &credential.state {
            SecretState::Unset => StateV1::Unset,
            SecretState::Active(verifier) => StateV1::Active(verifier.into()),
            SecretState::Temporary { verifier, until } => {
                StateV1::Temporary { verifier: verifier.into(), until: until.millis() }
            }
        };
        Self { version: credential.version, state, ledger: (&credential.ledger).into() }
    }
}

impl From<CredentialV1> for Credential {
    fn from(stored: CredentialV1) -> Self {
        let state = match stored.state {
            StateV1::Unset => SecretState::Unset,
            StateV1::Active(verifier) => SecretState::Active(verifier.into()),
            StateV1::Temporary { verifier, until } => {
                SecretState::Temporary { verifier: verifier.into(), until: Timestamp::from_millis(until) }
            }
        };
        Self { version: stored.version, state, ledger: stored.ledger.into() }
    }
}

impl From<&Verifier> for VerifierV1 {
    fn from(verifier: &Verifier) -> Self {
        let Verifier { version, input, sealed } = verifier;
        Self { version: *version, input: (*input).into(), sealed: sealed.0.clone() }
    }
}

impl From<VerifierV1> for Verifier {
    fn from(stored: VerifierV1) -> Self {
        let VerifierV1 { version, input, sealed } = stored;
        Self { version, input: input.into(), sealed: Sealed(sealed) }
    }
}

impl From<&Ledger> for LedgerV1 {
    fn from(ledger: &Ledger) -> Self {
        let Ledger { next, burst_from, locks, gate, charges } = ledger;
        let gate = match gate {
            Gate::Open => GateV1::Open,
            Gate::Locked { until } => GateV1::Locked { until: until.millis() },
            Gate::Blocked => GateV1::Blocked,
        };
        let charges = charges.iter().map(ChargeV1::from).collect();
        Self { next: *next, burst_from: *burst_from, locks: *locks, gate, charges }
    }
}

impl From<LedgerV1> for Ledger {
    fn from(stored: LedgerV1) -> Self {
        let LedgerV1 { next, burst_from, locks, gate, charges } = stored;
        let gate = match gate {
            GateV1::Open => Gate::Open,
            GateV1::Locked { until } => Gate::Locked { until: Timestamp::from_millis(until) },
            GateV1::Blocked => Gate::Blocked,
        };
        Self { next, burst_from, locks, gate, charges: charges.into_iter().map(Charge::from).collect() }
    }
}

impl From<&Charge> for ChargeV1 {
    fn from(charge: &Charge) -> Self {
        let fate = match charge.fate {
            Fate::InFlight => FateV1::InFlight,
            Fate::Missed => FateV1::Missed,
        };
        Self { number: charge.number, at: charge.at.millis(), fate }
    }
}

impl From<ChargeV1> for Charge {
    fn from(stored: ChargeV1) -> Self {
        let fate = match stored.fate {
            FateV1::InFlight => Fate::InFlight,
            FateV1::Missed => Fate::Missed,
        };
        Self { number: stored.number, at: Timestamp::from_millis(stored.at), fate }
    }
}
