//! What only the native API asks for and answers, by the words of a vector.

use core::fmt::Display;

use countersign_domain::answer::{Listed, OpenedSession, OutboxMessage, Reply};
use countersign_domain::app::{App, AppKind, AppProof, Scopes};
use countersign_domain::ask::{AskFrequency, AskView};
use countersign_domain::code::Purpose;
use countersign_domain::command::{AccountFilter, Command, DevCommand, NewAccount, Page};
use countersign_domain::event::{Actor, Event, Origin, What};
use countersign_domain::id::{AppId, CodeId, EventId};
use countersign_domain::identifier::{Agent, Mobile, Name, TenantId, Wallet};
use countersign_domain::secret::{Kind, Sealed, SecretText};
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::view::{AccountView, SecretStanding, SecretView};
use serde_json::{Value, json};

use super::answers::later;
use super::callers::{ACCOUNT, APP, SESSION};
use super::commands::{holder_of, kind_of, named, new_of, presented_of, subject_of};
use super::webhooks;

/// What such a command says of itself.
pub(crate) fn describe(command: &Command) -> Value {
    match command {
        Command::CreateAccount(new) => created(new),
        Command::ReadAccount(subject, holder) => {
            named("ReadAccount", &[("subject", subject_of(subject)), ("holder", holder_of(*holder))])
        }
        Command::FindAccounts { by, holder } => {
            named("FindAccounts", &[("by", filter_of(by)), ("holder", holder_of(*holder))])
        }
        Command::EraseAccount(subject) => named("EraseAccount", &[("subject", subject_of(subject))]),
        Command::Unlock { subject, kind, reason, holder } => named(
            "Unlock",
            &[
                ("subject", subject_of(subject)),
                ("kind", kind_of(*kind)),
                ("reason", json!(reason)),
                ("holder", holder_of(*holder)),
            ],
        ),
        Command::IssueCode { subject, purpose, mobile } => named(
            "IssueCode",
            &[
                ("subject", subject_of(subject)),
                ("purpose", json!(purpose.as_str())),
                ("mobile", json!(mobile.as_ref().map(|mobile| mobile.expose().to_owned()))),
            ],
        ),
        Command::OpenSession { username, login, expires_in_s } => named(
            "OpenSession",
            &[
                ("username", json!(username.as_str())),
                ("login", presented_of(login)),
                ("expires_in_s", json!(expires_in_s)),
            ],
        ),
        Command::EndSession { session, account } => {
            let account = ("account", json!(account.map(|id| id.to_string())));
            named("EndSession", &[("session", json!(session.to_string())), account])
        }
        Command::EndOwnSession(subject, id) => {
            named("EndOwnSession", &[("subject", subject_of(subject)), ("session", json!(id.to_string()))])
        }
        Command::CreateApp { name, kind, scopes } => named(
            "CreateApp",
            &[("name", json!(name)), ("kind", json!(kind.as_str())), ("scopes", scopes_of(*scopes))],
        ),
        Command::ListApps(page) => named("ListApps", &page_of(page)),
        Command::DeleteApp(id) => named("DeleteApp", &[("app", json!(id.to_string()))]),
        Command::ReadEvents { account, page } => {
            let [after, limit] = page_of(page);
            let account = ("account", json!(account.map(|id| id.to_string())));
            named("ReadEvents", &[account, after, limit])
        }
        Command::DisableSecret { subject, kind, reason, holder } => named(
            "DisableSecret",
            &[
                ("subject", subject_of(subject)),
                ("kind", json!(kind.as_str())),
                ("reason", json!(reason)),
                ("holder", holder_of(*holder)),
            ],
        ),
        Command::ReadEvent(id) => named("ReadEvent", &[("event", json!(id.to_string()))]),
        Command::Dev(DevCommand::AdvanceClock(step)) => named("AdvanceClock", &[("advance_s", json!(step))]),
        Command::Dev(DevCommand::ReadOutbox(account)) => {
            named("ReadOutbox", &[("account", json!(account.map(|id| id.to_string())))])
        }
        Command::NoteSimChange { subject, mobile, changed_at } => named(
            "NoteSimChange",
            &[
                ("subject", subject_of(subject)),
                ("mobile", json!(mobile.as_given())),
                ("changed_at", json!(changed_at.secs())),
            ],
        ),
        Command::ReplaceMobiles { subject, mobiles, holder } => named(
            "ReplaceMobiles",
            &[
                ("subject", subject_of(subject)),
                ("mobiles", json!(mobiles.iter().map(Mobile::as_given).collect::<Vec<_>>())),
                ("holder", holder_of(*holder)),
            ],
        ),
        Command::ReadKeySet => named("ReadKeySet", &[]),
        Command::FollowEvents(follow) => webhooks::describe_follow(follow),
        Command::Webhook(command) => webhooks::describe(command),
        _ => panic!("commands.rs describes it"),
    }
}

fn created(new: &NewAccount) -> Value {
    let name = |name: &Option<Name>| json!(name.as_ref().map(Name::as_str));
    let secrets: Vec<Value> =
        new.secrets.iter().map(|(kind, new)| json!({ "kind": kind.as_str(), "new": new_of(new) })).collect();
    let wallet = new.wallet.as_ref().map(|wallet| {
        json!({ "app": wallet.app.to_string(), "addr": wallet.addr.as_str(), "user_id": wallet.user_id.as_str() })
    });
    let mobiles: Vec<&str> = new.mobiles.iter().map(Mobile::expose).collect();
    named(
        "CreateAccount",
        &[
            ("username", name(&new.username)),
            ("user_id", name(&new.user_id)),
            ("agent", new.agent.map_or(Value::Null, agent_of)),
            ("mobiles", json!(mobiles)),
            ("wallet", json!(wallet)),
            ("secrets", json!(secrets)),
        ],
    )
}

fn agent_of(agent: Agent) -> Value {
    json!({ "agentid": agent.agentid, "usercode": agent.usercode })
}

fn filter_of(by: &AccountFilter) -> Value {
    match by {
        AccountFilter::Username(name) => json!({ "username": name.as_str() }),
        AccountFilter::UserId(name) => json!({ "user_id": name.as_str() }),
        AccountFilter::WalletAddr(name) => json!({ "wallet_addr": name.as_str() }),
        AccountFilter::Agent(agent) => agent_of(*agent),
        AccountFilter::Mobile(mobile) => json!({ "mobile": mobile.expose() }),
        AccountFilter::All(Page { after, limit }) => {
            json!({ "after": after.map(|id| id.to_string()), "limit": limit })
        }
    }
}

fn page_of<Id: Display>(Page { after, limit }: &Page<Id>) -> [(&'static str, Value); 2] {
    [("after", json!(after.as_ref().map(Id::to_string))), ("limit", json!(limit))]
}

fn scopes_of(scopes: Scopes) -> Value {
    json!(scopes.iter().map(countersign_domain::app::Scope::as_str).collect::<Vec<_>>())
}

/// A reply of that name, with fixed content; `None` if there is none.
pub(crate) fn reply(name: &str, args: &[&str], now: Timestamp) -> Option<Reply> {
    let text = |text: &str| SecretText::new(text.to_owned());
    Some(match name {
        "AccountCreated" => Reply::AccountCreated(Box::new(bare(now))),
        "Account" => Reply::Account(Box::new(full(now))),
        "Unlocked" => Reply::Unlocked(Box::new(bare(now))),
        "Accounts" => Reply::Accounts(listed(vec![bare(now)], args)),
        "SessionOpened" => Reply::SessionOpened(Box::new(OpenedSession {
            id: SESSION,
            account: ACCOUNT,
            access_token: text("the-access-token"),
            session_key: text("the-session-key"),
            expires_at: now + Span::from_secs(3600),
        })),
        "CodeIssued" => Reply::CodeIssued {
            id: CodeId::from_bytes([0xC0; 16]),
            expires_at: later(args, 0, now).expect("a life"),
            mobile_masked: "138****5678".to_owned(),
        },
        "SimChangeNoted" => Reply::SimChangeNoted {
            mobile_masked: "138****5678".to_owned(),
            changed_at: now,
            codes_from: later(args, 0, now),
        },
        "AppCreated" => {
            let kind = AppKind::parse(args[0]).expect("a kind");
            Reply::AppCreated(Box::new(app(kind, now)), text("the-credential"))
        }
        "Apps" => Reply::Apps(listed(AppKind::ALL.map(|kind| app(kind, now)).into(), args)),
        "Events" => Reply::Events(listed(events(now), args)),
        "Event" => Reply::Event(Box::new(events(now).swap_remove(0))),
        "Clock" => Reply::Clock(now),
        "Outbox" => Reply::Outbox(vec![OutboxMessage {
            account: ACCOUNT,
            to: "13812345678".to_owned(),
            code: text("204961"),
            purpose: Purpose::PaymentReset,
            text: text("204961 is your code"),
            sent_at: now,
        }]),
        "KeySet" => Reply::KeySet(r#"{"keys":[]}"#.to_owned()),
        "Following" => Reply::Following(Box::new(webhooks::follow())),
        _ => return webhooks::reply(name, args, now).map(Reply::Webhook),
    })
}

/// `more` as the first argument: there is more after this part.
fn listed<T>(items: Vec<T>, args: &[&str]) -> Listed<T> {
    Listed { items, has_more: args.first() == Some(&"more") }
}

/// An account with nothing but an id.
fn bare(now: Timestamp) -> AccountView {
    let unset = |kind| SecretView { kind, state: SecretStanding::Unset, remaining: 5 };
    AccountView {
        id: ACCOUNT,
        created_at: now,
        restored_at: None,
        username: None,
        user_id: None,
        agent: None,
        wallet: None,
        mobiles_masked: Vec::new(),
        secrets: Kind::ALL.map(unset),
        ask: AskView {
            frequency: AskFrequency::Every,
            expires_at: None,
            window_until: None,
            hold_until: None,
            now,
        },
        holds: Vec::new(),
    }
}

/// An account with everything: an active, a locked and a temporary secret.
fn full(now: Timestamp) -> AccountView {
    let hour = now + Span::from_hours(1);
    let [login, payment, query] =
        [SecretStanding::Active, SecretStanding::Locked(Some(hour)), SecretStanding::Temporary(hour)];
    AccountView {
        username: Name::parse("mei"),
        user_id: Name::parse("u-7"),
        agent: Some(Agent { agentid: 5_000_000_000, usercode: 42 }),
        wallet: Name::parse("0xabc").zip(Name::parse("w-9")).map(|(addr, user_id)| Wallet {
            app: APP,
            addr,
            user_id,
        }),
        restored_at: Some(now + Span::from_secs(60)),
        mobiles_masked: vec!["138****5678".to_owned()],
        secrets: [
            SecretView { kind: Kind::Login, state: login, remaining: 5 },
            SecretView { kind: Kind::Payment, state: payment, remaining: 0 },
            SecretView { kind: Kind::Query, state: query, remaining: 4 },
        ],
        ask: AskView {
            frequency: AskFrequency::Day,
            expires_at: Some(hour),
            window_until: None,
            hold_until: None,
            now,
        },
        holds: super::intents::holds(now),
        ..bare(now)
    }
}

fn app(kind: AppKind, now: Timestamp) -> App {
    let proof = match kind {
        AppKind::Api => AppProof::Api([0; 32]),
        AppKind::Spark => AppProof::Spark([0; 32]),
        AppKind::Hawk => AppProof::Hawk(Sealed::default()),
    };
    let scopes = [countersign_domain::app::Scope::SecretsVerify].into_iter().collect();
    App {
        id: AppId::from_bytes([0xAB; 16]),
        tenant: TenantId::default_tenant(),
        name: "checkout".to_owned(),
        scopes,
        created_at: now,
        proof,
    }
}

/// One event of each type, by each kind of actor.
fn events(now: Timestamp) -> Vec<Event> {
    let until = now + Span::from_hours(1);
    let code = CodeId::from_bytes([0xC0; 16]);
    let (kind, purpose) = (Kind::Payment, Purpose::PaymentReset);
    let by_app = [
        What::SecretSet(kind),
        What::SecretChanged(kind),
        What::SecretMadeTemporary(kind),
        What::SecretVerified(kind),
        What::SecretMissed(kind),
        What::LastGuessLeft(kind),
        What::SecretKept(kind),
        What::DeviceRemembered(kind),
        What::DeviceLocked { kind, until: Some(until) },
        What::DeviceLocked { kind, until: None },
        What::Locked { kind, until: Some(until) },
        What::Locked { kind, until: None },
        What::Unlocked { kind, reason: "seen at the counter".to_owned() },
        What::ComparedWithLogin,
        What::AccountErased,
    ];
    let by_nobody = [
        What::CodeIssued { code, purpose },
        What::CodeMissed(purpose),
        What::CodeRedeemed(purpose),
        What::SecretReset(kind),
        What::SessionOpened(SESSION),
    ];
    let by_session = [
        What::SessionEnded(SESSION),
        What::AskFrequencyChosen(AskFrequency::Hour),
        What::WindowOpened { until },
    ];
    let of_intents = super::intents::events(until);
    let imported = What::AccountImported(vec![Kind::Login, Kind::Payment]);
    let by_server =
        [What::AccountCreated, imported, What::Restored { merged: true }, What::Restored { merged: false }];
    let by = |actor: Actor| move |what| (actor, what);
    let all = by_app.into_iter().map(by(Actor::App(APP)));
    let all = all.chain(by_nobody.into_iter().map(by(Actor::Nobody)));
    let all = all.chain(by_session.into_iter().map(by(Actor::Session(SESSION))));
    let all = all.chain(of_intents.into_iter().map(by(Actor::App(APP))));
    let all = all.chain(by_server.into_iter().map(by(Actor::Server)));
    let disabled = What::SecretDisabled { kind, reason: "seen on a screen".to_owned() };
    let later_ones = [What::SimChanged { changed_at: now }, What::MobilesChanged, disabled];
    let all = all.chain(later_ones.into_iter().map(by(Actor::App(APP))));
    let event = |(actor, what)| Event {
        id: EventId::from_bytes([0xE0; 16]),
        account: ACCOUNT,
        tenant: TenantId::default_tenant(),
        at: now,
        origin: Origin { dialect: "native".to_owned(), actor, request_id: "req_1".to_owned() },
        what,
    };
    all.map(event).collect()
}
