//! The calm after everything: nothing goes wrong any more, the trail is read, and every owner gets to their secret.

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::command::{Command, Page};
use countersign_domain::event::{Actor, Event, Origin, What};
use countersign_domain::intent::Grounds;
use countersign_domain::secret::Kind;
use countersign_service::Context;

use crate::check;
use crate::client::is_temporary;
use crate::history::Run;
use crate::record::{Answer, Ask, Told, UNKNOWN};

/// A day and a little, in milliseconds: longer than any limit but that of a lifetime.
const DAY: i64 = 86_460_000;

/// Reads the trail, and lets every secret be used that was asked about.
pub(crate) fn find(run: &mut Run<'_>) -> Result<(), String> {
    run.calm();
    run.settle()?;
    if run.dice.once_in(3) {
        run.restart()?;
    }
    read_trail(run)?;
    for (account, kind) in check::secrets(&run.record) {
        let limits = run.plan.policy.guesses;
        let possible = check::possible(&run.record, &limits, account, kind);
        let known = possible.iter().copied().next().filter(|_| possible.len() == 1);
        match known {
            Some(secret) if secret != 0 && secret != UNKNOWN && !is_temporary(secret) => {
                let secret = use_it(run, account, kind, secret)?;
                if kind == Kind::Payment && run.plan.payments {
                    pay(run, account, secret)?;
                }
            }
            // What nobody can know is replaced.
            Some(_) => drop(reset(run, account, kind)?),
            None => {}
        }
    }
    run.tell_everything()?;
    read_trail(run)?;
    run.follow_to_the_end()?;
    tell_feed(run);
    read_stages(run)
}

/// The right secret is accepted as soon as the policy says so. The one that is right then: it may take a reset.
fn use_it(run: &mut Run<'_>, account: usize, kind: Kind, secret: u32) -> Result<u32, String> {
    for _ in 0..6 {
        let now = run.world.clock.millis();
        match ask(run, account, kind, Ask::Verify(secret))? {
            Some(Answer::Right) => return Ok(secret),
            Some(Answer::Locked(Some(until))) if until > now => run.set_clock_to(until),
            Some(Answer::Locked(None)) => return reset(run, account, kind),
            Some(Answer::Busy) => {
                let in_flight = run.plan.policy.guesses.in_flight.millis();
                // A clock that was set back may have left a guess in the future.
                let latest = run.record.clock.iter().map(|&(_, clock)| clock).max().unwrap_or(now);
                run.set_clock_to(latest.max(now) + in_flight);
            }
            other => {
                return Err(format!(
                    "liveness: in the calm, the right {kind} secret of owner-{account} is answered {other:?}"
                ));
            }
        }
    }
    Err(format!("liveness: in the calm, the right {kind} secret of owner-{account} is not accepted in time"))
}

/// When every hold is over, the right secret pays, once.
fn pay(run: &mut Run<'_>, account: usize, secret: u32) -> Result<(), String> {
    let latest = run.record.clock.iter().map(|&(_, clock)| clock).max().unwrap_or_default();
    run.set_clock_to(latest + DAY);
    // Guesses that nobody settled may have locked it meanwhile.
    let before = run.record.ops.len();
    let secret = use_it(run, account, Kind::Payment, secret)?;
    if run.record.ops[before..].iter().any(|op| matches!(op.ask, Ask::Reset(..))) {
        let now = run.world.clock.millis();
        run.set_clock_to(now + DAY);
    }
    let created = ask(run, account, Kind::Payment, Ask::Create(100))?;
    let Some(Answer::Created(number)) = created else {
        return Err(format!("liveness: in the calm, an intent of owner-{account} is answered {created:?}"));
    };
    let steps = [
        (Ask::Approve(number, Some(secret), 0), Answer::Approved),
        (Ask::Consume(number, true), Answer::Consumed),
        (Ask::Consume(number, true), Answer::ConsumedBefore),
    ];
    for (step, expected) in steps {
        let answer = ask(run, account, Kind::Payment, step)?;
        if answer != Some(expected) {
            return Err(format!("liveness: in the calm, {step:?} of owner-{account} is answered {answer:?}"));
        }
    }
    Ok(())
}

/// A reset by code works, and so does the secret that it sets, which is given.
fn reset(run: &mut Run<'_>, account: usize, kind: Kind) -> Result<u32, String> {
    for _ in 0..4 {
        let latest = run.record.clock.iter().map(|&(_, clock)| clock).max().unwrap_or_default();
        run.set_clock_to(latest + DAY);
        match ask(run, account, kind, Ask::Code)? {
            Some(Answer::Done) => {}
            Some(Answer::Limited(_)) => continue,
            other => return Err(format!("liveness: in the calm, a code is answered {other:?}")),
        }
        let secret = run.clients.wrong();
        match ask(run, account, kind, Ask::Reset(secret, true))? {
            Some(Answer::Written) => {}
            other => return Err(format!("liveness: in the calm, a reset is answered {other:?}")),
        }
        return match ask(run, account, kind, Ask::Verify(secret))? {
            Some(Answer::Right) => Ok(secret),
            other => {
                Err(format!("liveness: in the calm, a secret that was just reset is answered {other:?}"))
            }
        };
    }
    Err(format!("liveness: in the calm, owner-{account} gets no code"))
}

fn ask(run: &mut Run<'_>, account: usize, kind: Kind, ask: Ask) -> Result<Option<Answer>, String> {
    let op = run.begin(account, kind, ask);
    run.settle()?;
    Ok(run.record.ops[op].answer())
}

/// Reads the trail. What an earlier reading found must be in it still, unless a restore knew nothing of it.
pub(crate) fn read_trail(run: &mut Run<'_>) -> Result<(), String> {
    let record = &mut run.record;
    let told = core::mem::take(&mut record.told);
    let verified = core::mem::take(&mut record.verified);
    let kept = core::mem::take(&mut record.kept);
    let spent = core::mem::take(&mut record.spent);
    record.trail.clear();
    read_events(run)?;
    let record = &mut run.record;
    let lost = [
        still(&mut record.told, told),
        still(&mut record.verified, verified),
        still(&mut record.kept, kept),
        still(&mut record.spent, spent),
    ];
    if lost.contains(&true) && record.restores.iter().all(|restore| restore.known) {
        return Err("D: the trail has lost what it told before".to_owned());
    }
    Ok(())
}

/// Adds what was read before and is no longer there; whether there was any.
fn still<T: PartialEq>(now: &mut Vec<T>, before: Vec<T>) -> bool {
    let gone: Vec<T> = before.into_iter().filter(|known| !now.contains(known)).collect();
    let lost = !gone.is_empty();
    now.extend(gone);
    lost
}

fn read_events(run: &mut Run<'_>) -> Result<(), String> {
    for (place, id) in run.template.accounts().iter().enumerate() {
        let mut after = None;
        loop {
            let origin = Origin {
                dialect: "simulation".to_owned(),
                actor: Actor::Server,
                request_id: "trail".to_owned(),
            };
            let page = Page { after, limit: 200 };
            let machine = run.machine();
            let read = machine
                .service
                .execute(Command::ReadEvents { account: Some(*id), page }, Context::of(origin));
            let Ok(Ok(done)) = machine.alone(read) else {
                return Err("fault: the trail is not read".to_owned());
            };
            let Reply::Events(events) = done.reply else {
                return Err("fault: the trail is no trail".to_owned());
            };
            for event in &events.items {
                note(run, place, event);
            }
            after = events.items.last().map(|event| event.id);
            if !events.has_more {
                break;
            }
        }
    }
    Ok(())
}

/// What the feed told, for people.
fn tell_feed(run: &mut Run<'_>) {
    for fed in core::mem::take(&mut run.record.fed) {
        let op = fed.op.map(|op| format!(" by #{op}")).unwrap_or_default();
        run.tell(format_args!("fed owner-{} at {}{op}, {}: {:?}", fed.account, fed.place, fed.at, fed.what));
        run.record.fed.push(fed);
    }
}

/// Asks how every intent stands that the clients know.
fn read_stages(run: &mut Run<'_>) -> Result<(), String> {
    let intents: Vec<_> = run.record.intents.iter().map(|made| made.id).collect();
    for id in intents {
        let origin = Origin {
            dialect: "simulation".to_owned(),
            actor: Actor::Server,
            request_id: "stages".to_owned(),
        };
        let machine = run.machine();
        let read = machine.service.execute(Command::ReadIntent(id), Context::of(origin));
        match machine.alone(read) {
            Ok(Ok(done)) => {
                if let Reply::Intent(view, _) = done.reply {
                    run.record.stages.push((id, view.stage));
                }
            }
            // Old ones make way for new ones, and a restore may know nothing of it.
            Ok(Err(Refusal::NotFound)) => {}
            Ok(Err(refusal)) => return Err(format!("A: in the calm, an intent is read as {refusal:?}")),
            Err(fault) => return Err(format!("fault: an intent is not read: {fault}")),
        }
    }
    Ok(())
}

fn note(run: &mut Run<'_>, account: usize, event: &Event) {
    run.record.trail.push((account, event.id));
    let Ok(op) = event.origin.request_id.parse() else { return };
    match event.what {
        What::SecretSet(kind)
        | What::SecretChanged(kind)
        | What::SecretReset(kind)
        | What::SecretMadeTemporary(kind) => run.record.told.push(Told { op, account, kind }),
        What::IntentApproved { grounds: Grounds::Factors(_), .. } => {
            run.record.verified.push((op, Kind::Payment));
        }
        What::SecretVerified(kind) => run.record.verified.push((op, kind)),
        What::DeviceLocked { kind, until: None } => run.record.spent.push((account, kind)),
        What::SecretKept(kind) => run.record.kept.push((op, kind)),
        _ => {}
    }
}
