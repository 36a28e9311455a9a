//! How a platform uses it, and what it is given: assumptions, each of which can be set on the command line.

/// One platform's use.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Usage {
    pub(crate) accounts: f64,
    /// Of one account, in the mean over all.
    pub(crate) verifies_per_day: f64,
    /// Share of a day's verifies that come in its busiest hour.
    pub(crate) busiest_hour: f64,
    /// The busiest seconds of that hour over its mean.
    pub(crate) burst: f64,
    /// Share of verifies with a wrong secret.
    pub(crate) wrong: f64,
    /// Other decisions for each verify that are written with an event: sessions, changes, codes.
    pub(crate) other_writes: f64,
    pub(crate) months_kept: f64,
    /// Cores of one Countersign node.
    pub(crate) node_cores: f64,
    /// Share of the hash cores' time that is used in the busiest seconds.
    pub(crate) utilisation: f64,
    /// From one checkpoint of PostgreSQL to the next.
    pub(crate) checkpoint_minutes: f64,
    /// What one primary is to carry at most: cores at work, log in MB a second, disk in TB.
    pub(crate) primary_cores: f64,
    pub(crate) primary_wal_mb: f64,
    pub(crate) primary_disk_tb: f64,
    /// Connections of one node that read and do whatever else there is, and that write accounts.
    pub(crate) readers: f64,
    pub(crate) writers: f64,
    /// A transaction on its way: round trips and durable commit, synchronous standby and all.
    pub(crate) commit_ms: f64,
    /// How long no primary can be written to when one is lost.
    pub(crate) gap_s: f64,
}

impl Usage {
    /// What the page assumes, but for the number of accounts.
    pub(crate) const ASSUMED: Self = Self {
        accounts: 1e8,
        verifies_per_day: 0.5,
        busiest_hour: 0.1,
        burst: 2.0,
        wrong: 0.05,
        other_writes: 0.2,
        months_kept: 12.0,
        node_cores: 16.0,
        utilisation: 0.7,
        checkpoint_minutes: 15.0,
        primary_cores: 16.0,
        primary_wal_mb: 100.0,
        primary_disk_tb: 10.0,
        readers: 14.0,
        writers: 2.0,
        commit_ms: 5.0,
        gap_s: 20.0,
    };

    /// The same with another number of accounts.
    pub(crate) const fn with_accounts(self, accounts: f64) -> Self {
        Self { accounts, ..self }
    }
}

/// One assumption: its option on the command line, its bounds, what it means.
pub(crate) struct Assumption {
    pub(crate) option: &'static str,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) what: &'static str,
    pub(crate) of: fn(&mut Usage) -> &mut f64,
}

impl Assumption {
    /// What is assumed of this in that use.
    pub(crate) fn value(&self, mut usage: Usage) -> f64 {
        *(self.of)(&mut usage)
    }
}

/// All of them, in the order of the page.
pub(crate) const ASSUMPTIONS: [Assumption; 17] = [
    assumed("accounts", (1.0, 1e11), "accounts", |usage| &mut usage.accounts),
    assumed(
        "verifies-per-day",
        (1e-6, 1e4),
        "verifies an account a day, in the mean over all accounts",
        |usage| &mut usage.verifies_per_day,
    ),
    assumed(
        "busiest-hour",
        (1.0 / 24.0, 1.0),
        "share of a day's verifies that come in the busiest hour",
        |usage| &mut usage.busiest_hour,
    ),
    assumed("burst", (1.0, 1e3), "the busiest seconds of that hour over its mean", |usage| &mut usage.burst),
    assumed("wrong", (0.0, 1.0), "share of verifies with a wrong secret", |usage| &mut usage.wrong),
    assumed(
        "other-writes",
        (0.0, 1e3),
        "other decisions for each verify: sessions, changes, codes",
        |usage| &mut usage.other_writes,
    ),
    assumed("months-kept", (0.1, 1e3), "months for which events are kept", |usage| &mut usage.months_kept),
    assumed("node-cores", (1.0, 1024.0), "cores of one Countersign node", |usage| &mut usage.node_cores),
    assumed("utilisation", (0.05, 0.95), "share of the hash cores at work in the busiest seconds", |usage| {
        &mut usage.utilisation
    }),
    assumed(
        "checkpoint-minutes",
        (0.5, 1440.0),
        "minutes from one checkpoint of PostgreSQL to the next",
        |usage| &mut usage.checkpoint_minutes,
    ),
    assumed("primary-cores", (0.5, 1024.0), "cores at work on one primary, at most", |usage| {
        &mut usage.primary_cores
    }),
    assumed("primary-wal-mb", (1.0, 1e5), "MB of log a second from one primary, at most", |usage| {
        &mut usage.primary_wal_mb
    }),
    assumed("primary-disk-tb", (0.01, 1e5), "TB on one primary, at most", |usage| &mut usage.primary_disk_tb),
    assumed(
        "readers",
        (1.0, 1e3),
        "connections of one node that read, and do whatever is not about accounts",
        |usage| &mut usage.readers,
    ),
    assumed("writers", (1.0, 4.0), "connections of one node that write accounts", |usage| &mut usage.writers),
    assumed(
        "commit-ms",
        (0.05, 1e3),
        "milliseconds of a transaction on its way: round trips and durable commit, synchronous standby and all",
        |usage| &mut usage.commit_ms,
    ),
    assumed("gap-s", (0.0, 600.0), "seconds without a writable primary when one is lost", |usage| {
        &mut usage.gap_s
    }),
];

const fn assumed(
    option: &'static str,
    (least, most): (f64, f64),
    what: &'static str,
    of: fn(&mut Usage) -> &mut f64,
) -> Assumption {
    Assumption { option, least, most, what, of }
}
