//! Arbitrary records, for the tests of how records become bytes.

mod approvals;

use countersign_domain::account::{Account, Credential, Profile, Question, SecretState};
use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::ask::{AskFrequency, AskState, Holder, Window};
use countersign_domain::code::{Code, CodeBook, Purpose, SimChange};
use countersign_domain::device::Device;
use countersign_domain::event::{Actor, Event, Origin, What};
use countersign_domain::id::{AccountId, AppId, CodeId, DeviceId, EventId, SessionId};
use countersign_domain::identifier::{Agent, Name, TenantId, Wallet};
use countersign_domain::ledger::{Charge, Fate, Gate, Ledger, Tag};
use countersign_domain::secret::{Input, Kind, Sealed, Verifier};
use countersign_domain::session::Session;
use countersign_domain::spend::{Breaker, Money, Slice, Spending};
use countersign_domain::time::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn account() -> impl Strategy<Value = Account> {
    let identity = (any::<[u8; 16]>().prop_map(AccountId::from_bytes), tenant(), at(), of(at()), profile());
    let question = (at(), of(any::<[u8; 16]>().prop_map(Tag))).prop_map(|(at, tag)| Question { at, tag });
    let secrets = (credential(), credential(), credential(), vec(question, 0..4));
    let rest = (ask(), vec(window(), 0..3), codes(), vec(session(), 0..3), any::<u32>());
    let whole = (identity, secrets, rest).prop_flat_map(|(identity, secrets, rest)| {
        let approvals = approvals::of_account(identity.0);
        (Just(identity), Just(secrets), Just(rest), of(approvals))
    });
    whole.prop_map(|((id, tenant, created_at, restored_at, profile), secrets, rest, approvals)| {
        let (login, payment, query, same_as_login) = secrets;
        let (ask, windows, codes, sessions, events_made) = rest;
        let (intents, holds, payments, outside) = approvals.unwrap_or_default();
        Account {
            id,
            tenant,
            created_at,
            restored_at,
            profile,
            login,
            payment,
            query,
            same_as_login,
            ask,
            windows,
            codes,
            sessions,
            intents,
            holds,
            payments,
            outside,
            events_made,
            fresh_events: Vec::new(),
        }
    })
}

pub(super) fn app() -> impl Strategy<Value = App> {
    let proof = prop_oneof![
        any::<[u8; 32]>().prop_map(AppProof::Api),
        any::<[u8; 32]>().prop_map(AppProof::Spark),
        sealed().prop_map(AppProof::Hawk),
    ];
    let id = any::<[u8; 16]>().prop_map(AppId::from_bytes);
    (id, tenant(), ".*", any::<u16>(), at(), proof).prop_map(|(id, tenant, name, bits, created_at, proof)| {
        App { id, tenant, name, scopes: Scopes::from_bits(bits), created_at, proof }
    })
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let actor = prop_oneof![
        Just(Actor::Nobody),
        Just(Actor::Server),
        any::<[u8; 16]>().prop_map(|id| Actor::Session(SessionId::from_bytes(id))),
        any::<[u8; 16]>().prop_map(|id| Actor::App(AppId::from_bytes(id))),
    ];
    let origin = ("[a-z_]{1,12}", actor, ".*").prop_map(|(dialect, actor, request_id)| Origin {
        dialect,
        actor,
        request_id,
    });
    let ids = any::<([u8; 16], [u8; 16])>();
    let of_one = ids.prop_flat_map(|(id, account)| {
        let account = AccountId::from_bytes(account);
        (Just(id), Just(account), prop_oneof![what().boxed(), approvals::what(account).boxed()])
    });
    (of_one, tenant(), at(), origin).prop_map(|((id, account, what), tenant, at, origin)| Event {
        id: EventId::from_bytes(id),
        account,
        tenant,
        at,
        origin,
        what,
    })
}

fn what() -> impl Strategy<Value = What> {
    let bare = vec![What::AccountCreated, What::AccountErased, What::ComparedWithLogin];
    let of_kind: Vec<fn(Kind) -> What> = vec![
        What::SecretSet,
        What::SecretChanged,
        What::SecretReset,
        What::SecretMadeTemporary,
        What::SecretVerified,
        What::SecretMissed,
        What::SecretKept,
        What::LastGuessLeft,
        What::DeviceRemembered,
    ];
    let of_code: Vec<fn(Purpose) -> What> = vec![What::CodeMissed, What::CodeRedeemed];
    let of_session: Vec<fn(SessionId) -> What> = vec![What::SessionOpened, What::SessionEnded];
    let session = any::<[u8; 16]>().prop_map(SessionId::from_bytes);
    let code = any::<[u8; 16]>().prop_map(CodeId::from_bytes);
    prop_oneof![
        select(bare),
        vec(kind(), 0..4).prop_map(What::AccountImported),
        (select(of_kind), kind()).prop_map(|(what, kind)| what(kind)),
        (select(of_code), purpose()).prop_map(|(what, purpose)| what(purpose)),
        (select(of_session), session).prop_map(|(what, id)| what(id)),
        (kind(), of(at())).prop_map(|(kind, until)| What::Locked { kind, until }),
        (kind(), of(at())).prop_map(|(kind, until)| What::DeviceLocked { kind, until }),
        any::<bool>().prop_map(|merged| What::Restored { merged }),
        (kind(), ".*").prop_map(|(kind, reason)| What::Unlocked { kind, reason }),
        (kind(), ".*").prop_map(|(kind, reason)| What::SecretDisabled { kind, reason }),
        (code, purpose()).prop_map(|(code, purpose)| What::CodeIssued { code, purpose }),
        frequency().prop_map(What::AskFrequencyChosen),
        at().prop_map(|until| What::WindowOpened { until }),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    let agent = any::<(i64, i64)>().prop_map(|(agentid, usercode)| Agent { agentid, usercode });
    let wallet = (any::<[u8; 16]>(), name(), name()).prop_map(|(app, addr, user_id)| Wallet {
        app: AppId::from_bytes(app),
        addr,
        user_id,
    });
    (of(name()), of(name()), of(agent), of(wallet), vec(sealed(), 0..3)).prop_map(
        |(username, user_id, agent, wallet, mobiles)| Profile { username, user_id, agent, wallet, mobiles },
    )
}

fn credential() -> impl Strategy<Value = Credential> {
    let input = select(vec![Input::Plain, Input::LegacyDigest]);
    let verifier = (any::<u64>(), input, sealed()).prop_map(|(version, input, sealed)| Verifier {
        version,
        input,
        sealed,
    });
    let state = prop_oneof![
        Just(SecretState::Unset),
        verifier.clone().prop_map(SecretState::Active),
        (verifier, at()).prop_map(|(verifier, until)| SecretState::Temporary { verifier, until }),
    ];
    let device = (any::<[u8; 16]>(), at(), ledger()).prop_map(|(id, seen_at, ledger)| Device {
        id: DeviceId::from_bytes(id),
        seen_at,
        ledger,
    });
    (any::<u64>(), state, ledger(), vec(device, 0..3))
        .prop_map(|(version, state, ledger, devices)| Credential { version, state, ledger, devices })
}

pub(super) fn ledger() -> impl Strategy<Value = Ledger> {
    let gate = prop_oneof![
        Just(Gate::Open),
        Just(Gate::Blocked),
        Just(Gate::Disabled),
        at().prop_map(|until| Gate::Locked { until })
    ];
    let fate = select(vec![Fate::InFlight, Fate::Missed]);
    let tag = of(any::<[u8; 16]>().prop_map(Tag));
    let charge =
        (any::<u64>(), at(), fate, tag).prop_map(|(number, at, fate, tag)| Charge { number, at, fate, tag });
    (any::<u64>(), any::<u64>(), any::<u32>(), gate, vec(charge, 0..6)).prop_map(
        |(next, burst_from, locks, gate, charges)| Ledger { next, burst_from, locks, gate, charges },
    )
}

fn codes() -> impl Strategy<Value = CodeBook> {
    let code = (any::<([u8; 16], [u8; 32], u32, u8)>(), purpose(), at(), at()).prop_map(
        |((id, hash, missed, to), purpose, sent_at, expires_at)| Code {
            id: CodeId::from_bytes(id),
            purpose,
            hash,
            sent_at,
            expires_at,
            missed,
            to,
        },
    );
    let sim_change =
        (any::<[u8; 16]>(), at()).prop_map(|(mobile, changed_at)| SimChange { mobile, changed_at });
    let times = (vec(at(), 0..4), vec(at(), 0..4));
    (vec(code, 0..3), times, vec(sim_change, 0..3)).prop_map(|(live, (sent, missed), sim_changes)| CodeBook {
        live,
        sent,
        missed,
        sim_changes,
    })
}

pub(super) fn spending() -> impl Strategy<Value = Spending> {
    let slice = (at(), any::<(u64, u32, u32)>()).prop_map(|(began, (spent, delivered, verified))| Slice {
        began,
        spent: Money::from_millionths(spent),
        delivered,
        verified,
    });
    let breaker = prop_oneof![
        of(at()).prop_map(|since| Breaker::Closed { since }),
        (at(), at(), of(at())).prop_map(|(since, until, let_through)| Breaker::Tripped {
            since,
            until,
            let_through
        }),
    ];
    (vec(slice, 0..6), breaker).prop_map(|(slices, breaker)| Spending { slices, breaker })
}

fn session() -> impl Strategy<Value = Session> {
    (any::<([u8; 16], u64, u32)>(), at(), at(), sealed(), sealed()).prop_map(
        |((id, login_version, missed), opened_at, expires_at, key, login_digest)| Session {
            id: SessionId::from_bytes(id),
            opened_at,
            expires_at,
            login_version,
            key,
            login_digest,
            missed,
        },
    )
}

fn ask() -> impl Strategy<Value = AskState> {
    prop_oneof![
        Just(AskState::Every),
        (frequency(), at(), any::<bool>()).prop_map(|(chosen, until, counts)| AskState::Eased {
            chosen,
            until,
            counts
        }),
        at().prop_map(|until| AskState::Unchosen { until }),
    ]
}

fn window() -> impl Strategy<Value = Window> {
    let holder = any::<(bool, [u8; 16])>().prop_map(|(session, id)| {
        if session { Holder::Session(SessionId::from_bytes(id)) } else { Holder::App(AppId::from_bytes(id)) }
    });
    let window = |(holder, opened_at, until, counts)| Window { holder, opened_at, until, counts };
    (holder, at(), at(), any::<bool>()).prop_map(window)
}

fn kind() -> impl Strategy<Value = Kind> {
    select(Kind::ALL.to_vec())
}

fn purpose() -> impl Strategy<Value = Purpose> {
    select(Purpose::ALL.to_vec())
}

fn frequency() -> impl Strategy<Value = AskFrequency> {
    select(AskFrequency::ALL.to_vec())
}

fn at() -> impl Strategy<Value = Timestamp> + Clone {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn sealed() -> impl Strategy<Value = Sealed> + Clone {
    vec(any::<u8>(), 0..80).prop_map(Sealed)
}

fn tenant() -> impl Strategy<Value = TenantId> {
    "[a-z0-9_-]{1,32}".prop_map(|text| TenantId::parse(&text).expect("a tenant's name"))
}

fn name() -> impl Strategy<Value = Name> {
    "[^\\pC]{1,64}".prop_map(|text| Name::parse(&text).expect("a name"))
}
