//! Sections `store`, `keys` and `log`: where records, keys and logs live.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Postgres, Secret};

/// Where records live.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// The kind of database.
    pub kind: StoreKind,
    /// Whether nothing is written: whatever would be is answered 503 with `Retry-After`, and reads go on. SIGHUP changes it at
    /// once.
    pub read_only: bool,
    /// Directory that holds the database; created when it is not there. Of kind `sqlite` only.
    #[schemars(length(min = 1))]
    pub path: PathBuf,
    /// The longest that a write waits for those of other guesses that are being made, in microseconds, so that they
    /// share one wait for the disk. It waits so long only while 64 or more are being made, and for fewer a part of it: a
    /// request that is nearly alone never waits. 0: none does.
    #[schemars(range(max = 100_000))]
    pub commit_delay_us: u32,
    /// PostgreSQL.
    pub postgres: Postgres,
}

/// The kind of database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// Embedded, in one directory of this machine.
    #[default]
    Sqlite,
    /// PostgreSQL, or a database that speaks its protocol, which many servers share.
    Postgres,
}

/// The one secret that an operator keeps.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// The master key, as `countersign keygen` prints it. It wraps every other key; without it the database is of
    /// no use to anyone, you included.
    pub master_key: Option<Secret>,
}

/// What the log says, and how.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Least level, or directives such as `info,countersign_server::http=debug`. Also set by `COUNTERSIGN_LOG`.
    #[schemars(length(min = 1, max = 1024))]
    pub filter: String,
    /// Form of a line on standard error.
    pub format: LogFormat,
}

/// Form of a line on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Store {
    /// The database file in that directory.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("countersign.db")
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            kind: StoreKind::default(),
            read_only: false,
            path: PathBuf::from("countersign-data"),
            // Where 64 guesses are being made, they wait some hundred milliseconds for the engine.
            commit_delay_us: 10_000,
            postgres: Postgres::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::default() }
    }
}
