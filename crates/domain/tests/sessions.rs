//! Sessions: their number is bounded, and a new login secret ends those that the old one opened.

mod support;

use countersign_domain::account::Account;
use countersign_domain::attempt::{self, Begun, Guess, Purpose};
use countersign_domain::credential;
use countersign_domain::id::SessionId;
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::session::{self, Session, Standing};
use countersign_domain::time::Span;
use support::{World, verifier};

fn open(world: &World, account: &mut Account, n: u8) -> SessionId {
    let id = SessionId::from_bytes([n; 16]);
    let (opened_at, expires_at) = (world.now, world.now + Span::from_hours(2));
    let sealed = Sealed::default();
    let session = Session {
        id,
        opened_at,
        expires_at,
        login_version: 1,
        key: sealed.clone(),
        login_digest: sealed,
        missed: 0,
    };
    session::open(account, session, &world.scene());
    id
}

#[test]
fn the_oldest_session_goes_when_one_too_many_opens() {
    let world = World::new();
    let mut account = world.enrolled();
    let ids: Vec<_> = (0..17).map(|n| open(&world, &mut account, n)).collect();
    assert_eq!(session::standing(&account, ids[0], world.now), Standing::Ended);
    assert_eq!(session::standing(&account, ids[1], world.now), Standing::Live);
    assert_eq!(account.sessions.len(), 16);
}

#[test]
fn a_session_expires_and_is_told_from_one_that_was_ended() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let first = open(&world, &mut account, 1);
    let second = open(&world, &mut account, 2);
    assert!(session::end(&mut account, second, &world.scene()));
    assert!(!session::end(&mut account, second, &world.scene()));
    world.pass(Span::from_hours(2));
    assert_eq!(session::standing(&account, first, world.now), Standing::Expired);
    assert_eq!(session::standing(&account, second, world.now), Standing::Ended);
}

#[test]
fn a_new_login_secret_ends_every_session_unless_the_policy_says_otherwise() {
    for ends in [true, false] {
        let mut world = World::new();
        world.policy.sessions.end_on_login_change = ends;
        let mut account = world.enrolled();
        credential::set(&mut account, Kind::Login, verifier(1), None, &world.scene())
            .expect("a login secret");
        let id = open(&world, &mut account, 1);
        let Begun::Compare(ticket, _) = attempt::begin(&mut account, Guess::at(Kind::Login), &world.scene())
        else {
            panic!("a charged guess")
        };
        attempt::succeed(&mut account, ticket, Purpose::Change(verifier(2)), &world.scene())
            .expect("changed");
        let expected = if ends { Standing::Ended } else { Standing::Live };
        assert_eq!(session::standing(&account, id, world.now), expected);
    }
}
