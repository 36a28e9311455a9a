//! One connection: how it is set up, what is checked before it is used, and how a statement is run on it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_domain::secret::SecretText;
use futures_util::future::join_all;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::trouble::Trouble;
use super::{Durability, OpenError};
use crate::door::StoreFault;

/// Values of a statement, in the order of its `$1`, `$2`, ….
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How to connect, and what a server must promise.
#[derive(Clone)]
pub(super) struct Source {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    durability: Durability,
    standby: bool,
    limit: Duration,
}

impl Source {
    /// # Errors
    /// [`OpenError::Url`] if the URL is none.
    pub(super) fn new(options: &super::Options) -> Result<Self, OpenError> {
        let mut config: Config = options
            .url
            .expose()
            .parse()
            .map_err(|error: tokio_postgres::Error| OpenError::Url(reason(&error)))?;
        if let Some(password) = &options.password {
            config.password(SecretText::expose(password));
        }
        config
            .application_name("countersign")
            .connect_timeout(options.connect_timeout)
            .tcp_user_timeout(options.statement_timeout)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(1))
            .keepalives_retries(3)
            .target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        let tls = options.tls.as_deref().cloned().map(MakeRustlsConnect::new);
        if tls.is_none() {
            config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        } else {
            config.ssl_mode(tokio_postgres::config::SslMode::Require);
        }
        Ok(Self {
            config,
            tls,
            durability: options.durability,
            standby: options.require_standby,
            limit: options.statement_timeout,
        })
    }

    /// A connection to the first of the hosts that takes writes, set up and checked.
    pub(super) async fn connect(&self) -> Result<Connection, Trouble> {
        let warned = Arc::new(AtomicBool::new(false));
        // Each host may take as long as the configured time to answer.
        let hosts = u32::try_from(self.config.get_hosts().len().max(1)).unwrap_or(u32::MAX);
        let each = self.config.get_connect_timeout().copied().unwrap_or(self.limit);
        let client = timeout(each.saturating_mul(hosts).saturating_add(self.limit), self.open(&warned))
            .await
            .map_err(|_| Trouble::Lost("no server answered in time".into()))??;
        let connection = Connection {
            client,
            warned,
            open: AtomicBool::new(false),
            statements: Mutex::default(),
            limit: self.limit,
        };
        self.prepare(&connection).await?;
        Ok(connection)
    }

    async fn open(&self, warned: &Arc<AtomicBool>) -> Result<Client, Trouble> {
        if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.clone()).await?;
            drive(connection, Arc::clone(warned));
            Ok(client)
        } else {
            let (client, connection) = self.config.connect(NoTls).await?;
            drive(connection, Arc::clone(warned));
            Ok(client)
        }
    }

    /// There is no limit for statements on the server's side: one that is up while a commit waits for a standby makes
    /// `PostgreSQL` give up waiting and report success (`SyncRepWaitForLSN`). Whoever waits too long here leaves instead.
    async fn prepare(&self, connection: &Connection) -> Result<(), Trouble> {
        let lock = self.limit.as_millis() / 2;
        let idle = self.limit.as_millis() * 2;
        connection
            .run(&format!(
                "SET statement_timeout = 0; SET lock_timeout = {lock};
                 SET idle_in_transaction_session_timeout = {idle}; SET DateStyle = 'ISO'"
            ))
            .await?;
        let settings = "SELECT name, setting FROM pg_settings
                        WHERE name IN ('synchronous_commit', 'synchronous_standby_names', 'fsync')";
        let rows = connection.client.query(settings, &[]).await?;
        let found = |name: &str| {
            let row = rows.iter().find(|row| row.get::<_, &str>(0) == name)?;
            Some(row.get::<_, &str>(1).to_owned())
        };
        self.durable_enough(&found).map_err(|why| Trouble::Fault(StoreFault::Backend(why)))
    }

    /// Databases that only speak the protocol may not know these settings; what they promise is then theirs.
    fn durable_enough(&self, found: &impl Fn(&str) -> Option<String>) -> Result<(), String> {
        if let Some(setting) = found("synchronous_commit") {
            let has = Durability::of(&setting).ok_or_else(|| {
                format!("the server's synchronous_commit is {setting}, which is not known here")
            })?;
            if has < self.durability {
                return Err(format!(
                    "the server's synchronous_commit is {setting}, and store.postgres.synchronous_commit asks for {}: \
                     what is acknowledged could be lost; set it for the role (ALTER ROLE … SET synchronous_commit = {})",
                    self.durability.word(),
                    self.durability.word()
                ));
            }
        }
        if found("fsync").is_some_and(|setting| setting == "off") {
            return Err("the server runs with fsync = off: a crash would lose what was acknowledged".into());
        }
        if self.standby && found("synchronous_standby_names").is_none_or(|names| names.is_empty()) {
            return Err("store.postgres.require_standby is set, and the server waits for no standby: \
                        its synchronous_standby_names is empty"
                .into());
        }
        Ok(())
    }
}

/// Works for a connection until it ends. A warning during a commit is how `PostgreSQL` says that it no longer waits for a
/// standby, though it reports success.
fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, warned: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let mut next = core::future::poll_fn(|context| connection.poll_message(context)).await;
        while let Some(message) = next {
            match message {
                Ok(AsyncMessage::Notice(notice)) if notice.parsed_severity() == Some(Severity::Warning) => {
                    tracing::warn!(code = notice.code().code(), "PostgreSQL: {}", notice.message());
                    warned.store(true, Ordering::Release);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "a connection to PostgreSQL ended");
                    return;
                }
            }
            next = core::future::poll_fn(|context| connection.poll_message(context)).await;
        }
    });
}

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
        let statement = self.prepared(sql).await?;
        self.open.store(true, Ordering::Release);
        // In this order: what is polled first is sent first.
        let (begun, rows) = self
            .in_time_both(async {
                tokio::join!(
                    biased;
                    self.client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
                    self.client.query(&statement, values)
                )
            })
            .await?;
        begun?;
        Ok(rows?)
    }

    /// Runs statements and the commit: one way there and back. An error of a statement is told as such: the transaction
    /// was rolled back then.
    pub(super) async fn commit_with(&self, work: &[(&'static str, Values<'_>)]) -> Result<(), Trouble> {
        let mut statements = Vec::with_capacity(work.len());
        for (sql, _) in work {
            statements.push(self.prepared(sql).await?);
        }
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

    async fn in_time<T>(
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

/// What is wrong with a URL, without the URL.
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
