//! Invariant A over random histories, against a model that knows nothing of the code: at most once, only what was approved,
//! only before it runs out, and never after a change, a reset, a lock or a restore.

mod support;

use std::collections::BTreeMap;

use countersign_domain::ask::AskFrequency;
use countersign_domain::attempt::{self, Begun, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::event::{Event, What};
use countersign_domain::hold;
use countersign_domain::id::IntentId;
use countersign_domain::intent::{Digest, Stage};
use countersign_domain::restore::restored;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::till::{LIFE, Till};
use support::verifier;

/// Few, so that histories meet the limits.
const TRIES: u32 = 2;
const OPEN: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Step {
    Create,
    Begin(u8),
    Right(u8),
    Wrong(u8),
    Lose(u8),
    Spare(u8),
    Choose,
    Consume(u8),
    ConsumeAnother(u8),
    Cancel(u8),
    Change,
    Reset,
    Temporary,
    Unlock,
    Hold(u32),
    Restore(bool),
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<u8>;
    prop_oneof![
        6 => Just(Step::Create),
        6 => which().prop_map(Step::Begin),
        6 => which().prop_map(Step::Right),
        3 => which().prop_map(Step::Wrong),
        1 => which().prop_map(Step::Lose),
        3 => which().prop_map(Step::Spare),
        1 => Just(Step::Choose),
        8 => which().prop_map(Step::Consume),
        1 => which().prop_map(Step::ConsumeAnother),
        1 => which().prop_map(Step::Cancel),
        1 => prop_oneof![
            2 => Just(Step::Change),
            1 => Just(Step::Reset),
            1 => Just(Step::Temporary),
            2 => Just(Step::Unlock),
            1 => any::<bool>().prop_map(Step::Restore),
            1 => (0..400_u32).prop_map(Step::Hold),
        ],
        3 => prop_oneof![0..30_u32, 0..400_u32, 0..5000_u32].prop_map(Step::Wait),
    ]
}

/// What the model knows of one intent.
struct Known {
    expires_at: Timestamp,
    begun: u32,
    /// In which generation of the secret it was approved.
    approved: Option<u32>,
    consumed: bool,
    over: bool,
}

struct History {
    till: Till,
    known: BTreeMap<[u8; 10], Known>,
    ids: Vec<IntentId>,
    tickets: Vec<(IntentId, Ticket)>,
    /// Grows with everything that ends what was approved before.
    generation: u32,
    heard: usize,
}

impl History {
    fn new() -> Self {
        let till = Till::under(|world| {
            let payments = &mut world.policy.payments;
            (payments.intents.tries, payments.intents.open, payments.intents.told) = (TRIES, OPEN, 3);
            payments.ask.ask_new_payee = false;
            payments.holds.reset = Span::from_minutes(2);
            payments.holds.unlock = Span::ZERO;
        });
        Self { till, known: BTreeMap::new(), ids: Vec::new(), tickets: Vec::new(), generation: 0, heard: 0 }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Create => self.create(),
            Step::Begin(which) => self.begin(which),
            Step::Right(which) => self.settle(which, true),
            Step::Wrong(which) => self.settle(which, false),
            Step::Lose(which) => drop(self.take(which)),
            Step::Spare(which) => self.spare(which),
            Step::Choose => self.till.choose(AskFrequency::Day),
            Step::Consume(which) => self.consume(which),
            Step::ConsumeAnother(which) => self.consume_another(which),
            Step::Cancel(which) => self.cancel(which),
            Step::Change => self.change(),
            Step::Reset => self.till.reset(),
            Step::Temporary => {
                let next = verifier(self.till.account.payment.version + 1);
                let scene = self.till.world.scene();
                credential::make_temporary(&mut self.till.account, Kind::Payment, next, &scene)
                    .expect("made");
            }
            Step::Unlock => {
                let scene = self.till.world.scene();
                credential::unlock(&mut self.till.account, Kind::Payment, "asked".into(), &scene)
                    .expect("set");
            }
            Step::Hold(secs) => {
                let (cause, until) = (hold::HoldCause::Unlock, self.till.world.now + Span::from_secs(secs));
                hold::begin_until(&mut self.till.account, cause, until, &self.till.world.scene());
            }
            Step::Restore(merged) => {
                let scene = self.till.world.scene();
                let backup = self.till.account.clone();
                self.till.account = restored(backup, merged.then_some(&self.till.account), &scene);
            }
            Step::Wait(secs) => self.till.world.pass(Span::from_secs(secs)),
        }
        self.listen();
    }

    /// A new generation begins with every event that ends approvals.
    fn listen(&mut self) {
        let events = &self.till.account.fresh_events;
        let ends = |what: &What| {
            matches!(
                what,
                What::SecretChanged(Kind::Payment)
                    | What::SecretReset(Kind::Payment)
                    | What::SecretMadeTemporary(Kind::Payment)
                    | What::Locked { kind: Kind::Payment, .. }
                    | What::Restored { .. }
            )
        };
        let new = events[self.heard..].iter().filter(|event| ends(&event.what)).count();
        self.generation += u32::try_from(new).expect("few");
        self.heard = events.len();
    }

    fn create(&mut self) {
        let open = |stage| matches!(stage, Some(Stage::Pending | Stage::Approved(_)));
        let room = self.ids.iter().filter(|&&id| open(self.till.stage(id))).count() < OPEN;
        let made = self.till.try_create("1", 1, LIFE);
        assert_eq!(made.is_ok(), room, "{made:?}");
        let Ok(id) = made else { return };
        let expires_at = self.till.world.now + LIFE;
        let new = Known { expires_at, begun: 0, approved: None, consumed: false, over: false };
        assert!(self.known.insert(*id.own(), new).is_none());
        self.ids.push(id);
    }

    fn begin(&mut self, which: u8) {
        let Some(id) = self.pick(which) else { return };
        let Begun::Compare(ticket, _) = self.till.begin(id) else { return };
        let now = self.till.world.now;
        let known = self.known(id);
        known.begun += 1;
        assert!(known.begun <= TRIES, "more comparisons for one intent than it bears");
        assert!(!known.over && !known.consumed && now < known.expires_at, "compared for nothing");
        self.tickets.push((id, ticket));
    }

    fn settle(&mut self, which: u8, right: bool) {
        let Some((id, ticket)) = self.take(which) else { return };
        if !right {
            self.till.miss(ticket);
            return;
        }
        if self.till.succeed(ticket).is_ok() {
            self.approved(id);
        }
    }

    fn spare(&mut self, which: u8) {
        let Some(id) = self.pick(which) else { return };
        if self.till.spared(id).is_ok() {
            let (grounds, basis) = self.till.last_approval();
            assert_eq!(grounds.count(), 0);
            assert!(basis.window.is_some(), "nothing else spares anybody here");
            self.approved(id);
        }
    }

    /// It was approved just now, so nothing may have ended it before.
    fn approved(&mut self, id: IntentId) {
        self.listen();
        let (generation, now) = (self.generation, self.till.world.now);
        let known = self.known(id);
        assert!(known.approved.is_none() && !known.over && !known.consumed && now < known.expires_at);
        known.approved = Some(generation);
    }

    fn consume(&mut self, which: u8) {
        let Some(id) = self.pick(which) else { return };
        let told = self.till.consume(id);
        self.listen();
        let (generation, now) = (self.generation, self.till.world.now);
        let held = self.till.account.holds.until(now).is_some();
        let known = self.known(id);
        let fit = known.approved == Some(generation) && now < known.expires_at;
        let fit = fit && !known.consumed && !known.over && !held;
        assert_eq!(told.is_ok(), fit, "{told:?}");
        known.consumed |= fit;
    }

    fn consume_another(&mut self, which: u8) {
        let Some(id) = self.pick(which) else { return };
        let approved = matches!(self.till.stage(id), Some(Stage::Approved(_)));
        self.till.consume_as(id, Some(Digest([0xff; 32]))).expect_err("never");
        self.known(id).over |= approved;
    }

    fn cancel(&mut self, which: u8) {
        let Some(id) = self.pick(which) else { return };
        if self.till.cancel(id).is_ok() {
            self.known(id).over = true;
        }
    }

    fn change(&mut self) {
        let next = verifier(self.till.account.payment.version + 1);
        if let Begun::Compare(ticket, _) = self.till.world.begin(&mut self.till.account) {
            let scene = self.till.world.scene();
            attempt::succeed(&mut self.till.account, ticket, Purpose::Change(next), &scene).expect("right");
        }
    }

    fn pick(&self, which: u8) -> Option<IntentId> {
        // Mostly one of the last few, as callers do.
        let from = self.ids.len().saturating_sub(if which < 200 { 3 } else { 20 });
        let some = &self.ids[from..];
        (!some.is_empty()).then(|| some[usize::from(which) % some.len()])
    }

    fn take(&mut self, which: u8) -> Option<(IntentId, Ticket)> {
        let place = usize::from(which).checked_rem(self.tickets.len())?;
        Some(self.tickets.swap_remove(place))
    }

    fn known(&mut self, id: IntentId) -> &mut Known {
        self.known.get_mut(id.own()).expect("it was made")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_history_consumes_what_must_not_be(steps in prop::collection::vec(step(), 1..150)) {
        let mut history = History::new();
        for step in steps {
            history.step(step);
        }
        let consumed = |event: &Event| match event.what {
            What::IntentConsumed { intent, .. } => Some(*intent.own()),
            _ => None,
        };
        let mut told: Vec<_> = history.till.account.fresh_events.iter().filter_map(consumed).collect();
        told.sort_unstable();
        let known = history.known.iter().filter(|(_, known)| known.consumed).map(|(own, _)| *own);
        prop_assert_eq!(told, known.collect::<Vec<_>>(), "each is told once");
    }
}

/// The histories are worth something only if much happens in them.
#[test]
fn histories_consume_refuse_and_void() {
    let mut runner = TestRunner::deterministic();
    let (mut consumed, mut voided, mut spared) = (0, 0, 0);
    for _ in 0..200 {
        let steps = prop::collection::vec(step(), 150).new_tree(&mut runner).expect("steps").current();
        let mut history = History::new();
        for step in steps {
            history.step(step);
        }
        for event in &history.till.account.fresh_events {
            consumed += usize::from(matches!(event.what, What::IntentConsumed { .. }));
            voided += usize::from(matches!(event.what, What::IntentVoided { .. }));
            spared += usize::from(
                matches!(event.what, What::IntentApproved { grounds, .. } if grounds.count() == 0),
            );
        }
    }
    assert!(consumed > 150 && voided > 400 && spared > 50, "{consumed} {voided} {spared}");
}
