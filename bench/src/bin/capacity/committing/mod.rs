//! The store's group commit, event by event: decisions wait, an idle connection takes as many as there are and fit, and
//! all of them are durable when its commit is.
//!
//! Left out: two decisions about one account, which wait for each other; and a primary without a core for each connection.

mod scene;

use std::collections::VecDeque;

use countersign_bench::dice::Dice;

pub(crate) use self::scene::{Callers, Commits, Scene, Told};
use crate::due::{Agenda, count};

/// Simulates it until so many decisions are durable. The same scene is told the same way.
pub(crate) fn run(scene: &Scene) -> Told {
    let mut course = Course {
        scene,
        dice: Dice::new(scene.seed),
        waiting: VecDeque::new(),
        idle: scene.writers,
        commits: Agenda::new(),
        told: Told::default(),
    };
    let mut next = match scene.callers {
        Callers::Busy(callers) => {
            course.waiting.extend(core::iter::repeat_n(0.0, callers));
            f64::INFINITY
        }
        Callers::Independent(rate) => course.dice.until_next() / rate,
    };
    course.begin(0.0);
    while course.told.times.len() < scene.decisions {
        if next <= course.commits.next_at() {
            let at = next;
            if let Callers::Independent(rate) = scene.callers {
                next = at + course.dice.until_next() / rate;
            }
            course.waiting.push_back(at);
            course.begin(at);
        } else {
            let Some(done) = course.commits.next() else { break };
            course.durable(done.at, &done.what);
        }
    }
    course.told
}

struct Course<'a> {
    scene: &'a Scene,
    dice: Dice,
    /// When each of those that wait came.
    waiting: VecDeque<f64>,
    idle: usize,
    commits: Agenda<Vec<f64>>,
    told: Told,
}

impl Course<'_> {
    /// Idle connections take what waits.
    fn begin(&mut self, at: f64) {
        let Scene { batch, transaction_s, each_s, commit_s, commits, .. } = *self.scene;
        while self.idle > 0 && !self.waiting.is_empty() {
            let taken: Vec<f64> = self.waiting.drain(..self.waiting.len().min(batch)).collect();
            let commit = match commits {
                Commits::Even => commit_s,
                Commits::Uneven => commit_s / 2.0 * (1.0 + self.dice.until_next()),
                Commits::Exponential => commit_s * self.dice.until_next(),
            };
            self.idle -= 1;
            self.commits.put(at + transaction_s + each_s * count(taken.len()) + commit, taken);
        }
    }

    fn durable(&mut self, at: f64, taken: &[f64]) {
        self.told.transactions += 1;
        self.told.seconds = at;
        for came in taken {
            self.told.times.put(at - came);
        }
        if matches!(self.scene.callers, Callers::Busy(_)) {
            self.waiting.extend(core::iter::repeat_n(at, taken.len()));
        }
        self.idle += 1;
        self.begin(at);
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
