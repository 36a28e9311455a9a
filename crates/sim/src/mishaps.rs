//! What befalls the server: its clock is set, its disk fails, its process dies, its power goes.

use crate::courier::SIDE;
use crate::disk::Disk;
use crate::history::Run;
use crate::machine::Machine;
use crate::record::End;
use crate::tally::Count;
use crate::trap::{Mishap, Trap};

impl Run<'_> {
    pub(crate) fn set_clock(&mut self) {
        let limits = self.plan.policy.guesses;
        let lock = limits.lock_first.millis();
        let forward =
            [1, 900, 5_000, 59_999, 60_001, lock - 1, lock, lock, 2 * lock, 4 * lock, 3_600_000, 86_400_000];
        let back = [-1, -10_000, -lock, -3_600_000, -90_000_000];
        let by = if self.dice.once_in(8) { *self.dice.pick(&back) } else { *self.dice.pick(&forward) };
        self.set_clock_to(self.world.clock.millis() + by);
        self.tell(format_args!("the clock is set by {by} ms"));
    }

    pub(crate) fn set_clock_to(&mut self, millis: i64) {
        self.world.clock.set(millis);
        self.step += 1;
        self.record.clock.push((self.step, millis));
    }

    pub(crate) fn set_trap(&mut self) {
        let then = match self.dice.below(3) {
            0 => Mishap::Full(1 + u32::try_from(self.dice.below(6)).unwrap_or(0)),
            _ => Mishap::Error,
        };
        let after = u32::try_from(self.dice.below(12)).unwrap_or(0);
        self.machine().mounted.disk().set_trap(Trap { after, then });
        self.tell(format_args!("the disk will fail: {then:?} after {after} operations"));
    }

    pub(crate) fn crash_inside_a_commit(&mut self) -> Result<(), String> {
        let after = u32::try_from(self.dice.below(12)).unwrap_or(0);
        self.machine().mounted.disk().set_trap(Trap { after, then: Mishap::Death });
        let waiting = self.machine().store.writes();
        self.commit(waiting);
        self.machine().mounted.disk().clear_trap();
        let power = self.dice.once_in(2);
        self.crash(power)
    }

    /// The process dies, with the power or alone, and a new one is started.
    pub(crate) fn crash(&mut self, power: bool) -> Result<(), String> {
        self.tell(format_args!("{}", if power { "the power goes" } else { "the process dies" }));
        self.cut_off();
        let Some(machine) = self.machine.take() else { return Ok(()) };
        let disk = machine.die();
        let disk = if power { disk.after_power_loss(&mut self.dice) } else { disk };
        self.tally.add(if power { Count::PowerLosses } else { Count::Deaths }, 1);
        self.start(disk)
    }

    /// The server ends in good order and is started again.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.tell(format_args!("the server is restarted"));
        let Some(machine) = self.machine.take() else { return Ok(()) };
        machine.mounted.disk().clear_trap();
        self.start(machine.end())
    }

    /// Every request ends where it is.
    pub(crate) fn cut_off(&mut self) {
        self.side_cut_off();
        for op in self.tasks.end_all().into_iter().filter(|op| *op < SIDE) {
            (self.record.ops[op].end, self.record.ops[op].ended) = (End::Lost, self.step);
        }
        self.writes.clear();
        self.jobs.clear();
    }

    pub(crate) fn start(&mut self, disk: Disk) -> Result<(), String> {
        self.starts += 1;
        let started = Machine::start(&self.world, self.starts, self.starts, disk);
        self.machine = Some(started.map_err(|why| format!("start: the server does not start again: {why}"))?);
        Ok(())
    }
}
