//! One history: whatever may happen next is chosen by the dice, until everything was asked; then comes the calm.

use std::collections::VecDeque;
use std::sync::Arc;

use countersign_crypto::engine::Work;

use crate::client::Clients;
use crate::courier::{self, SIDE};
use crate::dice::Dice;
use crate::kept;
use crate::machine::{Machine, World};
use crate::plan::Plan;
use crate::reader::Reader;
use crate::receiver::Receiver;
use crate::record::{Answer, Ask, Comparison, End, Record, Write};
use crate::restores::Backup;
use crate::story::{Story, Told};
use crate::surroundings::{SimulatedClock, Telephone};
use crate::tally::{Count, Tally};
use crate::tasks::{Ended, Tasks};
use crate::template::{BEGINNING, Template};
use crate::{calm, check};

/// What one history came to.
pub struct History {
    /// What rules it broke, in words; none if all is well.
    pub violations: Vec<String>,
    /// The story, as far as it was kept.
    pub story: Story,
    /// What happened how often.
    pub tally: Tally,
}

/// Runs the history of a seed.
#[must_use]
pub fn run(template: &Template, seed: u64, told: Told) -> History {
    let mut run = match Run::new(template, seed, told) {
        Ok(run) => run,
        Err(why) => {
            return History { violations: vec![why], story: Story::new(told), tally: Tally::default() };
        }
    };
    let ended = run.go_on().and_then(|()| calm::find(&mut run));
    let mut violations: Vec<String> = ended.err().into_iter().collect();
    if violations.is_empty() {
        violations = check::all(&run.record, &run.plan.policy, run.plan.payments);
    }
    let mut tally = run.tally;
    tally.read(&run.record);
    let story = std::mem::replace(&mut run.story, Story::new(Told::Nothing));
    History { violations, story, tally }
}

/// A history while it runs.
pub(crate) struct Run<'a> {
    pub(crate) dice: Dice,
    pub(crate) plan: Plan,
    pub(crate) world: World,
    pub(crate) template: &'a Template,
    /// Absent only while the server is started again.
    pub(crate) machine: Option<Machine>,
    pub(crate) clients: Clients,
    pub(crate) tasks: Tasks,
    /// Whose writes and jobs wait, in the order in which they came.
    pub(crate) writes: VecDeque<usize>,
    pub(crate) jobs: Vec<usize>,
    pub(crate) step: u32,
    pub(crate) starts: u64,
    pub(crate) backups: Vec<Backup>,
    pub(crate) reader: Reader,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) told: courier::Told,
    pub(crate) record: Record,
    pub(crate) story: Story,
    pub(crate) tally: Tally,
}

impl<'a> Run<'a> {
    fn new(template: &'a Template, seed: u64, told: Told) -> Result<Self, String> {
        let mut dice = Dice::new(seed);
        let plan = Plan::draw(&mut dice);
        let world = World {
            clock: Arc::new(SimulatedClock::at(BEGINNING)),
            telephone: Arc::new(Telephone::default()),
            policy: plan.policy.clone(),
            places: plan.places,
            seed,
        };
        let machine = Machine::start(&world, 1, 1, template.disk())?;
        let fails = plan.webhook.unwrap_or(0);
        let mut run = Self {
            dice,
            plan,
            world,
            template,
            machine: Some(machine),
            clients: Clients::new(),
            tasks: Tasks::default(),
            writes: VecDeque::new(),
            jobs: Vec::new(),
            step: 0,
            starts: 1,
            backups: Vec::new(),
            reader: Reader::default(),
            receiver: Arc::new(Receiver::new(seed, fails)),
            told: courier::Told::default(),
            record: Record { clock: vec![(0, BEGINNING)], ..Record::default() },
            story: Story::new(told),
            tally: Tally::default(),
        };
        run.make_webhook()?;
        let (limits, places) = (run.plan.policy.guesses, run.plan.places);
        run.tell(format_args!(
            "a server: burst {}, day {}, lifetime {}, first lock {} s, {} places",
            limits.burst,
            limits.day,
            limits.lifetime,
            limits.lock_first.millis() / 1000,
            places
        ));
        Ok(run)
    }

    /// Lets things happen until every request was made and answered.
    fn go_on(&mut self) -> Result<(), String> {
        while self.record.ops.len() < self.plan.requests || !self.tasks.is_empty() {
            self.step += 1;
            if self.step > 20_000 {
                return Err("liveness: the requests do not come to an end".to_owned());
            }
            self.one_step()?;
        }
        Ok(())
    }

    /// Nothing goes wrong from now on.
    pub(crate) fn calm(&mut self) {
        self.machine().mounted.disk().clear_trap();
        self.tell(format_args!("calm"));
    }

    /// Lets what was asked come to its end, and nothing else happen.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.tasks.rouse();
        for _ in 0..1000 {
            if self.tasks.is_empty() {
                return Ok(());
            }
            self.step += 1;
            let step = self.step;
            if let Some(&place) = self.tasks.ready(step).first() {
                self.poll(place)?;
            } else {
                let waiting = self.machine().store.writes();
                self.commit(waiting);
                self.read();
                self.perform(0);
            }
        }
        Err("liveness: with nothing in the way, a request does not come to an end".to_owned())
    }

    fn one_step(&mut self) -> Result<(), String> {
        let able = self.tasks.ready(self.step);
        let (writes, reads) = (self.machine().store.writes(), self.machine().store.reads());
        let jobs = self.jobs.len();
        let may_begin = self.tasks.len() < self.plan.parallel && self.record.ops.len() < self.plan.requests;
        let (may_tell, may_ask) = self.may_tell();
        let weigh = |possible: bool, weight: u32| if possible { weight } else { 0 };
        let [clock, stall, death, power, torn, fault, folding, backup, restore] = self.plan.events;
        let weights = [
            weigh(!able.is_empty(), 120),
            weigh(writes > 0, 60),
            weigh(reads > 0, 80),
            weigh(jobs > 0, 60),
            weigh(may_begin, 40),
            clock + 1,
            weigh(!able.is_empty(), stall),
            death,
            power,
            weigh(writes > 0, torn * 8),
            fault,
            folding,
            backup,
            weigh(!self.backups.is_empty(), restore),
            3,
            weigh(may_tell, 12),
            weigh(may_ask && may_begin, 3),
        ];
        match self.dice.weighted(&weights) {
            0 => {
                let place = *self.dice.pick(&able);
                self.poll(place)?;
            }
            1 => {
                let most = if self.dice.once_in(3) { 1 + self.dice.below(writes) } else { writes };
                self.commit(most);
            }
            2 => self.read(),
            3 => {
                let place = self.dice.below(jobs);
                self.perform(place);
            }
            4 => self.begin_some(),
            5 => self.set_clock(),
            6 => {
                let (place, until) =
                    (*self.dice.pick(&able), self.step + 5 + u32::try_from(self.dice.below(60)).unwrap_or(0));
                let op = self.tasks.stall(place, until);
                self.tell(format_args!("#{op} gets no processor until step {until}"));
            }
            7 => self.crash(false)?,
            8 => self.crash(true)?,
            9 => self.crash_inside_a_commit()?,
            10 => self.set_trap(),
            11 => {
                self.tell(format_args!("the log is folded into the file"));
                self.fold();
            }
            12 => self.take_backup(),
            13 => self.restore()?,
            14 => self.follow(1 + self.step % 7)?,
            15 => self.begin_telling(),
            _ => self.ask_about_webhook(),
        }
        Ok(())
    }

    pub(crate) fn machine(&mut self) -> &mut Machine {
        self.machine.as_mut().unwrap_or_else(|| unreachable!("a server runs between two steps"))
    }

    pub(crate) fn tell(&mut self, what: core::fmt::Arguments<'_>) {
        self.story.tell(self.step, self.world.clock.millis(), what);
    }

    fn poll(&mut self, place: usize) -> Result<(), String> {
        let (writes, jobs) = (self.machine().store.writes(), self.machine().pool.waiting());
        let sent = self.world.telephone.len();
        let (op, outcome) = self.tasks.poll(place);
        self.record.codes.extend((sent..self.world.telephone.len()).map(|code| (code, op)));
        for _ in writes..self.machine().store.writes() {
            self.writes.push_back(op);
        }
        for _ in jobs..self.machine().pool.waiting() {
            self.jobs.push(op);
            let (step, clock) = (self.step, self.world.clock.millis());
            let request = &mut self.record.ops[op];
            request.comparisons.push(Comparison {
                kind: request.kind,
                after_writes: request.writes.len(),
                asked: step,
                asked_clock: clock,
                made: u32::MAX,
                right: false,
            });
        }
        match outcome {
            None => Ok(()),
            Some(outcome) if op >= SIDE => self.side_ended(op, outcome),
            Some(outcome) => self.answered(op, &outcome),
        }
    }

    /// Writes down what a request came to, and lets its client learn of it.
    fn answered(&mut self, op: usize, ended: &Ended) -> Result<(), String> {
        let answer = ended.as_ref().ok().map(|(words, _)| kept::read(words, &mut self.clients));
        if let Some(answer) = answer {
            self.clients.payer.learn(self.record.ops[op].ask, answer);
        }
        if let Some(Answer::Created(_)) = answer {
            self.clients.payer.list(self.record.ops[op].account, &mut self.record.intents);
        }
        self.record.ops[op].again = ended.as_ref().is_ok_and(|&(_, again)| again);
        let request = &mut self.record.ops[op];
        request.ended = self.step;
        request.end = answer.map_or(End::Fault, End::Answered);
        let (account, kind, ask) = (request.account, request.kind, request.ask);
        let token = ended.as_ref().ok().and_then(|(words, _)| kept::token(words));
        self.record.ops[op].issued = token.map(|token| self.clients.given(account, token));
        match (answer, ended) {
            (Some(answer), _) => self.tell(format_args!("#{op} is answered: {answer:?}")),
            (None, Err(fault)) if self.record.disturbed => {
                self.tell(format_args!("#{op} ends in a fault: {fault}"));
            }
            (None, Err(fault)) => {
                return Err(format!("fault: #{op} ends in one, and no disk failed: {fault}"));
            }
            (None, Ok(_)) => {}
        }
        if (answer, ask) == (Some(Answer::Done), Ask::Code) && self.plan.events[7] > 0 && self.dice.once_in(2)
        {
            // A code in it may be used before it comes back.
            self.take_backup();
        }
        // Some answers are lost on the way; then the client goes on believing what it did before.
        if !self.dice.once_in(8) {
            match (answer, ask) {
                (Some(Answer::Temporary(secret)), _) => self.clients.learn(account, kind, secret),
                (
                    Some(Answer::Written),
                    Ask::Change(_, new)
                    | Ask::SetOrChange(_, new)
                    | Ask::Set(new)
                    | Ask::ByQuery(_, new)
                    | Ask::Reset(new, _),
                ) => self.clients.learn(account, kind, new),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn commit(&mut self, most: usize) {
        let most = most.min(self.writes.len());
        if most == 0 {
            return;
        }
        let durable = self.machine().store.commit(most);
        let (step, clock) = (self.step, self.world.clock.millis());
        let ops: Vec<usize> = self.writes.drain(..most).collect();
        for (place, &op) in (0..).zip(&ops).filter(|(_, op)| **op < SIDE) {
            self.record.ops[op].writes.push(Write { step, place, clock, durable });
        }
        let went = if durable { "commits" } else { "fails to commit" };
        self.tell(format_args!("the store {went} {ops:?}"));
        self.tally.add(Count::Commits, 1);
        self.notice_faults();
    }

    pub(crate) fn fold(&mut self) {
        self.machine().store.fold();
        self.notice_faults();
    }

    pub(crate) fn notice_faults(&mut self) {
        let faults = self.machine().mounted.disk().take_faults();
        self.tally.add(Count::DiskFaults, u64::from(faults));
        self.record.disturbed |= faults > 0;
    }

    fn read(&mut self) {
        self.machine().store.read();
        self.notice_faults();
    }

    fn perform(&mut self, place: usize) {
        if place >= self.jobs.len() {
            return;
        }
        let op = self.jobs.remove(place);
        self.machine().pool.perform(place);
        let seen = self.machine().watch.take();
        let step = self.step;
        let comparisons = &mut self.record.ops[op].comparisons;
        let waiting = comparisons.iter().position(|comparison| comparison.made == u32::MAX);
        let Some(waiting) = waiting else { return };
        match seen.map(|seen| (seen.work, seen.right)) {
            Some((Work::Compare(kind), right)) => {
                let comparison = &mut comparisons[waiting];
                (comparison.kind, comparison.made, comparison.right) = (kind, step, right);
                let found = if right { "right" } else { "wrong" };
                self.tell(format_args!("#{op} is compared with the {kind} secret: {found}"));
            }
            // A decoy or a new hash is no comparison, and neither is what nobody waits for any more.
            _ => drop(comparisons.remove(waiting)),
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.tasks.end_all();
        if let Some(machine) = self.machine.take() {
            drop(machine.die());
        }
    }
}
