//! Lets SQLite use the disks in memory: a file system of our own, registered once in a process.
//!
//! A database is called `<number>.db`; the number says which disk it lies on. SQLite adds what it wants behind that.
//! **One thread only** may use it: the glue below keeps some of its state without a lock.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

use crate::disk::Disk;

/// What the file system is called among SQLite's.
pub const NAME: &str = "simulated";

/// A disk that SQLite can reach.
#[derive(Clone)]
pub struct Mounted {
    number: u64,
    disk: Arc<Mutex<Disk>>,
}

type Disks = Arc<Mutex<BTreeMap<u64, Arc<Mutex<Disk>>>>>;

/// Gives SQLite a way to this disk, under a number of which there may be only one at a time.
///
/// # Panics
/// If SQLite refuses the file system, without which nothing can be simulated.
#[must_use]
pub fn mount(number: u64, disk: Disk) -> Mounted {
    let disk = Arc::new(Mutex::new(disk));
    lock(disks()).insert(number, Arc::clone(&disk));
    Mounted { number, disk }
}

impl Mounted {
    /// The database's name on this disk, as SQLite must be told it.
    #[must_use]
    pub fn database(&self) -> String {
        format!("{}.db", self.number)
    }

    /// Another file's name on this disk.
    #[must_use]
    pub fn beside(&self, name: &str) -> String {
        format!("{}.{name}", self.number)
    }

    /// The disk itself.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }

    /// Takes SQLite's way to it away.
    pub fn unmount(self) {
        lock(disks()).remove(&self.number);
    }
}

/// What a database is called on its disk, whatever the disk's number: so a disk can be copied under another.
#[must_use]
pub fn name_on_disk(path: &str) -> Option<(u64, &str)> {
    let (number, rest) = path.split_once('.')?;
    Some((number.parse().ok()?, rest))
}

fn disks() -> &'static Disks {
    static DISKS: OnceLock<Disks> = OnceLock::new();
    DISKS.get_or_init(|| {
        let disks = Disks::default();
        let registered = sqlite_vfs::register(NAME, Machines(Arc::clone(&disks)), false);
        assert!(registered.is_ok(), "SQLite takes no other file system");
        disks
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Machines(Disks);

impl Machines {
    fn find<'a>(&self, path: &'a str) -> Result<(Arc<Mutex<Disk>>, &'a str), Error> {
        let (number, name) = name_on_disk(path).ok_or(ErrorKind::NotFound)?;
        let disk = lock(&self.0).get(&number).cloned().ok_or(ErrorKind::NotFound)?;
        Ok((disk, name))
    }
}

impl Vfs for Machines {
    type Handle = Handle;

    fn open(&self, path: &str, options: OpenOptions) -> Result<Handle, Error> {
        let (disk, name) = self.find(path)?;
        let create = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        lock(&disk).open(name, create)?;
        Ok(Handle { disk, name: name.to_owned(), held: LockKind::None })
    }

    fn delete(&self, path: &str) -> Result<(), Error> {
        let (disk, name) = self.find(path)?;
        lock(&disk).delete(name)
    }

    fn exists(&self, path: &str) -> Result<bool, Error> {
        let (disk, name) = self.find(path)?;
        Ok(lock(&disk).exists(name))
    }

    fn temporary_name(&self) -> String {
        // Temporary data stays in memory, so nobody asks.
        "none".to_owned()
    }

    fn random(&self, buffer: &mut [i8]) {
        buffer.fill(7);
    }

    fn sleep(&self, duration: Duration) -> Duration {
        duration
    }
}

/// One open file. There is one connection, so a lock is always free.
struct Handle {
    disk: Arc<Mutex<Disk>>,
    name: String,
    held: LockKind,
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> Result<u64, Error> {
        lock(&self.disk).size(&self.name)
    }

    fn read_exact_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        lock(&self.disk).read(&self.name, offset, buffer)
    }

    fn write_all_at(&mut self, buffer: &[u8], offset: u64) -> Result<(), Error> {
        lock(&self.disk).write(&self.name, offset, buffer)
    }

    fn sync(&mut self, _data_only: bool) -> Result<(), Error> {
        lock(&self.disk).sync(&self.name)
    }

    fn set_len(&mut self, size: u64) -> Result<(), Error> {
        lock(&self.disk).set_length(&self.name, size)
    }

    fn lock(&mut self, lock: LockKind) -> Result<bool, Error> {
        self.held = lock;
        Ok(true)
    }

    fn reserved(&mut self) -> Result<bool, Error> {
        Ok(matches!(self.held, LockKind::Reserved | LockKind::Pending | LockKind::Exclusive))
    }

    fn current_lock(&self) -> Result<LockKind, Error> {
        Ok(self.held)
    }

    fn wal_index(&self, _readonly: bool) -> Result<WalDisabled, Error> {
        Ok(WalDisabled)
    }
}
