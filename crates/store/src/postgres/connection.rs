//! One connection: how statements are run on it, and when what was done is known to be.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::trouble::Trouble;

/// Values of a statement, in the order of its `$1`, `$2`, ….
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection that was set up and checked.
pub(super) struct Connection {
    client: Client,
    /// The server has warned of something since the last commit began.
    warned: Arc<AtomicBool>,
    /// A transaction is open: whoever gives the connection back now leaves it to nobody.
    open: AtomicBool,
    statements: Mutex<HashMap<&'static str, Statement>>,
    limit: Duration,
}

impl Connection {
    /// `warned` is set where the server warns of something.
    pub(super) fn new(client: Client, warned: Arc<AtomicBool>, limit: Duration) -> Self {
        let (open, statements) = (AtomicBool::new(false), Mutex::default());
        Self { client, warned, open, statements, limit }
    }

    /// Whether another may use it after this.
    pub(super) fn is_fit(&self) -> bool {
        !self.client.is_closed() && !self.open.load(Ordering::Acquire)
    }

    /// The rows of a statement.
    pub(super) async fn rows(&self, sql: &'static str, values: Values<'_>) -> Result<Vec<Row>, Trouble> {
        let statement = self.prepared(sql).await?;
        self.in_time(self.client.query(&statement, values)).await
    }

    /// The one row of a statement, if there is one.
    pub(super) async fn row(&self, sql: &'static str, values: Values<'_>) -> Result<Option<Row>, Trouble> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs a statement and gives how many rows it touched.
    pub(super) async fn execute(&self, sql: &'static str, values: Values<'_>) -> Result<u64, Trouble> {
        let statement = self.prepared(sql).await?;
        self.in_time(self.client.execute(&statement, values)).await
    }

    /// Runs a statement that is a transaction of its own.
    pub(super) async fn alone(&self, sql: &'static str, values: Values<'_>) -> Result<u64, Trouble> {
        self.warned.store(false, Ordering::Release);
        let touched = self.execute(sql, values).await.map_err(Trouble::of_commit)?;
        self.sure().map(|()| touched)
    }

    /// Runs statements without values, one after the other.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Trouble> {
        self.in_time(self.client.batch_execute(sql)).await
    }

    /// Makes sure that a statement is prepared, so that it can be sent without waiting.
    pub(super) async fn prepared(&self, sql: &'static str) -> Result<Statement, Trouble> {
        let known = self.statements().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.in_time(self.client.prepare(sql)).await?;
        self.statements().insert(sql, statement.clone());
        Ok(statement)
    }

    /// Begins a transaction together with its first statement: one way there and back. After an error, [`Self::undo`].
    pub(super) async fn begin(&self, sql: &'static str, values: Values<'_>) -> Result<Vec<Row>, Trouble> {
        Ok(self.begin_with(&[(sql, values)]).await?.pop().unwrap_or_default())
    }

    /// As [`Self::begin`], with several statements: the rows of each.
    pub(super) async fn begin_with(
        &self,
        work: &[(&'static str, Values<'_>)],
    ) -> Result<Vec<Vec<Row>>, Trouble> {
        let statements = self.all_prepared(work).await?;
        self.open.store(true, Ordering::Release);
        // In this order: what is polled first is sent first.
        let sent =
            statements.iter().zip(work).map(|(statement, (_, values))| self.client.query(statement, values));
        let opening = self.client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
        let (begun, rows) =
            self.in_time_both(async { tokio::join!(biased; opening, join_all(sent)) }).await?;
        begun?;
        Ok(rows.into_iter().collect::<Result<_, _>>()?)
    }

    /// The rows of several statements, none of which changes anything: one way there and back.
    pub(super) async fn rows_of_each(
        &self,
        work: &[(&'static str, Values<'_>)],
    ) -> Result<Vec<Vec<Row>>, Trouble> {
        let statements = self.all_prepared(work).await?;
        let sent =
            statements.iter().zip(work).map(|(statement, (_, values))| self.client.query(statement, values));
        let rows = self.in_time_both(join_all(sent)).await?;
        Ok(rows.into_iter().collect::<Result<_, _>>()?)
    }

    async fn all_prepared(&self, work: &[(&'static str, Values<'_>)]) -> Result<Vec<Statement>, Trouble> {
        let mut statements = Vec::with_capacity(work.len());
        for (sql, _) in work {
            statements.push(self.prepared(sql).await?);
        }
        Ok(statements)
    }

    /// Runs statements and the commit: one way there and back. An error of a statement is told as such: the transaction
    /// was rolled back then.
    pub(super) async fn commit_with(&self, work: &[(&'static str, Values<'_>)]) -> Result<(), Trouble> {
        let statements = self.all_prepared(work).await?;
        self.warned.store(false, Ordering::Release);
        // In this order: what is polled first is sent first.
        let sent = statements
            .iter()
            .zip(work)
            .map(|(statement, (_, values))| self.client.execute(statement, values));
        let (done, committed) = self
            .in_time_both(async { tokio::join!(biased; join_all(sent), self.client.batch_execute("COMMIT")) })
            .await
            .map_err(Trouble::of_commit)?;
        match done.into_iter().find_map(Result::err).map(Trouble::from) {
            None => self.committed(committed),
            // A commit after a statement that was refused is a rollback.
            Some(refused) if committed.is_ok() => {
                self.open.store(false, Ordering::Release);
                Err(refused)
            }
            Some(refused) => Err(refused.of_commit()),
        }
    }

    /// Commits what was done.
    pub(super) async fn commit(&self) -> Result<(), Trouble> {
        self.warned.store(false, Ordering::Release);
        let committed =
            self.in_time_both(self.client.batch_execute("COMMIT")).await.map_err(Trouble::of_commit)?;
        self.committed(committed)
    }

    fn committed(&self, committed: Result<(), tokio_postgres::Error>) -> Result<(), Trouble> {
        let told = committed.map_err(|error| Trouble::from(error).of_commit());
        if !matches!(told, Err(Trouble::Doubt(_) | Trouble::Lost(_))) {
            self.open.store(false, Ordering::Release);
        }
        told?;
        self.sure()
    }

    /// Takes back what was done. Where that fails, the connection is not used again, and the server does it.
    pub(super) async fn undo(&self) {
        if self.run("ROLLBACK").await.is_ok() {
            self.open.store(false, Ordering::Release);
        }
    }

    fn sure(&self) -> Result<(), Trouble> {
        if self.warned.load(Ordering::Acquire) {
            return Err(Trouble::Doubt("the server warned while it committed".into()));
        }
        Ok(())
    }

    /// For what is said in other ways than these, within [`Self::in_time`].
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// What `work` gives, unless it takes longer than a statement may.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Trouble> {
        Ok(self.in_time_both(work).await??)
    }

    async fn in_time_both<T>(&self, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let done = timeout(self.limit, work).await;
        done.map_err(|_| {
            // An answer that comes later must not be taken for that of another statement's commit.
            self.open.store(true, Ordering::Release);
            Trouble::Lost("the server did not answer in time".into())
        })
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
