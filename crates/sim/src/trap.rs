//! What is done to a disk, and when.

/// Something that happens at a coming write, sync or deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trap {
    /// How many of them go well before.
    pub after: u32,
    /// What happens then.
    pub then: Mishap,
}

/// What happens to a disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// The process dies: from then on it does nothing more.
    Death,
    /// One operation fails.
    Error,
    /// There is no room for that many operations.
    Full(u32),
}
