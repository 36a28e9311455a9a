//! Ask frequency and windows: when the payment secret must be asked again.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::ask::{self, AskFrequency, Holder, WindowOpens};
use countersign_domain::asking::{Exemption, Why};
use countersign_domain::attempt::{self, Purpose};
use countersign_domain::credential;
use countersign_domain::id::{AppId, SessionId};
use countersign_domain::intent::Grounds;
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::session::{self, Session};
use countersign_domain::time::{Span, Timestamp};
use support::till::{HOLDER, Till};
use support::{World, verifier};

const MINE: Holder = Holder::Session(SessionId::from_bytes([1; 16]));
const OTHER: Holder = Holder::App(AppId::from_bytes([2; 16]));

fn open(world: &World, account: &Account, holder: Holder) -> Option<Timestamp> {
    ask::window_until(account, holder, &world.scene())
}

fn verify_as(world: &World, account: &mut Account, holder: Holder) -> Option<Timestamp> {
    let ticket = world.ticket(account);
    attempt::succeed(account, ticket, Purpose::Verify(Some(holder)), &world.scene())
        .expect("the right secret")
}

#[test]
fn after_the_first_secret_the_state_is_an_hour_and_no_window_is_open() {
    let mut world = World::new();
    let account = world.enrolled();
    let view = ask::view(&account, Some(MINE), &world.scene());
    assert_eq!(view.frequency, AskFrequency::Hour);
    assert_eq!(view.expires_at, Some(world.now + Span::from_hours(1)));
    assert_eq!(view.window_until, None);
    world.pass(Span::from_hours(1));
    assert_eq!(ask::view(&account, Some(MINE), &world.scene()).frequency, AskFrequency::Every);
}

#[test]
fn a_window_belongs_to_its_holder_and_ends_with_the_state() {
    let mut world = World::new();
    let mut account = world.enrolled();
    world.pass(Span::from_minutes(20));
    let until = verify_as(&world, &mut account, MINE).expect("a window");
    assert_eq!(until, world.now + Span::from_minutes(40), "a verify does not extend the state");
    assert_eq!(open(&world, &account, MINE), Some(until));
    assert_eq!(open(&world, &account, OTHER), None);
    world.pass(Span::from_minutes(40));
    assert_eq!(open(&world, &account, MINE), None);
}

#[test]
fn a_new_choice_never_lengthens_an_open_window() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let first = verify_as(&world, &mut account, MINE).expect("a window");
    world.pass(Span::from_minutes(10));
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnVerify, &world.scene());
    assert_eq!(account.ask.until(), Some(world.now + Span::from_hours(24)));
    assert_eq!(open(&world, &account, MINE), Some(first));
    let second = verify_as(&world, &mut account, MINE).expect("a window");
    assert_eq!(second, world.now + Span::from_hours(24));
    ask::choose(&mut account, AskFrequency::Hour, MINE, WindowOpens::OnVerify, &world.scene());
    assert_eq!(
        open(&world, &account, MINE),
        Some(world.now + Span::from_hours(1)),
        "the earlier of the two ends"
    );
    ask::choose(&mut account, AskFrequency::Every, MINE, WindowOpens::OnVerify, &world.scene());
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnVerify, &world.scene());
    assert_eq!(
        open(&world, &account, MINE),
        None,
        "a stolen session cannot choose a day and then skip the secret"
    );
}

#[test]
fn on_setting_the_choice_itself_opens_a_window() {
    let world = World::new();
    let mut account = world.enrolled();
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnSetting, &world.scene());
    assert_eq!(open(&world, &account, MINE), Some(world.now + Span::from_hours(24)));
    assert_eq!(open(&world, &account, OTHER), None);
}

#[test]
fn change_reset_lock_and_the_end_of_the_session_close_windows() {
    type Ending = fn(&mut World, &mut Account);
    let endings: [(&str, Ending); 4] = [
        ("change", |world, account| {
            let ticket = world.ticket(account);
            attempt::succeed(account, ticket, Purpose::Change(verifier(2)), &world.scene()).expect("changed");
        }),
        ("reset", |world, account| {
            credential::reset(account, Kind::Payment, verifier(2), &world.scene()).expect("reset");
        }),
        ("lock", |world, account| {
            for _ in 0..5 {
                world.miss(account);
            }
            // The window does not come back when the lock ends.
            world.pass(Span::from_minutes(16));
        }),
        ("end of session", |world, account| {
            let Holder::Session(id) = MINE else { unreachable!("a session") };
            let expires_at = world.now + Span::from_hours(2);
            let key = Sealed::default();
            let mine = Session {
                id,
                opened_at: world.now,
                expires_at,
                login_version: 0,
                key: key.clone(),
                login_digest: key,
                missed: 0,
            };
            session::open(account, mine, &world.scene());
            assert!(session::end(account, id, &world.scene()));
        }),
    ];
    for (name, end) in endings {
        let mut world = World::new();
        let mut account = world.enrolled();
        verify_as(&world, &mut account, MINE).expect("a window");
        end(&mut world, &mut account);
        assert_eq!(open(&world, &account, MINE), None, "{name}");
    }
}

#[test]
fn guesses_that_nobody_settled_close_the_window_by_their_age() {
    let mut world = World::new();
    let mut account = world.enrolled();
    verify_as(&world, &mut account, MINE).expect("a window");
    let lost: Vec<_> = (0..5).map(|_| world.ticket(&mut account)).collect();
    drop(lost);
    assert!(open(&world, &account, MINE).is_some());
    world.pass(Span::from_secs(60));
    assert_eq!(open(&world, &account, MINE), None);
}

#[test]
fn a_right_guess_that_comes_too_late_takes_the_window_with_it() {
    let mut world = World::new();
    let mut account = world.enrolled();
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnVerify, &world.scene());
    verify_as(&world, &mut account, MINE).expect("a window");
    let late = world.ticket(&mut account);
    for _ in 0..4 {
        world.miss(&mut account);
    }
    world.pass(Span::from_secs(60));
    attempt::succeed(&mut account, late, Purpose::Verify(Some(MINE)), &world.scene()).expect_err("too late");
    world.pass(Span::from_hours(1));
    assert_eq!(open(&world, &account, MINE), None, "nor does it come back when the lock ends");
}

#[test]
fn windows_go_with_their_sessions_so_they_are_bounded() {
    let mut world = World::new();
    let mut account = world.enrolled();
    ask::choose(&mut account, AskFrequency::Day, OTHER, WindowOpens::OnVerify, &world.scene());
    for n in 0..100 {
        let id = SessionId::from_bytes([n; 16]);
        let (opened_at, expires_at) = (world.now, world.now + Span::from_secs(1));
        let key = Sealed::default();
        let session = Session {
            id,
            opened_at,
            expires_at,
            login_version: 0,
            key: key.clone(),
            login_digest: key,
            missed: 0,
        };
        session::open(&mut account, session, &world.scene());
        verify_as(&world, &mut account, Holder::Session(id)).expect("a window");
        world.pass(Span::from_secs(2));
    }
    assert!(account.windows.len() <= 2, "{}", account.windows.len());
}

#[test]
fn the_same_choice_over_and_over_does_not_fill_the_trail() {
    let mut world = World::new();
    let mut account = world.enrolled();
    ask::choose(&mut account, AskFrequency::Hour, MINE, WindowOpens::OnVerify, &world.scene());
    account.fresh_events.clear();
    for _ in 0..50 {
        world.pass(Span::from_secs(1));
        ask::choose(&mut account, AskFrequency::Hour, MINE, WindowOpens::OnVerify, &world.scene());
        assert_eq!(
            account.ask.until(),
            Some(world.now + Span::from_hours(1)),
            "the time restarts all the same"
        );
    }
    assert!(account.fresh_events.is_empty());
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnVerify, &world.scene());
    assert_eq!(account.fresh_events.len(), 1);
}

#[test]
fn a_choice_made_while_locked_opens_nothing_later() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for _ in 0..5 {
        world.miss(&mut account);
    }
    ask::choose(&mut account, AskFrequency::Day, MINE, WindowOpens::OnSetting, &world.scene());
    world.pass(Span::from_hours(1));
    assert_eq!(open(&world, &account, MINE), None);
}

#[test]
fn a_temporary_secret_opens_no_window() {
    let world = World::new();
    let mut account = world.enrolled();
    credential::make_temporary(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("made");
    assert_eq!(verify_as(&world, &mut account, MINE), None);
}

#[test]
fn a_window_spares_a_payment_only_under_a_frequency_that_somebody_chose() {
    let mut till = Till::new();
    till.paid("1", 1);
    till.open_window();
    let id = till.create("1");
    let asked = Refusal::Intent(IntentRefusal::SecretRequired(Why::NoWindow));
    assert!(open(&till.world, &till.account, HOLDER).is_some(), "the dialects know no difference");
    assert_eq!(till.spared(id), Err(asked.clone()), "the server's own hour is nobody's choice");
    let events = till.account.fresh_events.len();
    till.choose(AskFrequency::Hour);
    assert_eq!(till.account.fresh_events.len(), events + 1, "the choice of the same hour is told");
    assert_eq!(till.spared(id), Err(asked), "the choice does not reach back to a window of before");
    till.open_window();
    assert_eq!(till.spared(id), Ok(()));
    till.consume(id).expect("approved");
    till.world.policy.payments.ask.ask_new_payee = true;
    let new = till.create_for("1", 2);
    let asked = Refusal::Intent(IntentRefusal::SecretRequired(Why::NewPayee));
    assert_eq!(
        till.spared(new),
        Err(asked),
        "where the rules say so, nobody is spared the first payment to a payee"
    );
}

#[test]
fn what_a_session_alone_chooses_or_opens_spares_no_payment_and_dates_no_secret() {
    let asked = || Err(Refusal::Intent(IntentRefusal::SecretRequired(Why::NoWindow)));
    for opens in [WindowOpens::OnVerify, WindowOpens::OnSetting] {
        let mut till = Till::new();
        till.paid("1", 1);
        ask::choose(&mut till.account, AskFrequency::Day, MINE, opens, &till.world.scene());
        till.open_window();
        assert!(open(&till.world, &till.account, HOLDER).is_some(), "the dialects know no difference");
        let id = till.create("1");
        assert_eq!(till.spared(id), asked(), "the secret was presented, but a session's token chose");
        till.choose(AskFrequency::Hour);
        till.open_window();
        assert_eq!(till.spared(id), Ok(()), "the platform chose, and the secret was presented");
        let id = till.create("1");
        ask::choose(&mut till.account, AskFrequency::Day, MINE, opens, &till.world.scene());
        assert_eq!(till.spared(id), Ok(()), "what was open before stays so");
        till.open_window();
        let id = till.create("1");
        assert_eq!(till.spared(id), asked(), "but the token's choice opens nothing that counts");
    }
}

#[test]
fn a_window_that_a_choice_opens_spares_no_payment_whoever_chose() {
    let mut till = Till::new();
    let rules = &mut till.world.policy.payments.ask.others;
    (rules.unasked, rules.unasked_day) = (Some(100), Some(100));
    till.paid("1", 1);
    ask::choose(&mut till.account, AskFrequency::Day, HOLDER, WindowOpens::OnSetting, &till.world.scene());
    assert!(open(&till.world, &till.account, HOLDER).is_some(), "the dialects take it");
    let id = till.create("2");
    let asked = Refusal::Intent(IntentRefusal::SecretRequired(Why::NoWindow));
    assert_eq!(till.spared(id), Err(asked), "nobody has presented a secret");
    let small = till.create("1");
    assert_eq!(till.spared(small), Ok(()));
    let undated = Grounds::Exempt { why: Exemption::SmallAmount, secret_at: None };
    assert_eq!(till.last_approval().0, undated, "no receipt dates a secret that nobody presented");
    till.open_window();
    assert_eq!(till.spared(id), Ok(()));
    let dated = Grounds::Exempt { why: Exemption::Window, secret_at: Some(till.world.now) };
    assert_eq!(till.last_approval().0, dated);
}
