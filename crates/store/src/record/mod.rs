//! How records become bytes and come back.
//!
//! One byte of format version, then [postcard](https://postcard.jamesmunns.com) of a mirror of the domain's type.
//! The domain's own types have no serializer, so that a rule can be rewritten without rewriting what is stored; the
//! mirrors are what is stored. A mirror's fields, their order and the order of its variants are the format: never
//! change them. A new variant goes last; any other change is a new mirror under the next version, and the old one
//! stays here for reading. Accounts, of which every request reads and nearly every decision writes one, are read and written
//! without the detour by `reader` and `writer`, in the same bytes: their mirrors are what these are tested against, and by
//! which accounts of older versions are read.
//!
//! Reading never panics, whatever the bytes: what cannot be a record is [`StoreFault::Damaged`]. Its text says what
//! is wrong and never what the bytes were.

mod account;
mod app;
mod approvals;
mod basis;
#[cfg(test)]
mod by_mirror;
mod bytes;
mod credential;
mod event;
mod reader;
mod spending;
#[cfg(test)]
mod strategies;
mod v1;
mod v2;
mod watch;
mod webhook;
mod word;
mod writer;

use countersign_domain::account::Account;
use countersign_domain::app::App;
use countersign_domain::event::Event;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Ledger;
use countersign_domain::spend::Spending;
use countersign_domain::spray::Watch;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Delivery, Webhook};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::bytes::Written;
use crate::door::{StoreFault, Stored};
use crate::feed::NEVER;

/// The version in which accounts are written.
const ACCOUNT: u8 = 3;

/// The version in which events are.
const EVENT: u8 = 2;

/// The version in which everything else is.
const OTHER: u8 = 1;

/// The version in which spending is: another than a watch's, because both lie in one table and neither may be taken for the
/// other.
const SPENDING: u8 = 101;

/// Bytes that hold most records, so that one allocation is enough.
const USUAL: usize = 512;

/// The record's bytes. Fresh events are no part of it: they have rows of their own.
#[allow(clippy::unnecessary_wraps, reason = "every kind of record is written in the same way")]
pub(crate) fn encode_account(account: &Account) -> Stored<Vec<u8>> {
    Ok(writer::account(ACCOUNT, account))
}

/// The account that was stored, without fresh events.
pub(crate) fn decode_account(bytes: &[u8]) -> Stored<Account> {
    match bytes.first() {
        Some(1) => old(v2::AccountV2::from(decode::<v1::AccountV1>(1, bytes)?)),
        Some(2) => old(decode(2, bytes)?),
        _ => reader::account(body(ACCOUNT, bytes)?),
    }
}

fn old(stored: v2::AccountV2) -> Stored<Account> {
    account::AccountV3::from(stored).restore()
}

/// What an event's row is found by.
pub(crate) struct EventKey {
    pub(crate) account: AccountId,
    pub(crate) id: EventId,
    pub(crate) tenant: TenantId,
}

impl From<&Event> for EventKey {
    fn from(event: &Event) -> Self {
        Self { account: event.account, id: event.id, tenant: event.tenant.clone() }
    }
}

/// The event's bytes, without its key.
pub(crate) fn encode_event(event: &Event) -> Stored<Vec<u8>> {
    encode(EVENT, &event::EventV2::from(event))
}

/// The event that was stored under that key.
pub(crate) fn decode_event(key: &EventKey, bytes: &[u8]) -> Stored<Event> {
    match bytes.first() {
        Some(1) => decode::<event::EventV1>(1, bytes)?.restore(key),
        _ => decode::<event::EventV2>(EVENT, bytes)?.restore(key),
    }
}

/// The app's bytes.
pub(crate) fn encode_app(app: &App) -> Stored<Vec<u8>> {
    encode(OTHER, &app::AppV1::from(app))
}

/// The app that was stored.
pub(crate) fn decode_app(bytes: &[u8]) -> Stored<App> {
    decode::<app::AppV1>(OTHER, bytes)?.restore()
}

/// What cannot be a record. `what` names a field, never a value.
fn damaged(what: &str) -> StoreFault {
    StoreFault::Damaged(what.to_owned())
}

/// The ledger of a name that nobody has, as bytes.
#[allow(clippy::unnecessary_wraps, reason = "every kind of record is written in the same way")]
pub(crate) fn encode_ledger(ledger: &Ledger) -> Stored<Vec<u8>> {
    Ok(writer::ledger(OTHER, ledger))
}

/// The ledger that was stored.
pub(crate) fn decode_ledger(bytes: &[u8]) -> Stored<Ledger> {
    Ok(decode::<credential::LedgerV2>(OTHER, bytes)?.into())
}

/// What is watched over many accounts under one keyed hash, as the table of watches keeps it.
pub(crate) trait Watched: Clone + PartialEq {
    /// What is kept where nothing was yet.
    fn begin(now: Timestamp) -> Self;

    /// Its bytes.
    fn encode(&self) -> Stored<Vec<u8>>;

    /// What was stored.
    fn decode(bytes: &[u8]) -> Stored<Self>;
}

impl Watched for Watch {
    fn begin(now: Timestamp) -> Self {
        Self::new(now)
    }

    fn encode(&self) -> Stored<Vec<u8>> {
        encode(OTHER, &watch::WatchV1::from(self))
    }

    fn decode(bytes: &[u8]) -> Stored<Self> {
        Ok(decode::<watch::WatchV1>(OTHER, bytes)?.into())
    }
}

impl Watched for Spending {
    fn begin(_: Timestamp) -> Self {
        Self::default()
    }

    fn encode(&self) -> Stored<Vec<u8>> {
        encode(SPENDING, &spending::SpendingV1::from(self))
    }

    fn decode(bytes: &[u8]) -> Stored<Self> {
        Ok(decode::<spending::SpendingV1>(SPENDING, bytes)?.into())
    }
}

/// Whether that is anything that the table of watches keeps.
pub(crate) fn check_watched(bytes: &[u8]) -> Stored<()> {
    match bytes.first() {
        Some(&SPENDING) => Spending::decode(bytes).map(drop),
        _ => Watch::decode(bytes).map(drop),
    }
}

/// The webhook's bytes.
pub(crate) fn encode_webhook(webhook: &Webhook) -> Stored<Vec<u8>> {
    encode(OTHER, &webhook::WebhookV1::from(webhook))
}

/// The webhook that was stored.
pub(crate) fn decode_webhook(bytes: &[u8]) -> Stored<Webhook> {
    decode::<webhook::WebhookV1>(OTHER, bytes)?.restore()
}

/// The bytes of what waits, without its place and its time.
pub(crate) fn encode_delivery(delivery: &Delivery) -> Stored<Vec<u8>> {
    encode(OTHER, &webhook::DeliveryV1::from(delivery))
}

/// What waits at that place until then.
pub(crate) fn decode_delivery(place: i64, due: i64, bytes: &[u8]) -> Stored<Delivery> {
    let due = (due != NEVER).then(|| Timestamp::from_millis(due));
    Ok(decode::<webhook::DeliveryV1>(OTHER, bytes)?.restore(FeedPlace::of(place), due))
}

fn encode<T: Serialize>(format: u8, mirror: &T) -> Stored<Vec<u8>> {
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.push(format);
    postcard::serialize_with_flavor(mirror, Written(bytes))
        .map_err(|error| StoreFault::Backend(format!("a record cannot be written: {error}")))
}

fn decode<T: DeserializeOwned>(format: u8, bytes: &[u8]) -> Stored<T> {
    let body = body(format, bytes)?;
    // Bytes left over mean that another type was written, whatever the first ones happen to spell.
    match postcard::take_from_bytes(body) {
        Ok((mirror, [])) => Ok(mirror),
        Ok((_, rest)) => Err(StoreFault::Damaged(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(StoreFault::Damaged(error.to_string())),
    }
}

/// What follows the format.
fn body(format: u8, bytes: &[u8]) -> Stored<&[u8]> {
    let (&written, body) = bytes.split_first().ok_or_else(|| damaged("it is empty"))?;
    if written == format {
        Ok(body)
    } else {
        Err(StoreFault::Damaged(format!("format {written} is not known to this version")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_account_comes_back_as_it_was(account in strategies::account()) {
            let bytes = encode_account(&account).expect("encodes");
            prop_assert_eq!(decode_account(&bytes).expect("decodes"), account);
        }

        #[test]
        fn an_event_comes_back_as_it_was(event in strategies::event()) {
            let bytes = encode_event(&event).expect("encodes");
            prop_assert_eq!(decode_event(&EventKey::from(&event), &bytes).expect("decodes"), event);
        }

        #[test]
        fn an_app_comes_back_as_it_was(app in strategies::app()) {
            let bytes = encode_app(&app).expect("encodes");
            prop_assert_eq!(decode_app(&bytes).expect("decodes"), app);
        }

        #[test]
        fn what_codes_cost_comes_back_as_it_was(spending in strategies::spending()) {
            let bytes = spending.encode().expect("encodes");
            prop_assert_eq!(Spending::decode(&bytes).expect("decodes"), spending);
            prop_assert!(check_watched(&bytes).is_ok() && Watch::decode(&bytes).is_err());
        }

        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..512), tagged: bool) {
            if let (true, Some(first)) = (tagged, bytes.first_mut()) {
                *first = ACCOUNT;
            }
            let _ = decode_account(&bytes);
            let tenant = TenantId::default_tenant();
            let (account, id) = (AccountId::from_bytes([1; 16]), EventId::from_bytes([2; 16]));
            let _ = decode_event(&EventKey { account, id, tenant }, &bytes);
            let _ = decode_app(&bytes);
        }

        #[test]
        fn no_single_flipped_byte_panics(account in strategies::account(), at: prop::sample::Index, by in 1..=255_u8) {
            let mut bytes = encode_account(&account).expect("encodes");
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            let _ = decode_account(&bytes);
        }

        #[test]
        fn a_part_of_a_record_is_damaged(account in strategies::account(), cut: prop::sample::Index) {
            let bytes = encode_account(&account).expect("encodes");
            let part = &bytes[..cut.index(bytes.len())];
            prop_assert!(matches!(decode_account(part), Err(StoreFault::Damaged(_))));
        }
    }

    #[test]
    fn an_unknown_format_and_left_over_bytes_are_damaged() {
        for bytes in [&[][..], &[0], &[2, 0, 0], &[255]] {
            assert!(matches!(decode_app(bytes), Err(StoreFault::Damaged(_))), "{bytes:?}");
        }
    }

    // A record written today must be readable for ever: these bytes may gain successors, but never change.
    #[test]
    fn the_first_format_is_still_read() {
        let bytes = [
            [1].as_slice(),
            &[7; 16],
            &[7, b'd', b'e', b'f', b'a', b'u', b'l', b't'],
            &[4, b's', b'h', b'o', b'p'],
            &[5, 0xd0, 0x0f, 0],
            &[9; 32],
        ]
        .concat();
        let app = decode_app(&bytes).expect("decodes");
        assert_eq!((app.name.as_str(), app.scopes.bits(), app.created_at.millis()), ("shop", 5, 1000));
        assert_eq!(encode_app(&app).expect("encodes"), bytes);
    }
}
