//! What a power cut takes: the undo journal of the disk layer, applied.
//!
//! First everything that the journal holds is taken back, the newest first; that is the state at its beginning. Then
//! what survives is done again, the oldest first: all that was synced, and of the rest nothing, or what dice say.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::undo::{Kind, Record, safe};

/// A disk writes one of these wholly or not at all, and in any order.
const SECTOR: u64 = 512;

/// What becomes of writes that were not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// None of them reached the disk.
    Everything,
    /// Some sectors of some of them did, and of the changes of names the first few, as these dice say.
    Parts(u64),
}

/// What was taken, for the report.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Lost {
    /// Writes and truncations that were not safe.
    pub(crate) writes: u64,
    /// Sectors of them that did not survive.
    pub(crate) sectors: u64,
    /// Names that were not safe.
    pub(crate) names: u64,
}

/// Brings the files below `root` to what a disk would have after a power cut, and forgets the journal.
pub(crate) fn take_back(root: &Path, side: &Path, loss: Loss) -> Lost {
    let found = all_files(root);
    for path in found.iter().filter(|path| path.to_string_lossy().ends_with("-shm")) {
        fs::remove_file(path).expect("scratch can go");
    }
    let records = Record::all(&fs::read(side.join("undo")).unwrap_or_default());
    let safe = safe(&records);
    let mut media = Media::new(root, side, loss);
    let after: Vec<_> = records.iter().rev().map(|record| media.undo(record)).collect();
    for ((record, after), safe) in records.iter().zip(after.into_iter().rev()).zip(safe) {
        media.redo(record, after, safe);
    }
    for entry in fs::read_dir(side).expect("the side folder") {
        let path = entry.expect("an entry").path();
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        gone.expect("the side folder is ours");
    }
    media.lost
}

/// The files, whatever their names are at the moment.
struct Media {
    files: HashMap<u64, File>,
    side: PathBuf,
    dice: Option<Dice>,
    /// How many of a hundred unsafe sectors survive.
    luck: u64,
    /// Changes of names reach a disk in order: once one did not, no later one does.
    names_end: bool,
    /// As with names, for each sector of each inode.
    ended: HashSet<(u64, u64)>,
    lost: Lost,
}

/// What a record's undoing has found, to do it again: a write's bytes, or whether a name was there.
enum After {
    Bytes(Vec<u8>),
    Done(bool),
}

impl Media {
    fn new(root: &Path, side: &Path, loss: Loss) -> Self {
        let open = |path: PathBuf| {
            let file = File::options().read(true).write(true).open(&path).expect("opens");
            (file.metadata().expect("metadata").ino(), file)
        };
        let saved = all_files(side).into_iter().filter(|path| path.to_string_lossy().contains("/saved-"));
        let files = all_files(root).into_iter().chain(saved).map(open).collect();
        let mut dice = match loss {
            Loss::Everything => None,
            Loss::Parts(seed) => Some(Dice::new(seed)),
        };
        let luck = dice.as_mut().map_or(0, |dice| dice.one_of(&[5, 50, 95]));
        Self {
            files,
            side: side.to_owned(),
            dice,
            luck,
            names_end: false,
            ended: HashSet::new(),
            lost: Lost::default(),
        }
    }

    fn undo(&mut self, record: &Record) -> After {
        let (held, saved) = (self.beside("held", record), self.beside("saved", record));
        match record.kind {
            Kind::Write => {
                let file = self.file(record);
                let length = file.metadata().expect("metadata").len();
                let there = length.saturating_sub(record.offset).min(record.length);
                let mut bytes = vec![0; usize::try_from(there).expect("fits")];
                file.read_exact_at(&mut bytes, record.offset).expect("reads");
                file.write_all_at(&record.first, record.offset).expect("writes");
                file.set_len(record.before).expect("sets the length");
                After::Bytes(bytes)
            }
            Kind::Truncate => {
                let file = self.file(record);
                file.set_len(record.before).expect("sets the length");
                file.write_all_at(&record.first, record.length).expect("writes");
                After::Done(true)
            }
            Kind::Create | Kind::Mkdir => After::Done(there(fs::rename(record.names().0, held))),
            Kind::Rename => {
                let (old, new) = record.names();
                let done = !old.exists() && there(fs::rename(&new, old));
                if done && record.length == 1 {
                    fs::hard_link(saved, new).expect("the old file is back");
                }
                After::Done(done)
            }
            Kind::Unlink => After::Done(fs::hard_link(saved, record.names().0).is_ok()),
            Kind::Sync | Kind::SyncFailed => After::Done(false),
        }
    }

    fn redo(&mut self, record: &Record, after: After, safe: bool) {
        match (record.kind, after) {
            (Kind::Sync | Kind::SyncFailed, _) | (_, After::Done(false)) => {}
            (Kind::Write, After::Bytes(bytes)) => self.redo_write(record, &bytes, safe),
            (Kind::Truncate, _) => {
                if safe || self.survives() {
                    self.file(record).set_len(record.length).expect("sets the length");
                }
                self.lost.writes += u64::from(!safe);
            }
            _ => {
                self.lost.names += u64::from(!safe);
                if !safe && (self.names_end || !self.survives()) {
                    self.names_end = true;
                    return;
                }
                let (old, new) = record.names();
                // A folder that is lost takes what was in it, synced or not.
                there(match record.kind {
                    Kind::Create | Kind::Mkdir => fs::rename(self.beside("held", record), old),
                    Kind::Rename => fs::rename(old, new),
                    _ => fs::remove_file(old),
                });
            }
        }
    }

    fn redo_write(&mut self, record: &Record, bytes: &[u8], safe: bool) {
        self.lost.writes += u64::from(!safe);
        let mut at = record.offset;
        let mut left = bytes;
        while !left.is_empty() {
            let room = usize::try_from(SECTOR - at % SECTOR).expect("fits");
            let (piece, rest) = left.split_at(room.min(left.len()));
            let sector = (record.inode, at / SECTOR);
            if safe || (!self.ended.contains(&sector) && self.survives()) {
                self.file(record).write_all_at(piece, at).expect("writes");
            } else {
                self.ended.insert(sector);
                self.lost.sectors += 1;
            }
            at += piece.len() as u64;
            left = rest;
        }
    }

    fn survives(&mut self) -> bool {
        let luck = self.luck;
        self.dice.as_mut().is_some_and(|dice| dice.below(100) < luck)
    }

    fn file(&self, record: &Record) -> &File {
        self.files.get(&record.inode).unwrap_or_else(|| panic!("no file has inode {}", record.inode))
    }

    fn beside(&self, what: &str, record: &Record) -> PathBuf {
        self.side.join(format!("{what}-{}", record.number))
    }
}

/// Whether it was done; what is not there cannot be.
fn there(done: io::Result<()>) -> bool {
    match done {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => panic!("{error}"),
    }
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(all_files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
