//! The queue in front of the hash cores, event by event: who comes independently of each other, is sent to any node that is
//! known to live, is let in or turned away, waits, is hashed, and asks again where that went wrong.
//!
//! Left out, and told beside the figures: the two commits of a verify, tenants, and a balancer that knows which node is free.

mod node;
mod scene;

use countersign_bench::dice::Dice;

pub(crate) use self::scene::{Again, Outage, Scene, Second, Service, Told};
use crate::due::{Agenda, whole};
use node::{Caller, Node};

/// Simulates it from the first arrival until everybody is served or has left. The same scene is told the same way.
pub(crate) fn run(scene: &Scene) -> Told {
    let mut course = Course::new(scene);
    loop {
        let (fresh, again, upset) = (course.next_fresh, course.again.next_at(), course.upsets.next_at());
        if upset.is_finite() && upset <= fresh.min(again) {
            let Some(due) = course.upsets.next() else { break };
            course.upset(due.at, due.what);
        } else if fresh <= again {
            if fresh.is_infinite() {
                break;
            }
            course.next_fresh = course.arrivals.after(fresh);
            course.told.came += 1;
            course.ask(Caller { first_asked: fresh, asked: fresh, times: 0 });
        } else {
            let Some(due) = course.again.next() else { break };
            course.ask(Caller { asked: due.at, ..due.what });
        }
    }
    course.finish()
}

/// What changes for everybody.
#[derive(Clone, Copy, Debug)]
enum Upset {
    NodeIsLost(Outage),
    GapBegins,
}

struct Course<'a> {
    scene: &'a Scene,
    nodes: Vec<Node>,
    dice: Dice,
    arrivals: Arrivals<'a>,
    next_fresh: f64,
    again: Agenda<Caller>,
    upsets: Agenda<Upset>,
    told: Told,
}

impl<'a> Course<'a> {
    fn new(scene: &'a Scene) -> Self {
        let mut arrivals = Arrivals { rates: &scene.rates, dice: Dice::new(scene.seed) };
        let mut upsets = Agenda::new();
        for outage in &scene.outages {
            upsets.put(outage.from, Upset::NodeIsLost(*outage));
        }
        if let Some((from, _)) = scene.gap {
            upsets.put(from, Upset::GapBegins);
        }
        Self {
            scene,
            nodes: (0..scene.nodes).map(|_| Node::new(scene.cores, 0.0)).collect(),
            dice: Dice::new(scene.seed.rotate_left(32) ^ 0x5DEE_CE66_D1CE_4E5B),
            next_fresh: arrivals.after(0.0),
            arrivals,
            again: Agenda::new(),
            upsets,
            told: Told::default(),
        }
    }

    fn ask(&mut self, caller: Caller) {
        let at = caller.asked;
        if self.scene.gap.is_some_and(|(from, until)| (from..until).contains(&at)) {
            self.told.unavailable += 1;
            self.told.at(at).unavailable += 1;
            return self.come_again(caller, at);
        }
        let Some(place) = self.choose(at) else {
            self.told.unavailable += 1;
            self.told.at(at).unavailable += 1;
            return self.come_again(caller, at);
        };
        let lost = |outage: &&Outage| outage.node == place && (outage.from..outage.until).contains(&at);
        if self.scene.outages.iter().any(|outage| lost(&outage)) {
            self.told.lost += 1;
            return self.come_again(caller, at);
        }
        self.take_out(place, at);
        if let Some(works) = self.nodes[place].ask(self.scene, caller, &mut self.dice) {
            self.told.worked_s += works;
        } else {
            self.told.refused += 1;
            self.told.at(at).refused += 1;
            self.come_again(caller, at);
        }
    }

    /// Any node that is not known to be lost.
    fn choose(&mut self, at: f64) -> Option<usize> {
        let known = |outage: &Outage| (outage.noticed..outage.until).contains(&at);
        let gone =
            |node: &usize| self.scene.outages.iter().any(|outage| outage.node == *node && known(outage));
        let alive: Vec<usize> = (0..self.nodes.len()).filter(|node| !gone(node)).collect();
        let drawn = whole((1.0 - self.dice.above_zero()) * crate::due::count(alive.len()));
        alive.get(drawn).copied()
    }

    fn upset(&mut self, at: f64, upset: Upset) {
        let (places, back_at) = match upset {
            Upset::NodeIsLost(outage) => (outage.node..outage.node + 1, outage.until),
            Upset::GapBegins => (0..self.nodes.len(), at),
        };
        for place in places {
            self.take_out(place, at);
            for lost in self.nodes[place].lose(self.scene.cores, back_at) {
                match upset {
                    Upset::NodeIsLost(_) => self.told.lost += 1,
                    Upset::GapBegins => {
                        self.told.unavailable += 1;
                        self.told.at(at).unavailable += 1;
                    }
                }
                self.told.worked_s -= (lost.at - at).min(self.scene.hash_s);
                self.come_again(lost.what, at);
            }
        }
    }

    /// Those whose hash is done by then leave with an answer.
    fn take_out(&mut self, place: usize, at: f64) {
        while let Some(done) = self.nodes[place].done_by(at) {
            let Caller { first_asked, asked, .. } = done.what;
            self.told.times.put(done.at - asked);
            self.told.times_in_all.put(done.at - first_asked);
            self.told.at(done.at).served += 1;
        }
    }

    fn come_again(&mut self, caller: Caller, at: f64) {
        let Again { times, after_s, spread_s } = self.scene.again;
        if caller.times >= times {
            self.told.left += 1;
            return;
        }
        let at = at + after_s + spread_s * self.dice.above_zero();
        self.again.put(at, Caller { times: caller.times + 1, ..caller });
    }

    fn finish(mut self) -> Told {
        for place in 0..self.nodes.len() {
            self.take_out(place, f64::MAX);
        }
        self.told
    }
}

/// Who comes for the first time, independently of each other, at a rate that changes in steps.
struct Arrivals<'a> {
    rates: &'a [(f64, f64)],
    dice: Dice,
}

impl Arrivals<'_> {
    /// The next after that time; never, if the last step is over.
    fn after(&mut self, mut at: f64) -> f64 {
        // As many as come in the mean until the next does; each step's share is taken from it.
        let mut owed = self.dice.until_next();
        for (place, (from, rate)) in self.rates.iter().enumerate() {
            let Some((until, _)) = self.rates.get(place + 1) else { break };
            if *until <= at {
                continue;
            }
            at = at.max(*from);
            if owed < (until - at) * rate {
                return at + owed / rate;
            }
            owed -= (until - at) * rate;
            at = *until;
        }
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests;
