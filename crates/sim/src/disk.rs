//! A disk in memory that knows what was synced: what a power loss leaves of the rest is chosen by the dice.
//!
//! It is as bad as a disk may be. What was written and not synced may be there, be gone, or be there in part, each
//! write for itself and in any order; a file that was deleted may be back. What was synced is kept. When a sync fails,
//! what it should have saved is still read and never reaches the disk, whatever later syncs say: so Linux does it.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};

use crate::dice::Dice;
use crate::trap::{Mishap, Trap};

/// The files of one machine.
#[derive(Clone, Default)]
pub struct Disk {
    files: BTreeMap<String, File>,
    /// Deleted, but not certainly: what a power loss may bring back.
    deleted: BTreeMap<String, Vec<u8>>,
    trap: Option<Trap>,
    /// The machine is off, or its process is dead: nothing gets through any more.
    off: bool,
    /// What was on the disk at the instant of a trap that was to be a crash.
    caught: Option<Box<Disk>>,
    faults: u32,
}

#[derive(Clone, Default)]
struct File {
    /// What a read sees.
    content: Vec<u8>,
    /// What is certainly kept; absent until the file was synced for the first time.
    synced: Option<Vec<u8>>,
    /// What happened since.
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Disk {
    /// A disk with one file, all of it synced.
    #[must_use]
    pub fn with(name: &str, content: Vec<u8>) -> Self {
        let file = File { synced: Some(content.clone()), content, pending: Vec::new() };
        Self { files: BTreeMap::from([(name.to_owned(), file)]), ..Self::default() }
    }

    /// What a file holds now.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.files.get(name).map(|file| file.content.clone())
    }

    /// Sets a trap in the place of any other.
    pub fn set_trap(&mut self, trap: Trap) {
        self.trap = Some(trap);
    }

    /// Takes the trap away if it has not been sprung.
    pub fn clear_trap(&mut self) {
        self.trap = None;
    }

    /// How many operations failed because of a trap since the last time this was asked.
    pub fn take_faults(&mut self) -> u32 {
        std::mem::take(&mut self.faults)
    }

    /// The process dies, now or at the trap that was sprung before: what it leaves to the next one.
    ///
    /// This disk is off from then on, so whatever still tidies up writes into nothing.
    #[must_use]
    pub fn die(&mut self) -> Self {
        let left = self.caught.take().map_or_else(|| self.clone(), |caught| *caught);
        self.off = true;
        Self { off: false, trap: None, caught: None, faults: 0, ..left }
    }

    /// What is found when the power comes back.
    #[must_use]
    pub fn after_power_loss(self, dice: &mut Dice) -> Self {
        let mut files = BTreeMap::new();
        for (name, file) in self.files {
            // A file that was never synced may not even have its name.
            let kept = if file.synced.is_some() || dice.once_in(2) { Some(file.found(dice)) } else { None };
            files.extend(kept.map(|content| (name, File::synced(content))));
        }
        for (name, content) in self.deleted {
            if dice.once_in(2) {
                files.entry(name).or_insert_with(|| File::synced(content));
            }
        }
        Self { files, ..Self::default() }
    }

    /// Makes the file if it is not there and may be made.
    pub(crate) fn open(&mut self, name: &str, create: bool) -> Result<(), Error> {
        if self.files.contains_key(name) {
            return Ok(());
        }
        if !create {
            return Err(ErrorKind::NotFound.into());
        }
        self.operate()?;
        self.files.insert(name.to_owned(), File::default());
        Ok(())
    }

    /// A file of which nothing is certain to last until it is synced, in the place of any other with that name.
    pub(crate) fn put(&mut self, name: &str, content: Vec<u8>) -> Result<(), Error> {
        self.operate()?;
        let pending = vec![Change::Write(0, content.clone())];
        self.files.insert(name.to_owned(), File { content, synced: None, pending });
        Ok(())
    }

    /// A file takes the name of another, at one instant, and that is certain to last. So are deletions before it: a
    /// folder's changes reach the disk in their order.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        self.deleted.clear();
        if let Some(file) = self.files.remove(from) {
            self.files.insert(to.to_owned(), file);
        }
    }

    /// What a database holds, if nothing of it is still in its log.
    pub(crate) fn folded(&self, name: &str) -> Option<Vec<u8>> {
        let log = self.files.get(&format!("{name}-wal"));
        self.content(name).filter(|_| log.is_none_or(|log| log.content.is_empty()))
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    pub(crate) fn delete(&mut self, name: &str) -> Result<(), Error> {
        self.operate()?;
        let file = self.files.remove(name).ok_or(ErrorKind::NotFound)?;
        self.deleted.extend(file.synced.map(|content| (name.to_owned(), content)));
        Ok(())
    }

    pub(crate) fn size(&self, name: &str) -> Result<u64, Error> {
        Ok(self.file(name)?.content.len() as u64)
    }

    /// Reads as much as there is and fills the rest with zeros, as SQLite asks; then it is an `UnexpectedEof`.
    pub(crate) fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let content = &self.file(name)?.content;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let length = into.len().min(content.len() - from);
        into[..length].copy_from_slice(&content[from..from + length]);
        into[length..].fill(0);
        if length < into.len() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    pub(crate) fn write(&mut self, name: &str, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.operate()?;
        let offset = usize::try_from(offset).map_err(|_| ErrorKind::InvalidInput)?;
        self.change(name, Change::Write(offset, data.to_vec()))
    }

    pub(crate) fn set_length(&mut self, name: &str, length: u64) -> Result<(), Error> {
        self.operate()?;
        let length = usize::try_from(length).map_err(|_| ErrorKind::InvalidInput)?;
        self.change(name, Change::Length(length))
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<(), Error> {
        if let Err(error) = self.operate() {
            // What found no room is tried again.
            if error.kind() == ErrorKind::Other
                && let Some(file) = self.files.get_mut(name)
            {
                file.pending.clear();
            }
            return Err(error);
        }
        self.deleted.remove(name);
        let file = self.files.get_mut(name).ok_or(ErrorKind::NotFound)?;
        let synced = file.synced.get_or_insert_default();
        for change in file.pending.drain(..) {
            change.apply(synced);
        }
        Ok(())
    }

    fn change(&mut self, name: &str, change: Change) -> Result<(), Error> {
        let file = self.files.get_mut(name).ok_or(ErrorKind::NotFound)?;
        change.apply(&mut file.content);
        file.pending.push(change);
        Ok(())
    }

    fn file(&self, name: &str) -> Result<&File, Error> {
        if self.off {
            return Err(ErrorKind::BrokenPipe.into());
        }
        Ok(self.files.get(name).ok_or(ErrorKind::NotFound)?)
    }

    /// Asked before whatever changes the disk: springs the trap when it is time.
    fn operate(&mut self) -> Result<(), Error> {
        if self.off {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let Some(trap) = &mut self.trap else { return Ok(()) };
        if let Some(left) = trap.after.checked_sub(1) {
            trap.after = left;
            return Ok(());
        }
        let kind = match trap.then {
            Mishap::Death => {
                self.trap = None;
                self.caught = Some(Box::new(self.clone()));
                self.off = true;
                ErrorKind::BrokenPipe
            }
            Mishap::Error | Mishap::Full(0 | 1) => {
                let full = trap.then != Mishap::Error;
                self.trap = None;
                if full { ErrorKind::WriteZero } else { ErrorKind::Other }
            }
            Mishap::Full(times) => {
                trap.then = Mishap::Full(times - 1);
                ErrorKind::WriteZero
            }
        };
        self.faults += u32::from(!self.off);
        Err(kind.into())
    }
}

impl File {
    fn synced(content: Vec<u8>) -> Self {
        Self { synced: Some(content.clone()), content, pending: Vec::new() }
    }

    /// What is left of the file when the power went.
    fn found(self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.synced.unwrap_or_default();
        // Often all or nothing of it reached the disk; else each change for itself.
        let all = dice.below(4);
        for change in self.pending {
            match all {
                0 => change.apply(&mut content),
                1 => {}
                _ => change.apply_perhaps(&mut content, dice),
            }
        }
        content
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }

    fn apply_perhaps(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        match (self, dice.below(3)) {
            (_, 0) => {}
            (Self::Write(offset, data), 1) if !data.is_empty() => {
                let torn = dice.below(data.len());
                Self::Write(*offset, data[..torn].to_vec()).apply(content);
            }
            _ => self.apply(content),
        }
    }
}

#[cfg(test)]
mod tests;
