//! Verification codes: single use, few attempts across re-sends, and limits on how many are sent.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::code::{self, Destination, NewMobiles, Purpose, Use};
use countersign_domain::id::CodeId;
use countersign_domain::time::Span;
use support::World;

const RIGHT: [u8; 32] = [1; 32];
const WRONG: [u8; 32] = [2; 32];
const TO: Destination = Destination { place: 0, mobile: [7; 16] };
const WHAT: Purpose = Purpose::PaymentReset;

fn issue(world: &World, account: &mut Account) -> Result<(), Refusal> {
    let id = CodeId::from_bytes([9; 16]);
    code::issue(account, id, WHAT, RIGHT, TO, true, &world.scene()).map(drop)
}

fn present(world: &World, account: &mut Account, hash: [u8; 32]) -> Result<(), Refusal> {
    code::present(account, WHAT, &hash, true, Use::Redeem, &world.scene())
}

fn wrong(remaining: u32) -> Result<(), Refusal> {
    Err(Refusal::CodeIncorrect { remaining: Some(remaining) })
}

#[test]
fn a_code_is_used_once_and_only_for_its_purpose() {
    let world = World::new();
    let mut account = world.account();
    issue(&world, &mut account).expect("the first");
    let other = code::present(&mut account, Purpose::LoginReset, &RIGHT, true, Use::Redeem, &world.scene());
    assert_eq!(other, Err(Refusal::CodeIncorrect { remaining: None }));
    assert_eq!(code::present(&mut account, WHAT, &RIGHT, true, Use::Look, &world.scene()), Ok(()));
    assert_eq!(present(&world, &mut account, RIGHT), Ok(()));
    assert_eq!(present(&world, &mut account, RIGHT), Err(Refusal::CodeIncorrect { remaining: None }));
}

#[test]
fn five_attempts_count_across_resends() {
    let mut world = World::new();
    let mut account = world.account();
    issue(&world, &mut account).expect("the first");
    for left in [4, 3, 2] {
        assert_eq!(present(&world, &mut account, WRONG), wrong(left));
    }
    world.pass(Span::from_minutes(1));
    issue(&world, &mut account).expect("a re-send");
    assert_eq!(present(&world, &mut account, WRONG), wrong(1));
    assert_eq!(present(&world, &mut account, WRONG), wrong(0));
    assert_eq!(present(&world, &mut account, RIGHT), wrong(0), "even the right one");
    world.pass(Span::from_minutes(1));
    assert!(
        matches!(issue(&world, &mut account), Err(Refusal::RateLimited { .. })),
        "a re-send does not help"
    );
    world.pass(Span::from_minutes(5));
    issue(&world, &mut account).expect("a new run");
    assert_eq!(present(&world, &mut account, RIGHT), Ok(()));
}

#[test]
fn a_wrong_mobile_spends_an_attempt_and_reads_the_same() {
    let world = World::new();
    let mut account = world.account();
    issue(&world, &mut account).expect("the first");
    assert_eq!(code::present(&mut account, WHAT, &RIGHT, false, Use::Redeem, &world.scene()), wrong(4));
}

#[test]
fn a_code_expires_and_an_expired_one_spends_nothing() {
    let mut world = World::new();
    let mut account = world.account();
    issue(&world, &mut account).expect("the first");
    world.pass(Span::from_minutes(5));
    assert_eq!(present(&world, &mut account, RIGHT), Err(Refusal::CodeExpired));
    assert!(account.codes.missed.is_empty());
}

#[test]
fn one_send_a_minute_and_ten_a_day() {
    let mut world = World::new();
    let mut account = world.account();
    let first = world.now;
    for sent in 1..=10 {
        issue(&world, &mut account).expect("within the limits");
        let soon = world.now + Span::from_minutes(1);
        let retry_at = if sent < 10 { soon } else { first + Span::from_hours(24) };
        assert_eq!(issue(&world, &mut account), Err(Refusal::RateLimited { retry_at }));
        world.pass(Span::from_minutes(1));
    }
    assert_eq!(
        issue(&world, &mut account),
        Err(Refusal::RateLimited { retry_at: first + Span::from_hours(24) })
    );
    world.now = first + Span::from_hours(24);
    issue(&world, &mut account).expect("the next day");
}

#[test]
fn twenty_wrong_codes_a_day_end_all_codes_for_that_day() {
    let mut world = World::new();
    world.policy.codes.per_account_day = 100;
    let mut account = world.account();
    for _ in 0..4 {
        issue(&world, &mut account).expect("a new run");
        for _ in 0..5 {
            assert!(present(&world, &mut account, WRONG).is_err());
        }
        world.pass(Span::from_minutes(6));
    }
    assert!(matches!(issue(&world, &mut account), Err(Refusal::RateLimited { .. })));
}

#[test]
fn a_number_with_a_new_sim_gets_no_code_for_three_days() {
    let mut world = World::new();
    let mut account = world.account();
    let other = Destination { place: 1, mobile: [8; 16] };
    issue(&world, &mut account).expect("before it was changed");
    let changed_at = world.now - Span::from_hours(2);
    let from = code::sim_changed(&mut account, TO, changed_at, &world.scene());
    assert_eq!(from, Some(changed_at + Span::from_hours(72)));
    assert_eq!(
        present(&world, &mut account, RIGHT),
        Err(Refusal::CodeIncorrect { remaining: None }),
        "it ended"
    );
    assert!(account.holds.until(world.now).is_some(), "payments rest");
    let retry_at = changed_at + Span::from_hours(72);
    assert_eq!(issue(&world, &mut account), Err(Refusal::RateLimited { retry_at }));
    let id = CodeId::from_bytes([9; 16]);
    let to_other = code::issue(&mut account, id, WHAT, RIGHT, other, true, &world.scene());
    assert!(to_other.is_ok(), "another number of the account has its own SIM");
    world.now = retry_at;
    issue(&world, &mut account).expect("the wait is over");
    assert!(account.codes.sim_changes.is_empty(), "and nothing is kept of it");
}

#[test]
fn a_change_of_sim_that_is_told_late_twice_or_from_the_future_is_one_change_of_the_past() {
    let world = World::new();
    let mut account = world.account();
    let wait = Span::from_hours(72);
    let mut told = |at| code::sim_changed(&mut account, TO, at, &world.scene());
    assert_eq!(told(world.now - wait), None, "long ago");
    let hour_ago = world.now - Span::from_hours(1);
    assert_eq!(told(hour_ago), Some(hour_ago + wait));
    assert_eq!(told(hour_ago - Span::from_hours(3)), Some(hour_ago + wait), "an older one");
    assert_eq!(told(world.now + wait), Some(world.now + wait), "one from the future is one of now");
    assert_eq!(account.codes.sim_changes.len(), 1);
    let holds: Vec<_> = account.holds.at(world.now).collect();
    assert_eq!(holds.len(), 1, "{holds:?}");
}

#[test]
fn other_numbers_end_the_codes_of_the_old_ones_and_keep_what_is_known_of_sims() {
    let world = World::new();
    let mut account = world.account();
    let other = Destination { place: 1, mobile: [8; 16] };
    issue(&world, &mut account).expect("a code");
    let _ = code::sim_changed(&mut account, other, world.now, &world.scene());
    assert_eq!(account.codes.live.len(), 1, "it went to the other number");
    let none = NewMobiles { sealed: Vec::new(), adds: false, moved: vec![None] };
    code::replace_mobiles(&mut account, none, &world.scene());
    assert!(account.codes.live.is_empty() && account.profile.mobiles.is_empty());
    assert_eq!(account.codes.sim_changes.len(), 1);
    assert!(account.holds.until(world.now).is_some());
}
