//! Hash threads give way: whatever else the server has to do is short, and must not wait while every core hashes.

/// Whether the hash threads run at the priority that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Priority {
    /// At that of the process.
    Untouched,
    /// Lower by so many steps of `nice`.
    Lowered(u8),
    /// At that of the process, because the system refused, in its own words.
    Refused(String),
}

/// Lowers the priority of the calling thread.
#[cfg(target_os = "linux")]
pub(super) fn lower(nice: u8) -> Priority {
    if nice == 0 {
        return Priority::Untouched;
    }
    // Linux counts `nice` by thread, and takes nobody for the calling one; elsewhere it is the whole process's.
    match rustix::process::setpriority_process(None, i32::from(nice)) {
        Ok(()) => Priority::Lowered(nice),
        Err(error) => Priority::Refused(error.to_string()),
    }
}

/// Leaves the priority of the calling thread as it is.
#[cfg(not(target_os = "linux"))]
pub(super) fn lower(nice: u8) -> Priority {
    match nice {
        0 => Priority::Untouched,
        _ => Priority::Refused("only Linux has a priority for each thread".to_owned()),
    }
}
