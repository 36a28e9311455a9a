//! The store's group commit, event by event: a decision waits at the connection that its account always goes to; an idle
//! connection takes as many as there are and fit, after a moment's wait for company; all of them are durable when its commit is.
//!
//! Left out: two decisions about one account, which are not made in one transaction; and a primary without a core for each
//! connection.

mod scene;

use std::collections::VecDeque;

use countersign_bench::dice::Dice;

pub(crate) use self::scene::{Callers, Commits, Company, Scene, Told};
use crate::due::{Agenda, count, whole};

/// Simulates it until so many decisions are durable. The same scene is told the same way.
pub(crate) fn run(scene: &Scene) -> Told {
    let lanes = (0..scene.writers).map(|_| Lane { waiting: VecDeque::new(), state: State::Idle }).collect();
    let mut course = Course {
        scene,
        dice: Dice::new(scene.seed),
        lanes,
        agenda: Agenda::new(),
        begun: 0,
        told: Told::default(),
    };
    match scene.callers {
        Callers::Busy(callers) => course.come_together(callers, 0.0),
        Callers::Independent(rate) => course.agenda.put(course.dice.until_next() / rate, Event::Comes),
    }
    while course.told.times.len() < scene.decisions {
        let Some(due) = course.agenda.next() else { break };
        match due.what {
            Event::Comes => course.come(due.at),
            Event::WaitedEnough(lane, number) => {
                if course.lanes[lane].state == State::Gathering(number) {
                    course.begin(lane, due.at);
                }
            }
            Event::Durable(lane, taken) => course.durable(lane, due.at, &taken),
        }
    }
    course.told
}

enum Event {
    /// Somebody wants to write.
    Comes,
    /// A connection has waited for company for as long as it may; the number says which wait it was.
    WaitedEnough(usize, usize),
    /// A connection's commit, of those that came at these times.
    Durable(usize, Vec<f64>),
}

/// One connection.
struct Lane {
    /// When each of those that wait came.
    waiting: VecDeque<f64>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    /// The number tells one wait from the next.
    Gathering(usize),
    Busy,
}

struct Course<'a> {
    scene: &'a Scene,
    dice: Dice,
    lanes: Vec<Lane>,
    agenda: Agenda<Event>,
    /// Waits for company that were begun.
    begun: usize,
    told: Told,
}

impl Course<'_> {
    fn come(&mut self, at: f64) {
        if let Callers::Independent(rate) = self.scene.callers {
            let next = at + self.dice.until_next() / rate;
            self.agenda.put(next, Event::Comes);
        }
        let lane = self.choose();
        self.lanes[lane].waiting.push_back(at);
        self.look(lane, at);
    }

    /// So many at once, before any connection looks.
    fn come_together(&mut self, callers: usize, at: f64) {
        for _ in 0..callers {
            let lane = self.choose();
            self.lanes[lane].waiting.push_back(at);
        }
        (0..self.lanes.len()).for_each(|lane| self.look(lane, at));
    }

    /// An account's id is random, and so is its connection.
    fn choose(&mut self) -> usize {
        whole((1.0 - self.dice.above_zero()) * count(self.lanes.len()))
    }

    /// Those of its callers that a connection may wait for.
    fn expected(&self) -> f64 {
        let Company { at_work, enough, .. } = self.scene.company;
        (at_work / count(self.scene.writers)).floor().min(enough).min(count(self.scene.batch))
    }

    /// Begins a transaction if there is something to write, nothing is being written, and no more are worth waiting for.
    fn look(&mut self, lane: usize, at: f64) {
        let Company { longest_s, enough, siblings, .. } = self.scene.company;
        let (waiting, expected) = (count(self.lanes[lane].waiting.len()), self.expected());
        match self.lanes[lane].state {
            State::Idle if waiting > 0.0 && waiting + siblings <= expected && longest_s > 0.0 => {
                self.begun += 1;
                self.lanes[lane].state = State::Gathering(self.begun);
                let until = at + longest_s * expected / enough;
                self.agenda.put(until, Event::WaitedEnough(lane, self.begun));
            }
            State::Idle if waiting > 0.0 => self.begin(lane, at),
            State::Gathering(_) if waiting >= expected => self.begin(lane, at),
            State::Idle | State::Gathering(_) | State::Busy => {}
        }
    }

    fn begin(&mut self, lane: usize, at: f64) {
        let Scene { batch, transaction_s, each_s, commit_s, commits, .. } = *self.scene;
        let Lane { waiting, state } = &mut self.lanes[lane];
        *state = State::Busy;
        let taken: Vec<f64> = waiting.drain(..waiting.len().min(batch)).collect();
        let commit = match commits {
            Commits::Even => commit_s,
            Commits::Uneven => commit_s / 2.0 * (1.0 + self.dice.until_next()),
            Commits::Exponential => commit_s * self.dice.until_next(),
        };
        let durable = at + transaction_s + each_s * count(taken.len()) + commit;
        self.agenda.put(durable, Event::Durable(lane, taken));
    }

    fn durable(&mut self, lane: usize, at: f64, taken: &[f64]) {
        self.told.transactions += 1;
        self.told.seconds = at;
        for came in taken {
            self.told.times.put(at - came);
        }
        self.lanes[lane].state = State::Idle;
        let again = if matches!(self.scene.callers, Callers::Busy(_)) { taken.len() } else { 0 };
        self.come_together(again, at);
    }
}

impl Told {
    /// Decisions a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.times.len()) / self.seconds
    }

    /// Decisions in a transaction, in the mean.
    pub(crate) fn together(&self) -> f64 {
        count(self.times.len()) / count(self.transactions)
    }
}

#[cfg(test)]
mod tests;
