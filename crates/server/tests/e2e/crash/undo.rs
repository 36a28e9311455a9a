//! The undo journal that the disk layer keeps, read back.

use std::collections::HashMap;
use std::path::PathBuf;

const MAGIC: u32 = 0x6b73_6964;
const HEAD: usize = 56;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Write,
    Truncate,
    Sync,
    SyncFailed,
    Create,
    Rename,
    Unlink,
    Mkdir,
}

const KINDS: [Kind; 8] = [
    Kind::Write,
    Kind::Truncate,
    Kind::Sync,
    Kind::SyncFailed,
    Kind::Create,
    Kind::Rename,
    Kind::Unlink,
    Kind::Mkdir,
];

/// As `struct record` in `faults/disk.c`, which says what each member means.
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) inode: u64,
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) before: u64,
    pub(super) first: Vec<u8>,
    pub(super) second: Vec<u8>,
}

impl Record {
    /// The last one may be cut off, where the kill came before what it announces.
    pub(super) fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut records = Vec::new();
        while let Some((record, rest)) = Self::next(bytes) {
            records.push(record);
            bytes = rest;
        }
        records
    }

    fn next(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let short = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().expect("four bytes"));
        let long = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("eight bytes"));
        assert_eq!(short(0), MAGIC, "the undo journal is damaged");
        let (first, rest) = rest.split_at_checked(short(48) as usize)?;
        let (second, rest) = rest.split_at_checked(short(52) as usize)?;
        let record = Self {
            kind: KINDS[short(4) as usize - 1],
            number: long(8),
            inode: long(16),
            offset: long(24),
            length: long(32),
            before: long(40),
            first: first.to_vec(),
            second: second.to_vec(),
        };
        Some((record, rest))
    }

    pub(super) fn names(&self) -> (PathBuf, PathBuf) {
        let path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).expect("a path in UTF-8"));
        (path(&self.first), path(&self.second))
    }
}

/// Which records a sync has made safe. One that failed has made everything before it unsafe for good.
pub(super) fn safe(records: &[Record]) -> Vec<bool> {
    let mut syncs: HashMap<u64, Vec<&Record>> = HashMap::new();
    for record in records.iter().filter(|record| matches!(record.kind, Kind::Sync | Kind::SyncFailed)) {
        syncs.entry(record.inode).or_default().push(record);
    }
    let first_sync = |record: &Record| {
        let of_it = syncs.get(&record.inode)?;
        // Those about it come in order; the first one decides.
        of_it.iter().find(|sync| record.number <= sync.offset).map(|sync| sync.kind)
    };
    records.iter().map(|record| first_sync(record) == Some(Kind::Sync)).collect()
}
