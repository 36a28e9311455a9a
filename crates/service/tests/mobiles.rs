//! Mobile numbers whose SIM was changed, and others in their place.

mod support;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::code::Purpose;
use countersign_domain::command::{AccountFilter, Command, Subject};
use countersign_domain::event::What;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::Mobile;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::{APP, World, reset};

fn mobile(text: &str) -> Mobile {
    Mobile::parse(text).expect("a number")
}

fn issue(account: AccountId, to: &str) -> Command {
    let (subject, purpose) = (Subject::Account(account), Purpose::LoginReset);
    Command::IssueCode { subject, purpose, mobile: Some(mobile(to)) }
}

fn sim_change(world: &World, account: AccountId, of: &str) -> Command {
    let (subject, changed_at) = (Subject::Account(account), world.service.now());
    Command::NoteSimChange { subject, mobile: mobile(of), changed_at }
}

fn replace(account: AccountId, by: &[&str]) -> Command {
    let mobiles = by.iter().map(|text| mobile(text)).collect();
    Command::ReplaceMobiles { subject: Subject::Account(account), mobiles, holder: APP }
}

async fn found_by(world: &World, number: &str) -> Vec<AccountId> {
    let by = AccountFilter::Mobile(mobile(number));
    let Ok(Reply::Accounts(found)) = world.run(Command::FindAccounts { by, holder: APP }).await else {
        panic!("no list")
    };
    found.items.iter().map(|account| account.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_on_its_way_to_a_new_sim_is_worth_nothing_and_no_other_follows() {
    let world = World::new().await;
    let account =
        world.account_at("swapped", &["13812345678", "13812345679"], &[(Kind::Login, "kZ81mq")]).await;
    let code = world.code(account, Purpose::LoginReset).await;
    let noted = world.run(sim_change(&world, account, "+86 138 1234 5678")).await;
    let Ok(Reply::SimChangeNoted { mobile_masked, codes_from: Some(from), .. }) = noted else {
        panic!("not noted")
    };
    assert_eq!((mobile_masked.as_str(), from), ("138****5678", world.service.now() + Span::from_hours(72)));
    let told = world.run(reset(account, Kind::Login, &code, "another-1")).await.err();
    assert_eq!(told, Some(Refusal::CodeIncorrect { remaining: None }));
    world.clock.go_to(world.service.now() + Span::from_minutes(2));
    let limited = Some(Refusal::RateLimited { retry_at: from });
    assert_eq!(world.run(issue(account, "13812345678")).await.err(), limited);
    world.run(issue(account, "13812345679")).await.expect("the other number has another SIM");
    let unknown = world.run(sim_change(&world, account, "13900000000")).await.err();
    assert_eq!(unknown, Some(Refusal::NoMobile));
    // A restart forgets nothing; taking the number away and giving it back does not help either.
    let world = world.restart(7).await;
    for numbers in [&["13812345679"][..], &["13812345679", "13812345678"]] {
        world.run(replace(account, numbers)).await.expect("replaced");
    }
    assert_eq!(world.run(issue(account, "13812345678")).await.err(), limited);
    world.clock.go_to(from);
    world.run(issue(account, "13812345678")).await.expect("the wait is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_its_new_numbers_only_and_codes_to_the_old_ones_end() {
    let world = World::new().await;
    let account =
        world.account_at("moving", &["13812345678", "+1 415 555 0100"], &[(Kind::Login, "kZ81mq")]).await;
    let neighbour = world.account("staying", &[]).await;
    let code = world.code(account, Purpose::LoginReset).await;
    let replaced = world.run(replace(account, &["+44 7700 900123", "+1 415 555 0100"])).await;
    let Ok(Reply::Account(view)) = replaced else { panic!("not replaced") };
    assert_eq!(view.id, account);
    assert_eq!(found_by(&world, "13812345678").await, [neighbour]);
    assert_eq!(found_by(&world, "+44 7700 900123").await, [account]);
    assert_eq!(found_by(&world, "+1 415 555 0100").await, [account]);
    let told = world.run(reset(account, Kind::Login, &code, "another-1")).await.err();
    assert_eq!(told, Some(Refusal::CodeIncorrect { remaining: None }));
    world.clock.go_to(world.service.now() + Span::from_minutes(2));
    assert_eq!(world.run(issue(account, "13812345678")).await.err(), Some(Refusal::NoMobile));
    let sent = world.code(account, Purpose::QueryReset).await;
    let message = world.sender.sent.lock().expect("not poisoned").last().expect("sent").clone();
    assert!(message.code.expose() == sent.expose() && message.dialled.digits() == "447700900123");
    // None at all is a choice too, and everything of it goes with the account.
    world.run(replace(account, &[])).await.expect("replaced");
    assert_eq!(found_by(&world, "+44 7700 900123").await, []);
    world.run(Command::EraseAccount(Subject::Account(account))).await.expect("erased");
    assert_eq!(found_by(&world, "13812345678").await, [neighbour]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_leave_an_event_and_a_hold() {
    let world = World::new().await;
    let account = world.account("watched", &[]).await;
    world.run(sim_change(&world, account, "13812345678")).await.expect("noted");
    world.run(replace(account, &["13812345679"])).await.expect("replaced");
    let page = countersign_domain::command::Page { after: None, limit: 50 };
    let read = world.run(Command::ReadEvents { account: Some(account), page }).await;
    let Ok(Reply::Events(events)) = read else { panic!("no events") };
    let told: Vec<&What> = events.items.iter().rev().map(|event| &event.what).collect();
    let [What::AccountCreated, What::SimChanged { .. }, What::HoldBegun { .. }, What::MobilesChanged, ..] =
        told[..]
    else {
        panic!("{told:?}")
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_number_that_is_new_begins_a_hold_and_codes_to_those_that_stay_are_good() {
    const FIRST: &str = "13812345678";
    const SECOND: &str = "+1 415 555 0100";
    let cases: [(&[&str], bool, bool); 7] = [
        (&[FIRST, SECOND], false, true),
        (&["+86 138 1234 5678", "+14155550100"], false, true),
        (&[SECOND, FIRST], false, true),
        (&[SECOND], false, false),
        (&[], false, false),
        (&["13900000000", SECOND, FIRST], true, true),
        // The same digits, and another country's number.
        (&[FIRST, "14155550100"], true, true),
    ];
    for (numbers, held, good) in cases {
        let world = World::new().await;
        let account = world.account_at("steady", &[FIRST, SECOND], &[(Kind::Login, "kZ81mq")]).await;
        let code = world.code(account, Purpose::LoginReset).await;
        let Ok(Reply::Account(view)) = world.run(replace(account, numbers)).await else {
            panic!("not replaced")
        };
        assert_eq!(view.ask.hold_until.is_some(), held, "{numbers:?}");
        // Where it stays, it is still known to which number the code went.
        if let (true, Some(last)) = (good, numbers.last().filter(|last| **last == FIRST)) {
            world.run(sim_change(&world, account, last)).await.expect("noted");
            let told = world.run(reset(account, Kind::Login, &code, "another-1")).await.err();
            assert_eq!(told, Some(Refusal::CodeIncorrect { remaining: None }), "{numbers:?}");
            continue;
        }
        let told = world.run(reset(account, Kind::Login, &code, "another-1")).await.err();
        assert_eq!(told, (!good).then_some(Refusal::CodeIncorrect { remaining: None }), "{numbers:?}");
    }
}
