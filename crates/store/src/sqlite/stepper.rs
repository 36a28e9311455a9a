//! The store without threads: whoever holds the [`Stepper`] says when it commits, how much in one, and when it reads.
//!
//! Everything but the thread is the same: the queues, the worker with its commits, and the statements.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::connection::{Role, Source};
use super::reader::{Look, Readers};
use super::slot::Slot;
use super::writer::{Worker, Writer};
use super::{Engine, OpenError, Options, SqliteStore, migration};

/// Drives a store that has no threads. When it is dropped, the file is closed and every waiting caller is told so.
pub struct Stepper {
    worker: Worker,
    looks: mpsc::Receiver<Look>,
}

impl SqliteStore {
    /// Opens the database `path` of the file system that is registered with SQLite as `file_system`. Nothing else may
    /// open it meanwhile. Reads use the writer's connection.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used or a newer server wrote it.
    pub fn open_stepped(
        path: impl Into<PathBuf>,
        file_system: &str,
        options: Options,
    ) -> Result<(Self, Stepper), OpenError> {
        let path = path.into();
        let source = Source::alone(path.clone(), file_system.to_owned());
        let mut connection = source.open(Role::Writer)?;
        migration::run(&mut connection)?;
        let slot = Slot::filled(source, Role::Writer, connection);
        let (writer, worker) = Writer::prepare(slot, options);
        let (readers, looks) = Readers::prepare();
        Ok((Self(Arc::new(Engine { readers, writer, path })), Stepper { worker, looks }))
    }
}

impl Stepper {
    /// Transactions waiting to be committed.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.worker.queue.len()
    }

    /// Reads waiting to be made.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.looks.len()
    }

    /// Puts the first `most` waiting transactions into one durable commit. Whether it went well.
    pub fn commit(&mut self, most: usize) -> bool {
        let mut jobs = Vec::new();
        self.worker.queue.take_now(&mut jobs, most);
        jobs.is_empty() || self.worker.turn(&mut jobs)
    }

    /// Makes the first waiting read, if there is one.
    pub fn read(&mut self) {
        if let Ok(look) = self.looks.try_recv() {
            look(&mut self.worker.slot);
        }
    }

    /// Folds the log into the file, as the writer does when the log has grown long and when it ends.
    pub fn fold(&mut self) {
        self.worker.fold_all();
    }
}
