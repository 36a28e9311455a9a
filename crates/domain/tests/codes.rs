//! Verification codes: single use, few attempts across re-sends, and limits on how many are sent.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::code::{self, Destination, Purpose, Use};
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
