//! Approvals by the secret and a code: what the person reads, what the code is good for, and what a refusal tells.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal, Reply};
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewIntent, Page, Subject};
use countersign_domain::event::What;
use countersign_domain::id::{AccountId, IntentId};
use countersign_domain::identifier::Mobile;
use countersign_domain::intent::{Factors, Grounds, Line, Stage};
use countersign_domain::money::CurrencyCode;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::time::Span;
use support::{APP, World, plain};

const RIGHT: &str = "kZ81mq";

/// A server under whose policy the secret alone is never enough, and a person.
async fn world() -> (World, AccountId) {
    let mut policy = Policy::default();
    policy.payments.ask.others.one_factor = Some(0);
    policy.payments.intents.tries = 10;
    let world = World::with(policy, 8).await;
    let account = world.account("payer", &[(Kind::Payment, RIGHT)]).await;
    (world, account)
}

async fn intent(world: &World, account: AccountId, amount: &str, payee: &str) -> IntentId {
    let new = NewIntent {
        account,
        amount: amount.to_owned(),
        currency: CurrencyCode::parse("EUR").expect("a code"),
        payee: Line::parse(payee).expect("a line"),
        payee_id: None,
        reference: None,
        memo: None,
        details: None,
        life_s: None,
    };
    match world.run(Command::CreateIntent(Box::new(new))).await {
        Ok(Reply::IntentCreated(view)) => view.id,
        other => panic!("no intent: {:?}", other.err()),
    }
}

/// The code that was sent for an intent, and what its person reads.
async fn code(world: &World, intent: IntentId) -> (SecretText, String) {
    world.run(Command::IssueIntentCode { intent, mobile: None }).await.expect("a code");
    let sent = world.sender.sent.lock().expect("not poisoned");
    let last = sent.last().expect("sent");
    (last.code.clone(), last.text.expose().to_owned())
}

async fn approve(
    world: &World,
    intent: IntentId,
    secret: &str,
    code: Option<&SecretText>,
) -> Result<Grounds, Refusal> {
    let (presented, code) = (Some(plain(secret)), code.cloned());
    match world.run(Command::ApproveIntent { intent, presented, code, holder: APP }).await? {
        Reply::Intent(view, _) => match view.stage {
            Stage::Approved(approval) => Ok(approval.grounds),
            other => panic!("not approved: {other:?}"),
        },
        _ => panic!("approve answers with the intent"),
    }
}

/// Six digits that are another code.
fn another(code: &SecretText) -> SecretText {
    let last = if code.expose().ends_with('0') { '1' } else { '0' };
    SecretText::new(format!("{}{last}", &code.expose()[..5]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_names_amount_and_payee_and_its_code_approves_nothing_else() {
    let (world, account) = world().await;
    let small = intent(&world, account, "1.00", "ACME Tea").await;
    let large = intent(&world, account, "99.50", "Mallory").await;
    let refused = approve(&world, small, RIGHT, None).await;
    assert!(matches!(refused, Err(Refusal::Intent(IntentRefusal::CodeRequired(_)))), "the secret alone");
    let (of_small, text) = code(&world, small).await;
    let places = [of_small.expose(), "EUR 1.00", "ACME Tea"].map(|part| text.find(part));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "the code, the amount, the payee: {text}"
    );
    assert!(text.ends_with("ACME Tea"), "nothing that a payee could speak for: {text}");
    let neither = Err(IntentRefusal::FactorsIncorrect { last_guess_left: false }.into());
    assert_eq!(approve(&world, large, RIGHT, Some(&of_small)).await, neither, "another intent's code");
    let both = Ok(Grounds::Factors(Factors::SecretAndCode));
    assert_eq!(approve(&world, small, RIGHT, Some(&of_small)).await, both);
    world.clock.go_to(world.service.now() + Span::from_minutes(1));
    let (of_large, text) = code(&world, large).await;
    assert!(text.contains("EUR 99.50") && text.contains("Mallory"), "{text}");
    assert_eq!(approve(&world, large, RIGHT, Some(&of_small)).await, neither, "a code that was used");
    assert_eq!(approve(&world, large, RIGHT, Some(&of_large)).await, both);
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_is_wrong_the_refusal_the_comparison_and_the_charge_are_the_same() {
    for (secret_is_right, code_is_right) in [(false, true), (true, false), (false, false)] {
        let (world, account) = world().await;
        let intent = intent(&world, account, "1.00", "ACME Tea").await;
        let (right, _) = code(&world, intent).await;
        let code = if code_is_right { right.clone() } else { another(&right) };
        let secret = if secret_is_right { RIGHT } else { "not-the-one" };
        let before = world.comparisons(Kind::Payment);
        for _ in 0..5 {
            let refused = approve(&world, intent, secret, Some(&code)).await;
            assert_eq!(refused, Err(IntentRefusal::FactorsIncorrect { last_guess_left: false }.into()));
        }
        assert_eq!(world.comparisons(Kind::Payment) - before, 5);
        let sixth = approve(&world, intent, RIGHT, Some(&right)).await;
        let void = Err(Refusal::Intent(IntentRefusal::Voided(countersign_domain::intent::VoidCause::Locked)));
        assert_eq!(sixth, void, "five failures lock, by either factor or both");
        assert!(matches!(world.verify(account, Kind::Payment, RIGHT).await, Err(Refusal::Locked { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_approved_spends_no_attempt_at_the_code() {
    let mut policy = Policy::default();
    policy.payments.ask.others.one_factor = Some(0);
    policy.payments.holds.mobile_change = Span::from_minutes(2);
    policy.guesses.burst = 2;
    let world = World::with(policy, 8).await;
    let account = world.account("payer", &[(Kind::Payment, RIGHT)]).await;
    let waits = intent(&world, account, "1.00", "ACME Tea").await;
    let over = intent(&world, account, "2.00", "ACME Tea").await;
    world.run(Command::CancelIntent(over)).await.expect("cancelled");
    let (right, _) = code(&world, waits).await;
    let (wrong, none) = (another(&right), IntentId::new(account, [9; 10]));
    let before = world.comparisons(Kind::Payment);
    for (intent, refusal) in [(none, Refusal::NotFound), (over, IntentRefusal::Cancelled.into())] {
        for _ in 0..10 {
            assert_eq!(approve(&world, intent, RIGHT, Some(&wrong)).await, Err(refusal.clone()));
        }
    }
    let mobiles = vec![Mobile::parse("13900000000").expect("a number")];
    let subject = Subject::Account(account);
    world.run(Command::ReplaceMobiles { subject, mobiles, holder: APP }).await.expect("replaced");
    for _ in 0..10 {
        assert!(matches!(approve(&world, waits, RIGHT, Some(&wrong)).await, Err(Refusal::OnHold { .. })));
    }
    world.clock.go_to(world.service.now() + Span::from_minutes(2));
    assert_eq!(world.comparisons(Kind::Payment), before, "nothing was compared");
    assert_eq!(missed_codes(&world, account).await, 0);
    let (right, _) = code(&world, waits).await;
    for _ in 0..2 {
        let neither = approve(&world, waits, RIGHT, Some(&another(&right))).await;
        assert_eq!(neither, Err(IntentRefusal::FactorsIncorrect { last_guess_left: false }.into()));
    }
    for _ in 0..10 {
        approve(&world, waits, RIGHT, Some(&another(&right))).await.expect_err("locked, and void by it");
    }
    assert_eq!(missed_codes(&world, account).await, 2, "as many as guesses were charged");
}

/// How often a wrong code was presented, as the trail tells it.
async fn missed_codes(world: &World, account: AccountId) -> usize {
    let page = Page { after: None, limit: 100 };
    let Ok(Reply::Events(events)) = world.run(Command::ReadEvents { account: Some(account), page }).await
    else {
        panic!("a trail")
    };
    let missed = What::CodeMissed(Purpose::PaymentApprove);
    events.items.iter().filter(|event| event.what == missed).count()
}
