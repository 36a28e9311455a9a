//! A webhook and what waits for it, as stored.

use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{AccountId, EventId, WebhookId};
use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{
    Attempt, Delivery, Disabled, Next, Progress, Replay, Scheme, Signing, Webhook, WebhookState,
};
use serde::{Deserialize, Serialize};

use super::word;
use crate::door::Stored;

#[derive(Serialize, Deserialize)]
pub(super) struct WebhookV1 {
    id: [u8; 16],
    tenant: String,
    url: String,
    types: Vec<String>,
    description: String,
    created_at: i64,
    scheme: SchemeV1,
    current: Vec<u8>,
    version: u32,
    public: Option<[u8; 32]>,
    previous: Vec<(Vec<u8>, i64)>,
    state: StateV1,
    cursor: i64,
    replay: Option<ReplayV1>,
    replays: u32,
    held: Option<([u8; 8], i64)>,
    succeeded_at: Option<i64>,
    failing_since: Option<i64>,
    recent: Vec<AttemptV1>,
}

#[derive(Serialize, Deserialize)]
enum SchemeV1 {
    V1,
    V1a,
}

#[derive(Serialize, Deserialize)]
enum StateV1 {
    Enabled,
    Disabled { at: i64, why: DisabledV1 },
}

#[derive(Serialize, Deserialize)]
enum DisabledV1 {
    Asked,
    Gone,
    Failing,
}

#[derive(Serialize, Deserialize)]
struct ReplayV1 {
    number: u32,
    after: i64,
    to: i64,
    since: Option<i64>,
    until: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct AttemptV1 {
    event: [u8; 16],
    at: i64,
    status: Option<u16>,
    took_ms: u32,
    next: NextV1,
}

#[derive(Serialize, Deserialize)]
enum NextV1 {
    Delivered,
    At(i64),
    GivenUp,
}

/// Place and time are columns of the row.
#[derive(Serialize, Deserialize)]
pub(super) struct DeliveryV1 {
    account: [u8; 16],
    event: [u8; 16],
    attempts: u32,
    status: Option<u16>,
}

impl From<&Webhook> for WebhookV1 {
    fn from(webhook: &Webhook) -> Self {
        let Webhook { id, tenant, url, types, description, created_at, signing, state, progress } = webhook;
        let Signing { scheme, current, version, public, previous } = signing;
        let Progress { cursor, replay, replays, held, succeeded_at, failing_since, recent } = progress;
        Self {
            id: *id.as_bytes(),
            tenant: tenant.as_str().to_owned(),
            url: url.clone(),
            types: types.clone(),
            description: description.clone(),
            created_at: created_at.millis(),
            scheme: match scheme {
                Scheme::V1 => SchemeV1::V1,
                Scheme::V1a => SchemeV1::V1a,
            },
            current: current.0.clone(),
            version: *version,
            public: *public,
            previous: previous.iter().map(|(sealed, until)| (sealed.0.clone(), until.millis())).collect(),
            state: match state {
                WebhookState::Enabled => StateV1::Enabled,
                WebhookState::Disabled { at, why } => {
                    StateV1::Disabled { at: at.millis(), why: (*why).into() }
                }
            },
            cursor: cursor.number(),
            replay: replay.map(|Replay { number, after, to, since, until }| ReplayV1 {
                number,
                after: after.number(),
                to: to.number(),
                since: since.map(Timestamp::millis),
                until: until.map(Timestamp::millis),
            }),
            replays: *replays,
            held: held.map(|(node, until)| (node, until.millis())),
            succeeded_at: succeeded_at.map(Timestamp::millis),
            failing_since: failing_since.map(Timestamp::millis),
            recent: recent.iter().map(AttemptV1::from).collect(),
        }
    }
}

impl WebhookV1 {
    /// The webhook that was stored; an error where a value could not have been.
    pub(super) fn restore(self) -> Stored<Webhook> {
        let time = Timestamp::from_millis;
        Ok(Webhook {
            id: WebhookId::from_bytes(self.id),
            tenant: word::tenant(&self.tenant)?,
            url: self.url,
            types: self.types,
            description: self.description,
            created_at: time(self.created_at),
            signing: Signing {
                scheme: match self.scheme {
                    SchemeV1::V1 => Scheme::V1,
                    SchemeV1::V1a => Scheme::V1a,
                },
                current: Sealed(self.current),
                version: self.version,
                public: self.public,
                previous: self
                    .previous
                    .into_iter()
                    .map(|(sealed, until)| (Sealed(sealed), time(until)))
                    .collect(),
            },
            state: match self.state {
                StateV1::Enabled => WebhookState::Enabled,
                StateV1::Disabled { at, why } => WebhookState::Disabled { at: time(at), why: why.into() },
            },
            progress: Progress {
                cursor: FeedPlace::of(self.cursor),
                replay: self.replay.map(|ReplayV1 { number, after, to, since, until }| Replay {
                    number,
                    after: FeedPlace::of(after),
                    to: FeedPlace::of(to),
                    since: since.map(time),
                    until: until.map(time),
                }),
                replays: self.replays,
                held: self.held.map(|(node, until)| (node, time(until))),
                succeeded_at: self.succeeded_at.map(time),
                failing_since: self.failing_since.map(time),
                recent: self.recent.into_iter().map(Attempt::from).collect(),
            },
        })
    }
}

impl From<&Attempt> for AttemptV1 {
    fn from(attempt: &Attempt) -> Self {
        let Attempt { event, at, status, took_ms, next } = *attempt;
        let next = match next {
            Next::Delivered => NextV1::Delivered,
            Next::At(due) => NextV1::At(due.millis()),
            Next::GivenUp => NextV1::GivenUp,
        };
        Self { event: *event.as_bytes(), at: at.millis(), status, took_ms, next }
    }
}

impl From<AttemptV1> for Attempt {
    fn from(stored: AttemptV1) -> Self {
        let AttemptV1 { event, at, status, took_ms, next } = stored;
        let next = match next {
            NextV1::Delivered => Next::Delivered,
            NextV1::At(due) => Next::At(Timestamp::from_millis(due)),
            NextV1::GivenUp => Next::GivenUp,
        };
        Self { event: EventId::from_bytes(event), at: Timestamp::from_millis(at), status, took_ms, next }
    }
}

impl From<Disabled> for DisabledV1 {
    fn from(why: Disabled) -> Self {
        match why {
            Disabled::Asked => Self::Asked,
            Disabled::Gone => Self::Gone,
            Disabled::Failing => Self::Failing,
        }
    }
}

impl From<DisabledV1> for Disabled {
    fn from(stored: DisabledV1) -> Self {
        match stored {
            DisabledV1::Asked => Self::Asked,
            DisabledV1::Gone => Self::Gone,
            DisabledV1::Failing => Self::Failing,
        }
    }
}

impl From<&Delivery> for DeliveryV1 {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { place: _, account, event, attempts, status, due: _ } = *delivery;
        Self { account: *account.as_bytes(), event: *event.as_bytes(), attempts, status }
    }
}

impl DeliveryV1 {
    /// What waits at that place until then.
    pub(super) const fn restore(self, place: FeedPlace, due: Option<Timestamp>) -> Delivery {
        Delivery {
            place,
            account: AccountId::from_bytes(self.account),
            event: EventId::from_bytes(self.event),
            attempts: self.attempts,
            status: self.status,
            due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode_delivery, decode_webhook, encode_delivery, encode_webhook};
    use super::*;
    use countersign_domain::identifier::TenantId;

    #[test]
    fn a_webhook_and_what_waits_for_it_come_back_as_they_were() {
        let at = Timestamp::from_secs;
        let event = EventId::from_bytes([3; 16]);
        let attempt = |next, status| Attempt { event, at: at(5), status, took_ms: 7, next };
        let states = Disabled::ALL.map(|why| WebhookState::Disabled { at: at(9), why });
        for state in states.into_iter().chain([WebhookState::Enabled]) {
            let webhook = Webhook {
                id: WebhookId::from_bytes([1; 16]),
                tenant: TenantId::default_tenant(),
                url: "https://a.example/".into(),
                types: vec!["secret_verified".into()],
                description: "ours".into(),
                created_at: at(1),
                signing: Signing {
                    scheme: Scheme::V1a,
                    current: Sealed(vec![1, 2]),
                    version: 2,
                    public: Some([4; 32]),
                    previous: vec![(Sealed(vec![3]), at(3)), (Sealed(vec![4]), at(2))],
                },
                state,
                progress: Progress {
                    cursor: FeedPlace::of(77),
                    replay: Some(Replay {
                        number: 6,
                        after: FeedPlace::of(1),
                        to: FeedPlace::of(9),
                        since: Some(at(3)),
                        until: None,
                    }),
                    replays: 7,
                    held: Some(([7; 8], at(4))),
                    succeeded_at: Some(at(5)),
                    failing_since: None,
                    recent: vec![
                        attempt(Next::Delivered, Some(200)),
                        attempt(Next::At(at(6)), None),
                        attempt(Next::GivenUp, Some(500)),
                    ],
                },
            };
            let bytes = encode_webhook(&webhook).expect("encodes");
            assert_eq!(decode_webhook(&bytes).expect("decodes"), webhook);
        }
        let delivery = Delivery {
            place: FeedPlace::of(8),
            account: AccountId::from_bytes([5; 16]),
            event,
            attempts: 3,
            status: Some(503),
            due: Some(at(8)),
        };
        let bytes = encode_delivery(&delivery).expect("encodes");
        assert_eq!(decode_delivery(8, at(8).millis(), &bytes).expect("decodes"), delivery);
        let given_up = decode_delivery(8, crate::feed::NEVER, &bytes).expect("decodes");
        assert_eq!(given_up.due, None);
    }
}
