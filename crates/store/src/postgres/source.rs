//! How a connection is made and set up, and what is checked before it is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_domain::secret::SecretText;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::Connection;
use super::trouble::Trouble;
use super::{Durability, OpenError};
use crate::door::StoreFault;

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
        let connection = Connection::new(client, warned, self.limit);
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
        let rows = connection.rows(settings, &[]).await?;
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

/// What is wrong with a URL, without the URL.
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
