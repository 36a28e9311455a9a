//! What an operator can do about a failure of the database's file.

use rusqlite::ErrorCode;

/// Words for the log, after SQLite's own; empty where there is nothing to do but to report it.
pub(super) const fn of(code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(ErrorCode::DiskFull) => {
            "; the disk is full: free some space, and writing goes on without a restart; until then nothing is \
             changed, and every guess is refused uncompared"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "; the disk refuses: check the disk and the kernel's log; what was not acknowledged counts as not done, \
             and writing goes on without a restart once the disk works"
        }
        Some(ErrorCode::CannotOpen) => {
            "; check the disk: that its folder is there and can be written to, that there is space, and that files may \
             be opened (ulimit -n)"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "; the file, its folder or the whole disk can only be read: check the owner, the mode and the mount"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "; another process holds the database: end it, or wait until its backup or command is done"
        }
        _ => "",
    }
}
