//! What was measured, and where. A new measurement is one line changed here; every figure of the page follows.

/// Where a number comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Measured, as is said there.
    Measured(&'static str),
    /// Counted in the code.
    Counted(&'static str),
}

/// One input of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Its name in the formulas.
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) what: &'static str,
    pub(crate) source: Source,
}

const REPORT: Source = Source::Measured("[bench/report.md](../bench/report.md), at saturation");
const OVERLOAD: Source = Source::Measured("[bench/report.md](../bench/report.md), at ten times the peak");
const PG_FIT: Source =
    Source::Measured("[measure.sh](../bench/postgres/measure.sh), warm: batches of 1 and of 256, less `ids`");
const PG: Source = Source::Measured("[measure.sh](../bench/postgres/measure.sh), warm: batches of 64");
const PG_READ: Source = Source::Measured("[measure.sh](../bench/postgres/measure.sh), warm: 4 connections");
const PG_COLD: Source = Source::Measured("[measure.sh](../bench/postgres/measure.sh), cold less warm");
const PG_FILL: Source = Source::Measured("[measure.sh](../bench/postgres/measure.sh), after the filling");
const GUESS: &str = "[guess.rs](../crates/service/src/guess.rs)";

/// All inputs, by name. Times of PostgreSQL are processor time of all of its processes, without what its client makes up.
pub(crate) struct Costs {
    pub(crate) verify_ms: Cost,
    pub(crate) refusal_ms: Cost,
    pub(crate) charge_us: Cost,
    pub(crate) settle_us: Cost,
    pub(crate) read_us: Cost,
    pub(crate) transaction_us: Cost,
    pub(crate) charge_wal: Cost,
    pub(crate) settle_wal: Cost,
    pub(crate) page_wal: Cost,
    pub(crate) account_heap: Cost,
    pub(crate) account_key: Cost,
    pub(crate) account_found: Cost,
    pub(crate) event_heap: Cost,
    pub(crate) event_key: Cost,
    pub(crate) event_time: Cost,
    pub(crate) reads: Cost,
    pub(crate) miss_watches: Cost,
    pub(crate) node_memory: Cost,
}

impl Costs {
    /// Those of the page.
    pub(crate) const MEASURED: Self = Self {
        verify_ms: cost("verify_ms", 9.96, "ms", "a core's time for one verify, hash and all", REPORT),
        refusal_ms: cost(
            "refusal_ms",
            0.13,
            "ms",
            "a core's time for an `overloaded`: 2 cores × (1 − 0.887) ÷ 1755/s",
            OVERLOAD,
        ),
        charge_us: cost(
            "charge_us",
            20.0,
            "µs",
            "the primary's time for a charge, its transaction being shared",
            PG_FIT,
        ),
        settle_us: cost(
            "settle_us",
            42.0,
            "µs",
            "the primary's time for a settlement with its event, likewise",
            PG_FIT,
        ),
        read_us: cost("read_us", 24.0, "µs", "the primary's time for a read of one row", PG_READ),
        transaction_us: cost(
            "transaction_us",
            420.0,
            "µs",
            "the primary's time for a transaction, whatever is in it",
            PG_FIT,
        ),
        charge_wal: cost("charge_wal", 601.0, "bytes", "of log (WAL) for a charge", PG),
        settle_wal: cost("settle_wal", 1039.0, "bytes", "of log for a settlement with its event", PG),
        page_wal: cost(
            "page_wal",
            6300.0,
            "bytes",
            "of log for a page written whole, first time after a checkpoint",
            PG_COLD,
        ),
        account_heap: cost(
            "account_heap",
            630.0,
            "bytes",
            "an account's row, with the room that is kept free",
            PG_FILL,
        ),
        account_key: cost("account_key", 53.0, "bytes", "its primary key", PG_FILL),
        account_found: cost(
            "account_found",
            264.0,
            "bytes",
            "one name and one mobile number, with their keys",
            PG_FILL,
        ),
        event_heap: cost("event_heap", 182.0, "bytes", "an event's row", PG_FILL),
        event_key: cost("event_key", 76.0, "bytes", "its primary key, led by the account", PG_FILL),
        event_time: cost("event_time", 71.0, "bytes", "its place in the order of time", PG_FILL),
        reads: cost(
            "reads",
            3.0,
            "",
            "rows read for a verify: app, account, watches (cached for a second)",
            Source::Counted(GUESS),
        ),
        miss_watches: cost(
            "miss_watches",
            2.0,
            "",
            "watches written after a wrong secret: its network, its secret",
            Source::Counted("[watches.rs](../crates/service/src/watches.rs)"),
        ),
        node_memory: cost(
            "node_memory",
            46.0,
            "MiB",
            "of a node, besides 19 MiB a core for hashing",
            Source::Measured("[bench/report.md](../bench/report.md): 84.1 after the overload, less 2 × 19"),
        ),
    };

    /// In the order of the page.
    pub(crate) const fn all(&self) -> [&Cost; 18] {
        [
            &self.verify_ms,
            &self.refusal_ms,
            &self.charge_us,
            &self.settle_us,
            &self.read_us,
            &self.transaction_us,
            &self.charge_wal,
            &self.settle_wal,
            &self.page_wal,
            &self.account_heap,
            &self.account_key,
            &self.account_found,
            &self.event_heap,
            &self.event_key,
            &self.event_time,
            &self.reads,
            &self.miss_watches,
            &self.node_memory,
        ]
    }
}

const fn cost(
    name: &'static str,
    value: f64,
    unit: &'static str,
    what: &'static str,
    source: Source,
) -> Cost {
    Cost { name, value, unit, what, source }
}
