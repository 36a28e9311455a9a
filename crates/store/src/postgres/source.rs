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
use super::host;
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
        host::check(&config)?;
        config.connect_timeout(options.connect_timeout).tcp_user_timeout(options.statement_timeout);
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
        let each = self.config.get_connect_timeout().copied().unwrap_or(self.limit);
        let client = self.reach(each, &warned).await?;
        let connection = Connection::new(client, warned, self.limit);
        self.prepare(&connection).await?;
        Ok(connection)
    }

    /// The first host that takes writes. Each has that long to answer: one whose machine takes a connection while its process
    /// stands still does not keep those after it from being asked.
    async fn reach(&self, each: Duration, warned: &Arc<AtomicBool>) -> Result<Client, Trouble> {
        let mut trouble = Trouble::Lost("there is no host".into());
        for place in host::places(&self.config) {
            let ways = match place.ways(&self.config, each).await {
                Ok(ways) => ways,
                Err(unknown) => {
                    trouble = unknown;
                    continue;
                }
            };
            for one in ways {
                trouble = match timeout(each, self.open(&one, warned)).await {
                    Ok(Ok(client)) => return Ok(client),
                    Ok(Err(error)) => error.into(),
                    Err(_) => Trouble::Lost("a server did not answer in time".into()),
                };
            }
        }
        Err(trouble)
    }

    async fn open(&self, one: &Config, warned: &Arc<AtomicBool>) -> Result<Client, tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = one.connect(tls.clone()).await?;
            drive(connection, Arc::clone(warned));
            Ok(client)
        } else {
            let (client, connection) = one.connect(NoTls).await?;
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
        self.durable_enough(&found).map_err(|why| Trouble::Fault(StoreFault::Backend(why)))?;
        // What was found holds for as long as the connection, whatever the server is told meanwhile.
        match found("synchronous_commit").as_deref().and_then(Durability::of) {
            Some(durability) => {
                connection.run(&format!("SET synchronous_commit = {}", durability.word())).await
            }
            None => Ok(()),
        }
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

/// What is wrong with a URL, without the URL. An option that is not known is not repeated: where the beginning is misspelt, or
/// a password has characters that mean something, it is the whole URL or a part of the password.
fn reason(error: &tokio_postgres::Error) -> String {
    let why = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    if why.starts_with("unknown option") {
        return "it does not begin with postgresql://, or has an option that is not known".to_owned();
    }
    why
}
