//! Invariant A: an approval is consumed at most once, for the identical transaction, before it runs out, under the
//! verifier that gave it.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::asking::Why;
use countersign_domain::credential;
use countersign_domain::event::What;
use countersign_domain::id::IntentId;
use countersign_domain::intent::{Digest, Stage, VoidCause};
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::till::{LIFE, Till, digest};
use support::verifier;

type Told = Result<(), IntentRefusal>;

/// What can be done with an intent, in the order of the table's columns.
const ACTS: [&str; 6] = ["right", "wrong", "nothing", "consume", "consume another", "cancel"];

/// How an intent came to be what it is, what each act is told, and how it stands afterwards; where no word is given, as before.
type Row = (&'static str, fn(&mut Till) -> IntentId, [(Told, Option<&'static str>); 6]);

const fn all(told: Told) -> [(Told, Option<&'static str>); 6] {
    [(told, None); 6]
}

fn no(why: IntentRefusal) -> (Told, Option<&'static str>) {
    (Err(why), None)
}

fn table() -> Vec<Row> {
    use IntentRefusal as R;
    let wrong = Err(R::Voided(VoidCause::Guesses));
    let asked = R::SecretRequired(Why::NoWindow);
    vec![
        (
            "pending",
            |till| till.create("1"),
            [
                (Ok(()), Some("approved")),
                (Ok(()), None),
                no(asked),
                no(R::NotApproved),
                no(R::NotApproved),
                (Ok(()), Some("cancelled")),
            ],
        ),
        (
            "approved",
            |till| till.approved("1"),
            [
                no(R::Approved),
                no(R::Approved),
                no(R::Approved),
                (Ok(()), Some("consumed")),
                (Err(R::DigestMismatch), Some("voided")),
                (Ok(()), Some("cancelled")),
            ],
        ),
        ("consumed", consumed, all(Err(R::Consumed))),
        (
            "cancelled",
            cancelled,
            [
                no(R::Cancelled),
                no(R::Cancelled),
                no(R::Cancelled),
                no(R::NotApproved),
                no(R::NotApproved),
                (Ok(()), None),
            ],
        ),
        ("pending, expired", |till| expired(till, false), all(Err(R::Expired))),
        ("approved, expired", |till| expired(till, true), all(Err(R::Expired))),
        ("changed", |till| voided(till, Till::change), all(Err(R::Voided(VoidCause::SecretChanged)))),
        ("reset", |till| voided(till, Till::reset), all(Err(R::Voided(VoidCause::SecretReset)))),
        ("made temporary", |till| voided(till, temporary), all(Err(R::Voided(VoidCause::SecretReset)))),
        ("locked", |till| voided(till, Till::lock), all(Err(R::Voided(VoidCause::Locked)))),
        ("guessed at", guessed_at, all(wrong)),
        ("mismatched", mismatched, all(Err(R::Voided(VoidCause::DigestMismatch)))),
    ]
}

#[test]
fn every_act_on_every_state_is_told_what_the_table_says() {
    for (state, make, row) in table() {
        for (act, (told, after)) in ACTS.iter().zip(row) {
            let mut till = Till::new();
            let id = make(&mut till);
            // The window that the approval opened must not stand in for the secret here.
            till.account.windows.clear();
            let (before, charged) = (till.stage(id).expect("it is told of"), till.charged());
            let found = apply(&mut till, act, id);
            assert_eq!(found, told, "{act} on {state}");
            let stage = till.stage(id).expect("it is told of");
            assert_eq!(
                stage.name().as_str(),
                after.unwrap_or(before.name().as_str()),
                "after {act} on {state}"
            );
            if after.is_none() {
                assert_eq!(stage, before, "{act} on {state} changes nothing");
            }
            // Only a guess at one that waits is compared, and only a wrong one stays charged.
            let spent = usize::from((state, *act) == ("pending", "wrong"));
            assert_eq!(till.charged(), charged + spent, "{act} on {state}");
        }
    }
}

/// Does it; a wrong guess that was compared counts as done.
fn apply(till: &mut Till, act: &str, id: IntentId) -> Told {
    let told = match act {
        "right" => till.right(id),
        "wrong" => match till.wrong(id) {
            Refusal::Incorrect { .. } => Ok(()),
            refusal => Err(refusal),
        },
        "nothing" => till.spared(id),
        "consume" => till.consume(id),
        "consume another" => till.consume_as(id, Some(Digest([0xff; 32]))),
        "cancel" => till.cancel(id),
        other => panic!("no act is called {other}"),
    };
    told.map_err(|refusal| match refusal {
        Refusal::Intent(refusal) => refusal,
        other => panic!("{act}: {other:?}"),
    })
}

fn consumed(till: &mut Till) -> IntentId {
    let id = till.approved("1");
    till.consume(id).expect("approved");
    id
}

fn cancelled(till: &mut Till) -> IntentId {
    let id = till.approved("1");
    till.cancel(id).expect("open");
    id
}

fn expired(till: &mut Till, approved: bool) -> IntentId {
    let id = if approved { till.approved("1") } else { till.create("1") };
    till.world.pass(LIFE);
    id
}

fn voided(till: &mut Till, by: fn(&mut Till)) -> IntentId {
    let id = till.approved("1");
    by(till);
    id
}

fn temporary(till: &mut Till) {
    let next = verifier(till.account.payment.version + 1);
    credential::make_temporary(&mut till.account, Kind::Payment, next, &till.world.scene()).expect("made");
}

fn guessed_at(till: &mut Till) -> IntentId {
    let id = till.create("1");
    for _ in 0..3 {
        till.wrong(id);
    }
    id
}

fn mismatched(till: &mut Till) -> IntentId {
    let id = till.approved("1");
    till.consume_as(id, None).expect_err("no digest is another digest");
    id
}

#[test]
fn an_intent_that_nobody_has_is_not_found() {
    let mut till = Till::new();
    let id = IntentId::new(till.account.id, [9; 10]);
    assert_eq!(till.right(id), Err(Refusal::NotFound));
    assert_eq!(till.wrong(id), Refusal::NotFound);
    assert_eq!(till.spared(id), Err(Refusal::NotFound));
    assert_eq!(till.consume(id), Err(Refusal::NotFound));
    assert_eq!(till.cancel(id), Err(Refusal::NotFound));
    assert_eq!(till.charged(), 0);
}

#[test]
fn what_voids_one_voids_all_that_are_open_and_tells_each_once() {
    for by in [Till::change as fn(&mut Till), Till::reset, Till::lock, temporary] {
        let mut till = Till::new();
        let open = [till.create("1"), till.approved("2"), till.create("3")];
        let over = [consumed(&mut till), cancelled(&mut till)];
        let before = over.map(|id| till.stage(id));
        by(&mut till);
        assert!(open.iter().all(|&id| matches!(till.stage(id), Some(Stage::Voided(..)))));
        assert_eq!(over.map(|id| till.stage(id)), before, "what is over stays what it is");
        let told = till.account.fresh_events.iter();
        let told = told.filter(|event| matches!(event.what, What::IntentVoided { .. })).count();
        assert_eq!(told, open.len());
    }
}

/// What comes in between.
type End = fn(&mut Till, IntentId);

#[test]
fn a_guess_in_flight_approves_nothing_that_was_ended_meanwhile() {
    let ends: [(End, &str); 5] = [
        (|till, _| till.reset(), "reset"),
        (|till, _| locked_late(till), "lock"),
        (|till, id| till.cancel(id).expect("open"), "cancel"),
        (|till, _| till.world.pass(LIFE), "nothing, for long"),
        (|till, id| till.right(id).expect("right"), "another approval"),
    ];
    for (end, what) in ends {
        let mut till = Till::new();
        let id = till.create("1");
        let late = till.ticket(id);
        end(&mut till, id);
        let before = till.stage(id);
        till.succeed(late).expect_err(what);
        assert_eq!(till.stage(id), before, "{what}");
    }
}

/// A gate closes only after guesses in flight have aged.
fn locked_late(till: &mut Till) {
    till.world.pass(Span::from_secs(60));
    till.lock();
}

#[test]
fn so_many_are_open_and_no_more_and_time_makes_room() {
    let mut till = Till::under(|world| world.policy.payments.intents.open = 3);
    let ids = [till.create("1"), till.approved("2"), till.create("3")];
    let full = till.try_create("4", 1, LIFE);
    assert_eq!(full, Err(Refusal::RateLimited { retry_at: till.world.now + LIFE }));
    till.cancel(ids[0]).expect("open");
    till.create("5");
    assert!(till.try_create("6", 1, LIFE).is_err());
    till.consume(ids[1]).expect("approved");
    till.create("7");
    assert!(till.try_create("8", 1, LIFE).is_err());
    till.world.pass(LIFE);
    till.create("9");
}

#[test]
fn what_is_forgotten_can_never_be_consumed_again() {
    let mut till = Till::under(|world| world.policy.payments.intents.told = 2);
    let first = consumed(&mut till);
    let mismatch = mismatched(&mut till);
    for _ in 0..4 {
        consumed(&mut till);
    }
    for id in [first, mismatch] {
        assert_eq!(till.stage(id), None);
        assert_eq!(till.consume_as(id, Some(digest(id))), Err(Refusal::NotFound));
        assert_eq!(till.right(id), Err(Refusal::NotFound));
    }
    // Open ones are never forgotten, however many are over.
    let open = till.approved("1");
    for _ in 0..4 {
        consumed(&mut till);
    }
    assert_eq!(till.consume(open), Ok(()));
}
