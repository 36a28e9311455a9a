//! A secret's verifier, state, ledger and devices, as stored.

use countersign_domain::account::{Credential, SecretState};
use countersign_domain::device::Device;
use countersign_domain::id::DeviceId;
use countersign_domain::ledger::{Charge, Fate, Gate, Ledger, Tag};
use countersign_domain::secret::{Sealed, Verifier};
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::InputV1;

#[derive(Serialize, Deserialize)]
pub(super) struct CredentialV2 {
    pub(super) version: u64,
    pub(super) state: StateV1,
    pub(super) ledger: LedgerV2,
    pub(super) devices: Vec<DeviceV2>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DeviceV2 {
    id: [u8; 16],
    seen_at: i64,
    ledger: LedgerV2,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StateV1 {
    Unset,
    Active(VerifierV1),
    Temporary { verifier: VerifierV1, until: i64 },
}

#[derive(Serialize, Deserialize)]
pub(super) struct VerifierV1 {
    version: u64,
    input: InputV1,
    #[serde(with = "super::bytes")]
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LedgerV2 {
    pub(super) next: u64,
    pub(super) burst_from: u64,
    pub(super) locks: u32,
    pub(super) gate: GateV1,
    pub(super) charges: Vec<ChargeV2>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum GateV1 {
    Open,
    Locked { until: i64 },
    Blocked,
    Disabled,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChargeV2 {
    pub(super) number: u64,
    pub(super) at: i64,
    pub(super) fate: FateV1,
    pub(super) tag: Option<[u8; 16]>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum FateV1 {
    InFlight,
    Missed,
}

impl From<&Credential> for CredentialV2 {
    fn from(credential: &Credential) -> Self {
        let state = match &credential.state {
            SecretState::Unset => StateV1::Unset,
            SecretState::Active(verifier) => StateV1::Active(verifier.into()),
            SecretState::Temporary { verifier, until } => {
                StateV1::Temporary { verifier: verifier.into(), until: until.millis() }
            }
        };
        let devices = credential.devices.iter().map(DeviceV2::from).collect();
        Self { version: credential.version, state, ledger: (&credential.ledger).into(), devices }
    }
}

impl From<CredentialV2> for Credential {
    fn from(stored: CredentialV2) -> Self {
        let state = match stored.state {
            StateV1::Unset => SecretState::Unset,
            StateV1::Active(verifier) => SecretState::Active(verifier.into()),
            StateV1::Temporary { verifier, until } => {
                SecretState::Temporary { verifier: verifier.into(), until: Timestamp::from_millis(until) }
            }
        };
        let devices = stored.devices.into_iter().map(Device::from).collect();
        Self { version: stored.version, state, ledger: stored.ledger.into(), devices }
    }
}

impl From<&Device> for DeviceV2 {
    fn from(device: &Device) -> Self {
        let Device { id, seen_at, ledger } = device;
        Self { id: *id.as_bytes(), seen_at: seen_at.millis(), ledger: ledger.into() }
    }
}

impl From<DeviceV2> for Device {
    fn from(stored: DeviceV2) -> Self {
        let DeviceV2 { id, seen_at, ledger } = stored;
        Self { id: DeviceId::from_bytes(id), seen_at: Timestamp::from_millis(seen_at), ledger: ledger.into() }
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

impl From<&Ledger> for LedgerV2 {
    fn from(ledger: &Ledger) -> Self {
        let Ledger { next, burst_from, locks, gate, charges } = ledger;
        let gate = match gate {
            Gate::Open => GateV1::Open,
            Gate::Locked { until } => GateV1::Locked { until: until.millis() },
            Gate::Blocked => GateV1::Blocked,
            Gate::Disabled => GateV1::Disabled,
        };
        let charges = charges.iter().map(ChargeV2::from).collect();
        Self { next: *next, burst_from: *burst_from, locks: *locks, gate, charges }
    }
}

impl From<LedgerV2> for Ledger {
    fn from(stored: LedgerV2) -> Self {
        let LedgerV2 { next, burst_from, locks, gate, charges } = stored;
        let gate = match gate {
            GateV1::Open => Gate::Open,
            GateV1::Locked { until } => Gate::Locked { until: Timestamp::from_millis(until) },
            GateV1::Blocked => Gate::Blocked,
            GateV1::Disabled => Gate::Disabled,
        };
        Self { next, burst_from, locks, gate, charges: charges.into_iter().map(Charge::from).collect() }
    }
}

impl From<&Charge> for ChargeV2 {
    fn from(charge: &Charge) -> Self {
        let fate = match charge.fate {
            Fate::InFlight => FateV1::InFlight,
            Fate::Missed => FateV1::Missed,
        };
        Self { number: charge.number, at: charge.at.millis(), fate, tag: charge.tag.map(|Tag(tag)| tag) }
    }
}

impl From<ChargeV2> for Charge {
    fn from(stored: ChargeV2) -> Self {
        let fate = match stored.fate {
            FateV1::InFlight => Fate::InFlight,
            FateV1::Missed => Fate::Missed,
        };
        let (number, at) = (stored.number, Timestamp::from_millis(stored.at));
        Self { number, at, fate, tag: stored.tag.map(Tag) }
    }
}
