//! A way in for the fuzzer: records are read nowhere else but behind the [`door`](crate::door).

use countersign_domain::account::{Account, Profile, Scene, SecretState};
use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::event::{Actor, Event, Origin};
use countersign_domain::id::{AccountId, AppId, EventId};
use countersign_domain::identifier::TenantId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Input, Sealed, Verifier};
use countersign_domain::time::Timestamp;

use crate::door::Stored;
use crate::record::{self, EventKey};

/// Reads bytes as each kind of record, and whatever it finds once more after writing it. Tells what is wrong with each.
///
/// # Panics
/// If a record that was read does not come back as it was.
#[must_use]
pub fn read_again(bytes: &[u8]) -> [Option<String>; 3] {
    [
        again(bytes, record::decode_account, record::encode_account),
        again(bytes, decode_event, record::encode_event),
        again(bytes, record::decode_app, record::encode_app),
    ]
}

fn again<T: PartialEq>(
    bytes: &[u8],
    decode: fn(&[u8]) -> Stored<T>,
    encode: fn(&T) -> Stored<Vec<u8>>,
) -> Option<String> {
    let one = match decode(bytes) {
        Ok(one) => one,
        Err(fault) => return Some(fault.to_string()),
    };
    let two = encode(&one).and_then(|bytes| decode(&bytes));
    assert!(two.is_ok_and(|two| two == one), "a record reads back differently");
    None
}

/// An event is read together with the key of its row, which is no part of its bytes.
fn decode_event(bytes: &[u8]) -> Stored<Event> {
    let (account, id) = (AccountId::from_bytes([1; 16]), EventId::from_bytes([2; 16]));
    record::decode_event(&EventKey { account, id, tenant: TenantId::default_tenant() }, bytes)
}

/// One record of each kind, as stored.
#[must_use]
pub fn samples() -> Vec<Vec<u8>> {
    let now = Timestamp::from_secs(1_700_000_000);
    let (policy, tenant) = (Policy::default(), TenantId::default_tenant());
    let origin = Origin { dialect: "native".into(), actor: Actor::Server, request_id: "req_sample".into() };
    let scene = Scene { now, policy: &policy, origin: &origin };
    let mut account =
        Account::new(AccountId::from_bytes([1; 16]), tenant.clone(), Profile::default(), &scene);
    let sealed = Sealed(vec![0x5e; 40]);
    account.payment.version = 1;
    account.payment.state = SecretState::Active(Verifier { version: 1, input: Input::Plain, sealed });
    let app = App {
        id: AppId::from_bytes([7; 16]),
        tenant,
        name: "shop".into(),
        scopes: Scopes::usual(),
        created_at: now,
        proof: AppProof::Api([9; 32]),
    };
    let mut samples = vec![record::encode_account(&account), record::encode_app(&app)];
    samples.extend(account.fresh_events.iter().map(record::encode_event));
    samples.into_iter().filter_map(Result::ok).collect()
}
