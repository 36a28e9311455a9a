//! What commands of intents and holds say of themselves, and the answers to them.

use countersign_crypto::canonical::{self, digest_text};
use countersign_domain::answer::{IntentRefusal, Listed, Reply};
use countersign_domain::asking::{Basis, Day, Exemption, Shortage, Why};
use countersign_domain::command::{Command, NewIntent};
use countersign_domain::event::What;
use countersign_domain::hold::{Hold, HoldCause, Release};
use countersign_domain::id::IntentId;
use countersign_domain::intent::{
    Approval, Details, Digest, Factors, Grounds, IntentView, Line, Stage, StageName, Transaction, VoidCause,
};
use countersign_domain::money::{Amount, Currency, CurrencyCode, NotAnAmount};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};
use serde_json::{Value, json};

use super::answers::later;
use super::callers::ACCOUNT;
use super::commands::{holder_of, named, presented_of, subject_of};

/// The intent that every answer is about.
pub(crate) const INTENT: IntentId = IntentId::new(ACCOUNT, [7; 10]);

pub(crate) fn describe(command: &Command) -> Value {
    match command {
        Command::CreateIntent(new) => created(new),
        Command::IssueIntentCode { intent, mobile } => named(
            "IssueIntentCode",
            &[("intent", json!(intent.to_string())), ("mobile", json!(mobile.is_some()))],
        ),
        Command::ApproveIntent { intent, presented, code, holder } => named(
            "ApproveIntent",
            &[
                ("intent", json!(intent.to_string())),
                ("presented", json!(presented.as_ref().map(presented_of))),
                ("code", json!(code.as_ref().map(SecretText::expose))),
                ("holder", holder_of(*holder)),
            ],
        ),
        Command::ConsumeIntent { intent, digest } => named(
            "ConsumeIntent",
            &[
                ("intent", json!(intent.to_string())),
                ("digest", json!(digest.map(|Digest(digest)| digest_text(&digest)))),
            ],
        ),
        Command::CancelIntent(intent) => named("CancelIntent", &[("intent", json!(intent.to_string()))]),
        Command::ReadIntent(intent) => named("ReadIntent", &[("intent", json!(intent.to_string()))]),
        Command::ListIntents { subject, stage, page } => named(
            "ListIntents",
            &[
                ("subject", subject_of(subject)),
                ("state", json!(stage.map(StageName::as_str))),
                ("after", json!(page.after.map(|id| id.to_string()))),
                ("limit", json!(page.limit)),
            ],
        ),
        Command::ReleaseHolds { subject, reason } => {
            named("ReleaseHolds", &[("subject", subject_of(subject)), ("reason", json!(reason))])
        }
        _ => unreachable!("described elsewhere"),
    }
}

fn created(new: &NewIntent) -> Value {
    let line = |line: &Option<Line>| json!(line.as_ref().map(Line::as_str));
    named(
        "CreateIntent",
        &[
            ("account", json!(new.account.to_string())),
            ("amount", json!(new.amount)),
            ("currency", json!(new.currency.as_str())),
            ("payee", json!(new.payee.as_str())),
            ("payee_id", line(&new.payee_id)),
            ("reference", line(&new.reference)),
            ("memo", line(&new.memo)),
            ("details", json!(new.details.as_ref().map(Details::as_str))),
            ("life_s", json!(new.life_s)),
        ],
    )
}

pub(crate) fn reply(name: &str, args: &[&str], now: Timestamp) -> Option<Reply> {
    let receipt = || Some(SecretText::new("header.payload.signature".to_owned()));
    Some(match name {
        "IntentCreated" => Reply::IntentCreated(Box::new(view(Stage::Pending, now))),
        "Intent" => {
            let (stage, receipt) = match args[0] {
                "pending" => (Stage::Pending, None),
                "expired" => (Stage::Expired, None),
                "approved" => (Stage::Approved(by_secret(now)), receipt()),
                "spared" => (Stage::Approved(spared(now)), receipt()),
                "consumed" => (Stage::Consumed(by_secret(now), now + Span::from_secs(2)), receipt()),
                "cancelled" => (Stage::Cancelled(now), None),
                "voided" => (Stage::Voided(now, cause(args[1])), None),
                other => panic!("no stage is called {other}"),
            };
            Reply::Intent(Box::new(view(stage, now)), receipt)
        }
        "Whole" => {
            let until = now + Span::from_hours(1);
            Reply::Intent(Box::new(IntentView { hold_until: Some(until), ..whole(now) }), None)
        }
        "Intents" => {
            let items = vec![whole(now), view(Stage::Consumed(by_secret(now), now), now)];
            Reply::Intents(Listed { items, has_more: args.first() == Some(&"more") })
        }
        "Proposed" => Reply::Release(Release::Proposed { until: later(args, 0, now)? }),
        "Released" => Reply::Release(Release::Released),
        _ => return None,
    })
}

pub(crate) fn refusal(name: &str, args: &[&str]) -> Option<IntentRefusal> {
    let why = || {
        let word = args.first().copied().unwrap_or_default();
        Why::ALL.into_iter().find(|why| why.as_str() == word).expect("a reason")
    };
    Some(match name {
        "Consumed" => IntentRefusal::Consumed,
        "Voided" => IntentRefusal::Voided(cause(args[0])),
        "NotApproved" => IntentRefusal::NotApproved,
        "AlreadyApproved" => IntentRefusal::Approved,
        "Cancelled" => IntentRefusal::Cancelled,
        "Expired" => IntentRefusal::Expired,
        "DigestMismatch" => IntentRefusal::DigestMismatch,
        "SecretRequired" => IntentRefusal::SecretRequired(why()),
        "CodeRequired" => IntentRefusal::CodeRequired(why()),
        "FactorsIncorrect" => IntentRefusal::FactorsIncorrect { last_guess_left: !args.is_empty() },
        "OverLimit" => IntentRefusal::OverLimit(why()),
        "UnknownCurrency" => IntentRefusal::UnknownCurrency,
        "NotAnAmount" => IntentRefusal::NotAnAmount(NotAnAmount::Form),
        "TooFine" => IntentRefusal::NotAnAmount(NotAnAmount::Digits(2)),
        _ => return None,
    })
}

fn cause(word: &str) -> VoidCause {
    VoidCause::ALL.into_iter().find(|cause| cause.as_str() == word).expect("a cause")
}

fn view(stage: Stage, now: Timestamp) -> IntentView {
    let currency = CurrencyCode::parse("CNY").and_then(Currency::iso).expect("a currency");
    let transaction = Transaction {
        amount: Amount::parse("12.34", currency).expect("an amount"),
        currency,
        payee: Line::parse("ACME").expect("a line"),
        payee_id: None,
        reference: None,
        memo: Line::parse("tea"),
        details: None,
    };
    let expires_at = now + Span::from_minutes(5);
    let digested = canonical::intent::canonical(INTENT, &transaction, expires_at).expect("canonical");
    IntentView {
        id: INTENT,
        digest: Digest(canonical::digest(&digested)),
        transaction,
        created_at: now,
        expires_at,
        stage,
        hold_until: None,
    }
}

/// One event of each type that is about intents and holds.
pub(crate) fn events(until: Timestamp) -> Vec<What> {
    let (intent, digest) = (INTENT, Digest([0x5a; 32]));
    let day = Day { unasked: 100, by_one: 5_000, all: 5_000 };
    let basis = Basis {
        currency: CurrencyCode::parse("CNY").expect("a code"),
        units: 1_234,
        payee_known: true,
        device_known: false,
        window: None,
        day,
        hold_until: None,
    };
    let window = Some(Span::from_millis(61_500));
    let exempt = Grounds::Exempt { why: Exemption::Window, secret_at: Some(until) };
    vec![
        What::IntentCreated { intent, digest },
        What::IntentApproved { intent, grounds: Grounds::Factors(Factors::SecretAndCode), basis },
        What::IntentApproved { intent, grounds: exempt, basis: Basis { window, ..basis } },
        What::IntentConsumed { intent, digest },
        What::IntentCancelled(intent),
        What::IntentVoided { intent, cause: VoidCause::DigestMismatch },
        What::HoldBegun { cause: HoldCause::Reset, until },
        What::HoldReleaseProposed { reason: "called back".to_owned() },
        What::HoldReleased { reason: "called back too".to_owned() },
        What::IntentRefused { intent, presented: None, shortage: Shortage::Secret(Why::NewPayee), basis },
        What::IntentRefused {
            intent,
            presented: Some(Factors::Secret),
            shortage: Shortage::OnHold(until),
            basis,
        },
    ]
}

/// Three that run.
pub(crate) fn holds(now: Timestamp) -> Vec<Hold> {
    let hold = |cause, hours| Hold { cause, since: now, until: now + Span::from_hours(hours) };
    vec![hold(HoldCause::Reset, 24), hold(HoldCause::MobileChange, 25), hold(HoldCause::Restore, 24)]
}

/// One with all that an intent may have.
fn whole(now: Timestamp) -> IntentView {
    let mut view = view(Stage::Pending, now);
    view.transaction.payee_id = Line::parse("merchant-17");
    view.transaction.reference = Line::parse("A-1");
    view.transaction.details = Details::of_canonical("{\"order\":{\"items\":[1,2.5]}}".to_owned());
    view
}

fn by_secret(now: Timestamp) -> Approval {
    let at = now + Span::from_secs(1);
    Approval { at, version: 1, grounds: Grounds::Factors(Factors::Secret) }
}

fn spared(now: Timestamp) -> Approval {
    let at = now + Span::from_secs(1);
    Approval { at, version: 1, grounds: Grounds::Exempt { why: Exemption::Window, secret_at: Some(now) } }
}
