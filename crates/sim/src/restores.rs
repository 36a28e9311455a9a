//! Backups are taken and come back: an operator stops the server, restores one, and starts it again.

use countersign_domain::account::Scene;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::time::Timestamp;
use countersign_store::sqlite::rebuild;

use crate::calm;
use crate::client::Beliefs;
use crate::disk::Disk;
use crate::history::Run;
use crate::machine::Machine;
use crate::record::{Answer, Ask, Op, Restore};
use crate::tally::Count;
use crate::told::Hook;
use crate::trap::{Mishap, Trap};
use crate::vfs;

/// What a new database is called while it is built.
const NEW: &str = "restoring";

/// Backups that are kept.
const KEPT: usize = 3;

/// A copy of the database, and what the owners knew when it was taken.
pub(crate) struct Backup {
    content: Vec<u8>,
    taken: u32,
    beliefs: Beliefs,
}

/// Where a restore is cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    Nowhere,
    /// While the new database is built, at that change of the disk, or after the last of them.
    Before(u32),
    /// When the new database has its name.
    After,
}

impl Run<'_> {
    /// Takes a backup of what is durable now. One that a failing disk prevents is none.
    pub(crate) fn take_backup(&mut self) {
        self.fold();
        let content = self.machine().mounted.disk().folded("db");
        let Some(content) = content else { return };
        self.tell(format_args!("a backup is taken"));
        if self.backups.len() == KEPT {
            let oldest = self.dice.below(KEPT);
            self.backups.remove(oldest);
        }
        self.backups.push(Backup { content, taken: self.step, beliefs: self.clients.beliefs() });
    }

    /// Stops the server, restores a backup, and starts the server again; perhaps all of it is cut off on the way.
    pub(crate) fn restore(&mut self) -> Result<(), String> {
        let which = self.dice.below(self.backups.len());
        let (taken, beliefs) = (self.backups[which].taken, self.backups[which].beliefs);
        let cut = match self.dice.below(4) {
            0 => Cut::Before(u32::try_from(self.dice.below(60)).unwrap_or(0)),
            1 => Cut::After,
            _ => Cut::Nowhere,
        };
        let known = !self.dice.once_in(5);
        let with = if known { "with" } else { "without" };
        self.tell(format_args!(
            "the backup of step {taken} is restored, {with} the present; cut off: {cut:?}"
        ));
        let present = self.stop(known)?;
        // It takes its time, so that no event made after it has the name of one that it took back.
        let took = 1 + i64::try_from(self.dice.below(5_000)).unwrap_or(0);
        self.set_clock_to(self.world.clock.millis() + took);
        let (disk, placed) = self.place(present, which, known, cut)?;
        if placed {
            self.step += 1;
            self.record.restores.push(Restore { step: self.step, taken, known });
            if !known {
                self.record.hooks.push(Hook::Restored);
            }
            self.tally.add(Count::Restores, 1);
            // Who remembers what the secret was then uses that; others find out.
            if !self.dice.once_in(3) {
                self.clients.believe(beliefs);
            }
            self.step += 1;
        }
        self.start(disk)?;
        self.use_code_again();
        Ok(())
    }

    /// Somebody who saw the last code that was used tries it now.
    fn use_code_again(&mut self) {
        let used = |op: &&Op| op.code.is_some() && op.answer() == Some(Answer::Written);
        let used = self.record.ops.iter().rev().find(used).map(|op| (op.account, op.kind));
        if let Some((account, kind)) = used.filter(|_| self.dice.once_in(2)) {
            let new = self.clients.fresh(account, kind, &mut self.dice);
            self.begin(account, kind, Ask::Reset(new, true));
        }
    }

    /// The server ends, in good order or not; what it leaves is folded.
    fn stop(&mut self, known: bool) -> Result<Disk, String> {
        self.cut_off();
        if !known {
            // What only the present knows is lost with it, so it is noted now.
            self.crash(false)?;
            calm::read_trail(self)?;
            self.follow_to_the_end()?;
        }
        let Some(machine) = self.machine.take() else { return Err("restore: there is no server".to_owned()) };
        machine.mounted.disk().clear_trap();
        let good_order = self.dice.once_in(2);
        let disk = if good_order { machine.end() } else { machine.die() };
        // A restore refuses to leave a log beside the new database, which would be taken for that one's.
        if !disk.exists("db-wal") {
            return Ok(disk);
        }
        self.starts += 1;
        Ok(Machine::start(&self.world, self.starts, self.starts, disk)?.end())
    }

    /// Builds the new database beside the present one and puts it in place. What is on the disk then, and whether the
    /// new one is in place.
    fn place(
        &mut self,
        mut present: Disk,
        which: usize,
        known: bool,
        cut: Cut,
    ) -> Result<(Disk, bool), String> {
        for left in [NEW.to_owned(), format!("{NEW}-wal")] {
            if present.exists(&left) {
                present.delete(&left).map_err(|error| error.to_string())?;
            }
        }
        let content = self.backups[which].content.clone();
        present.put(NEW, content).map_err(|error| error.to_string())?;
        if let Cut::Before(after) = cut {
            present.set_trap(Trap { after, then: Mishap::Death });
        }
        let power = self.dice.once_in(2);
        let (mut disk, rebuilt) = self.rebuild(present, known);
        match (cut, rebuilt) {
            (Cut::Before(_), _) => {
                return Ok((if power { disk.after_power_loss(&mut self.dice) } else { disk }, false));
            }
            (_, Ok(())) => {}
            (_, Err(why)) => {
                return Err(format!("fault: a backup is not restored, and no disk failed: {why}"));
            }
        }
        let before = (cut == Cut::After && power && self.dice.once_in(2)).then(|| disk.clone());
        disk.rename(NEW, "db");
        Ok(match before {
            // The power goes before the new name is certain to last.
            Some(before) => (before.after_power_loss(&mut self.dice), false),
            None if cut == Cut::After && power => (disk.after_power_loss(&mut self.dice), true),
            None => (disk, true),
        })
    }

    fn rebuild(&mut self, disk: Disk, known: bool) -> (Disk, Result<(), String>) {
        let mounted = vfs::mount(self.starts + 1, disk);
        let origin = Origin {
            dialect: "simulation".to_owned(),
            actor: Actor::Server,
            request_id: "restore".to_owned(),
        };
        let scene = Scene {
            now: Timestamp::from_millis(self.world.clock.millis()),
            policy: &self.world.policy,
            origin: &origin,
        };
        let (new, present) = (mounted.beside(NEW), mounted.database());
        let present = known.then_some(present.as_ref());
        let rebuilt = rebuild(new.as_ref(), present, vfs::NAME, &scene, self.dice.roll());
        let disk = mounted.disk().die();
        mounted.unmount();
        (disk, rebuilt.map(drop).map_err(|error| error.to_string()))
    }
}
