//! How a row that was read is known again.

/// Which write of which server was the last of a row. No two are the same.
pub(super) type Tag = [u8; 16];

/// Which writing of a row it was. A version alone does not tell: after a failover that lost the last ones, others give the
/// same numbers again.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seen {
    version: i64,
    writer: Vec<u8>,
}

impl Seen {
    pub(super) const fn of(version: i64, writer: Vec<u8>) -> Self {
        Self { version, writer }
    }

    /// Whether it is the writing after that one, by whoever has this tag.
    pub(super) fn is_next(&self, before: &Self, tag: &Tag) -> bool {
        self.version == before.version + 1 && self.writer == tag
    }
}
