//! One node: its cores, who has a place, and who is let in.

use countersign_bench::dice::Dice;

use super::scene::{Scene, Service};
use crate::due::{Agenda, Due, count};

/// Somebody who wants a verify.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) first_asked: f64,
    pub(super) asked: f64,
    pub(super) times: u32,
}

pub(super) struct Node {
    /// When each core is free.
    free: Agenda<()>,
    /// Whose hash is done when.
    inside: Agenda<Caller>,
    /// Time that cores owe to refusals; the next hash is later by it.
    owed_s: f64,
}

impl Node {
    pub(super) fn new(cores: usize, at: f64) -> Self {
        let mut free = Agenda::new();
        (0..cores).for_each(|_| free.put(at, ()));
        Self { free, inside: Agenda::new(), owed_s: 0.0 }
    }

    /// The next whose hash is done by then.
    pub(super) fn done_by(&mut self, at: f64) -> Option<Due<Caller>> {
        self.inside.next_by(at)
    }

    /// Everybody who is inside is lost.
    pub(super) fn lose(&mut self, cores: usize, back_at: f64) -> Vec<Due<Caller>> {
        let lost = self.inside.take_all();
        *self = Self::new(cores, back_at);
        lost
    }

    /// Lets a caller in and gives the core's time that it will take, or turns it away. Whoever is done must have been taken
    /// out. As the server does (admission): who finds a core free is let in, and whose hash would be done within three quarters of the
    /// target, at as much work for each core as is inside.
    pub(super) fn ask(&mut self, scene: &Scene, caller: Caller, dice: &mut Dice) -> Option<f64> {
        let (inside, cores) = (count(self.inside.len()), count(scene.cores));
        let planned = (inside / cores + 1.0) * scene.hash_s;
        let in_time = scene.target_s.is_none_or(|target| planned <= 0.75 * target);
        if !in_time && inside >= cores {
            self.owed_s += scene.refusal_s;
            return None;
        }
        let hash = match scene.service {
            Service::Even => scene.hash_s,
            Service::Exponential => scene.hash_s * dice.until_next(),
        };
        let works = hash + core::mem::take(&mut self.owed_s);
        let begins = self.free.next().map_or(caller.asked, |free| free.at.max(caller.asked));
        self.free.put(begins + works, ());
        self.inside.put(begins + works, caller);
        Some(works)
    }
}
