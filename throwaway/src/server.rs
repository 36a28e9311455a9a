//! The server as a test sees it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

use crate::debian::{self, Postgres};
use crate::guard::Guard;
use crate::session::Session;

/// May do anything in this server; nobody needs a password.
const SUPERUSER: &str = "throwaway";

/// Ports are taken from below those that Linux gives to outgoing connections, so that none of these takes the port of
/// a server that is killed and comes again.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// As durable as PostgreSQL is by default, small, and quiet: nothing happens in it that no test asked for.
const SETTINGS: [(&str, &str); 11] = [
    ("listen_addresses", "127.0.0.1"),
    ("fsync", "on"),
    ("max_connections", "300"),
    ("shared_buffers", "32MB"),
    // In a file of the folder, so that also a killed server leaves nothing outside.
    ("dynamic_shared_memory_type", "mmap"),
    ("autovacuum", "off"),
    ("jit", "off"),
    ("log_checkpoints", "off"),
    ("lc_messages", "C"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
];

/// A running PostgreSQL server of its own. Ends, and leaves nothing, when it is dropped or its process ends.
#[derive(Debug)]
pub struct Server {
    postgres: Postgres,
    guard: Guard,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
}

impl Server {
    /// The one server that all tests of a process share; each test takes a [`Server::database`] of its own.
    ///
    /// # Panics
    /// As [`Server::start`] fails: a test that needs PostgreSQL does not pass without it.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|why| panic!("{why}")))
    }

    /// A new server that accepts connections.
    ///
    /// # Errors
    /// There is no PostgreSQL and it could not be installed, or it did not start; in words, with its log.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// A new server with settings of `postgresql.conf` that the test chooses; they come after the usual ones, and win.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self, String> {
        let postgres = debian::postgres()?;
        // Each process begins elsewhere, so that many that start at once seldom ask for the same port.
        let first = std::process::id().wrapping_mul(97);
        for n in 0..PORTS.len() {
            let offset = (first as usize).wrapping_add(n) % PORTS.len();
            let port = PORTS.start + u16::try_from(offset).unwrap_or_default();
            if std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
                continue;
            }
            // The folder is the port's: who could make it has the port, also while its server is down.
            let folder = std::env::temp_dir().join(format!("countersign-postgres-{port}"));
            let Some(guard) = Guard::make(&postgres, &folder, SUPERUSER, &options(port, &folder, settings))?
            else {
                continue;
            };
            guard.start()?;
            return Ok(Self { postgres, guard, folder, port, databases: AtomicU32::new(0) });
        }
        Err("no free port for PostgreSQL".to_owned())
    }

    /// A new empty database, as an URL.
    ///
    /// # Panics
    /// The server does not answer.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = self.psql(&self.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        made.unwrap_or_else(|why| panic!("{why}"));
        self.url(&name)
    }

    /// The URL of a database of this server, for its superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on 127.0.0.1, the same for the server's life.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What lies in the temporary folder: the Unix socket and `data`, the server's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs SQL through `psql`; the rows, one a line, columns separated by `|`.
    ///
    /// # Errors
    /// What `psql` says.
    pub fn psql(&self, url: &str, sql: &str) -> Result<String, String> {
        let output = self.client(url).args(["-c", sql]).output().map_err(|error| format!("psql: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr).trim_end()))
    }

    /// A `psql` that stays connected.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn session(&self, url: &str) -> Result<Session, String> {
        let mut psql = self.client(url);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped());
        let psql = psql.spawn().map_err(|error| format!("psql: {error}"))?;
        Session::of(psql).ok_or_else(|| "psql has no input or output".to_owned())
    }

    fn client(&self, url: &str) -> Command {
        let mut psql = Command::new(self.postgres.programs.join("psql"));
        psql.env_clear().env("LC_ALL", "C").args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            url,
        ]);
        psql
    }

    /// Writes a file into the server's folder as only the server may read it, such as a certificate's key.
    ///
    /// # Errors
    /// As the file system's.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let path = self.folder.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let folder = fs::metadata(&self.folder)?;
        chown(&path, Some(folder.uid()), Some(folder.gid()))?;
        Ok(path)
    }

    /// Ends the server in order, as for maintenance: transactions are rolled back, nothing has to be recovered.
    ///
    /// # Errors
    /// It did not end.
    pub fn stop(&self) -> Result<(), String> {
        self.guard.stop()
    }

    /// Kills the postmaster and all its children with `kill -9`; they are gone when this returns.
    ///
    /// # Errors
    /// They did not end.
    pub fn kill(&self) -> Result<(), String> {
        self.guard.kill()
    }

    /// Starts a server that was stopped or killed again, in the same folder and on the same port.
    ///
    /// # Errors
    /// It did not start; in words, with its log.
    pub fn start_again(&self) -> Result<(), String> {
        self.guard.start()
    }

    /// Stops and starts again.
    ///
    /// # Errors
    /// As [`Server::stop`] and [`Server::start_again`].
    pub fn restart(&self) -> Result<(), String> {
        self.stop()?;
        self.start_again()
    }

    /// Holds the postmaster and all its children where they are: connections stay open and nothing answers.
    ///
    /// # Errors
    /// The server's guard is gone.
    pub fn freeze(&self) -> Result<(), String> {
        self.guard.freeze()
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// The server's guard is gone.
    pub fn thaw(&self) -> Result<(), String> {
        self.guard.thaw()
    }

    /// What the server wrote to its log, up to some thousand lines of it.
    pub fn log(&self) -> String {
        self.guard.log()
    }

    /// The postmaster's process.
    pub fn pid(&self) -> Option<u32> {
        self.guard.pid()
    }
}

fn options(port: u16, folder: &Path, settings: &[(&str, &str)]) -> Vec<String> {
    let port = port.to_string();
    let folder = folder.to_string_lossy();
    let own = [("port", port.as_str()), ("unix_socket_directories", folder.as_ref())];
    let all = SETTINGS.iter().chain(&own).chain(settings);
    all.flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]).collect()
}
