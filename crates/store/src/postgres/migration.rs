//! How the schema came to be: numbered steps, and who may run beside whom.
//!
//! A step either *expands* the schema, which servers of the version before do not notice, or *contracts* it, which they
//! cannot live with. So an upgrade needs no pause: expand, replace the servers one by one, and contract when the last old
//! one is gone. A server takes the steps that expand by itself; one that contracts is only taken when it is asked for.

use core::time::Duration;

use countersign_domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::connection::Connection;
use super::source::Source;
use super::trouble::Trouble;
use super::{Older, OpenError, Options};

/// What a step does to servers that do not know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// They do not notice.
    Expands,
    /// They cannot use the database any more.
    Contracts,
}

/// A step that was released never changes.
struct Step {
    change: Change,
    sql: &'static str,
}

/// The steps in order; the version of a database is how many it has taken.
const STEPS: [Step; 1] =
    [Step { change: Change::Contracts, sql: include_str!("../../migrations/postgres/0001_records.sql") }];

/// The longest that one statement of a step may take, or wait for another server's: a step may go through whole tables.
const LONGEST_STEP: Duration = Duration::from_secs(600);

/// How a database stands to what is known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How many steps it has taken; 0 for an empty one.
    pub version: i64,
    /// The least version of a server that can use it.
    pub oldest: i64,
    /// How many steps are known here.
    pub known: i64,
    /// What the next missing step does, if one is missing.
    pub next: Option<Change>,
}

/// How a database stands, without changing it.
///
/// # Errors
/// It cannot be reached.
pub async fn standing(options: &Options) -> Result<Standing, OpenError> {
    let connection = connect(options).await?;
    let (version, oldest) = version(&connection).await.map_err(Trouble::into_fault)?;
    Ok(Standing { version, oldest, known: known(), next: next(version) })
}

/// The steps that a database of that version has not taken: the version that each leads to, and what it does.
pub fn missing(version: i64) -> impl Iterator<Item = (i64, Change)> {
    (version..known()).filter_map(|version| Some((version + 1, next(version)?)))
}

/// Takes the steps that are missing: those that expand, and with `contract` those that contract too. Gives how it stands
/// then.
///
/// # Errors
/// It cannot be reached, or a newer version has taken a step that is not known here.
pub async fn up(options: &Options, contract: bool) -> Result<Standing, OpenError> {
    run(options, contract).await?;
    standing(options).await
}

async fn connect(options: &Options) -> Result<Connection, OpenError> {
    Ok(Source::new(options)?.connect().await.map_err(Trouble::into_fault)?)
}

/// Makes sure that this version can use the database.
pub(super) async fn open(connection: &Connection, options: &Options, older: Older) -> Result<(), OpenError> {
    if older == Older::Expand {
        run(options, false).await?;
    }
    let (found, oldest) = version(connection).await.map_err(Trouble::into_fault)?;
    if oldest > known() {
        return Err(OpenError::Newer { found, oldest, known: known() });
    }
    // What contracts may still be missing: whoever knows it works with both.
    let expanded = STEPS.iter().rposition(|step| step.change == Change::Expands).map_or(1, |last| last + 1);
    if found < i64::try_from(expanded).unwrap_or(i64::MAX) {
        return Err(OpenError::Older { found, known: known() });
    }
    Ok(())
}

/// Takes steps, one transaction each. Two servers may do so at once: they take turns at the row of the version. A
/// statement of theirs may take longer than one of a request's, and so may the turn of another server.
async fn run(options: &Options, contract: bool) -> Result<(), OpenError> {
    let patient =
        Options { statement_timeout: options.statement_timeout.max(LONGEST_STEP), ..options.clone() };
    let connection = connect(&patient).await?;
    while let Taken::Step = take(&connection, contract).await? {}
    Ok(())
}

enum Taken {
    Step,
    Nothing,
}

async fn take(connection: &Connection, contract: bool) -> Result<Taken, OpenError> {
    let (found, _) = version(connection).await.map_err(Trouble::into_fault)?;
    if next(found).is_none_or(|change| found > 0 && change == Change::Contracts && !contract) {
        return Ok(Taken::Nothing);
    }
    let taken = take_alone(connection, contract).await;
    if taken.is_err() {
        connection.undo().await;
    }
    Ok(taken.map_err(Trouble::into_fault)?)
}

async fn take_alone(connection: &Connection, contract: bool) -> Result<Taken, Trouble> {
    make_place(connection).await?;
    let rows =
        connection.begin("SELECT version, oldest FROM schema_version WHERE id = 1 FOR UPDATE", &[]).await?;
    let (found, oldest) = rows.first().map_or((0, 0), |row| (row.get::<_, i64>(0), row.get::<_, i64>(1)));
    let missing = usize::try_from(found).ok().and_then(|taken| STEPS.get(taken));
    let Some(step) = missing.filter(|step| found == 0 || step.change == Change::Expands || contract) else {
        connection.undo().await;
        return Ok(Taken::Nothing);
    };
    connection.run(&fitting(step.sql, &dialect(connection).await?)).await?;
    let oldest = if step.change == Change::Contracts { found + 1 } else { oldest };
    connection
        .execute("UPDATE schema_version SET version = $1, oldest = $2 WHERE id = 1", &[&(found + 1), &oldest])
        .await?;
    connection.commit().await?;
    Ok(Taken::Step)
}

/// The row that holds the version, at which those who take steps wait for each other. Two who make it at once may be in
/// each other's way; whoever is, finds it made.
async fn make_place(connection: &Connection) -> Result<(), Trouble> {
    let table = "CREATE TABLE IF NOT EXISTS schema_version
                 (id INT4 NOT NULL PRIMARY KEY, version BIGINT NOT NULL, oldest BIGINT NOT NULL)";
    let row = "INSERT INTO schema_version (id, version, oldest) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING";
    if connection.run(table).await.is_err() {
        connection.run(table).await?;
    }
    connection.alone(row, &[]).await?;
    Ok(())
}

async fn version(connection: &Connection) -> Result<(i64, i64), Trouble> {
    let there = "SELECT count(*) FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_name = 'schema_version'";
    let there = connection.row(there, &[]).await?;
    if there.is_none_or(|row| row.get::<_, i64>(0) == 0) {
        return Ok((0, 0));
    }
    let row = connection.row("SELECT version, oldest FROM schema_version WHERE id = 1", &[]).await?;
    Ok(row.map_or((0, 0), |row| (row.get(0), row.get(1))))
}

/// What says of itself which database it is.
async fn dialect(connection: &Connection) -> Result<String, Trouble> {
    let row = connection.row("SELECT version()", &[]).await?;
    Ok(row.map(|row| row.get(0)).unwrap_or_default())
}

/// A step as this database takes it. `CockroachDB` has another way to divide a table by time, and does not need it.
fn fitting(sql: &str, dialect: &str) -> String {
    if !dialect.contains("CockroachDB") {
        return sql.to_owned();
    }
    let whole = sql.replace(" PARTITION BY RANGE (id)", "");
    whole.split_inclusive('\n').filter(|line| !line.contains("PARTITION OF")).collect()
}

fn next(version: i64) -> Option<Change> {
    let taken = usize::try_from(version).ok()?;
    STEPS.get(taken).map(|step| step.change)
}

/// The newest version that is known here.
#[must_use]
pub fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// So many months are made ahead.
const AHEAD: u8 = 2;

/// Makes the parts of the trail for this month and the next ones, where the trail has parts and is this role's own. One
/// that cannot be made, because events of that time are elsewhere already, is not missed: they stay there.
pub(super) async fn months(connection: &Connection, now: Timestamp) -> Result<(), Trouble> {
    if !is_parted(connection).await {
        return Ok(());
    }
    for ahead in 0..AHEAD {
        if let Some((name, sql)) = month(now, ahead) {
            make_part(connection, &name, &sql).await?;
        }
    }
    Ok(())
}

/// The name of the part of the trail for this month.
pub(super) fn month_of(at: Timestamp) -> Option<String> {
    month(at, 0).map(|(name, _)| name)
}

/// Makes the part of the trail for one month, as [`months`] does.
pub(super) async fn make_month(connection: &Connection, at: Timestamp) -> Result<(), Trouble> {
    match month(at, 0) {
        Some((name, sql)) if is_parted(connection).await => make_part(connection, &name, &sql).await,
        _ => Ok(()),
    }
}

async fn is_parted(connection: &Connection) -> bool {
    let parted = "SELECT count(*) FROM pg_partitioned_table AS p JOIN pg_class AS c ON c.oid = p.partrelid
                  WHERE c.relname = 'events' AND pg_has_role(c.relowner, 'USAGE')";
    let parted = connection.row(parted, &[]).await;
    matches!(parted, Ok(Some(row)) if row.get::<_, i64>(0) > 0)
}

async fn make_part(connection: &Connection, name: &str, sql: &str) -> Result<(), Trouble> {
    let there = "SELECT count(*) FROM pg_class WHERE relname = $1";
    let there = connection.row(there, &[&name]).await?;
    if there.is_some_and(|row| row.get::<_, i64>(0) > 0) {
        return Ok(());
    }
    if let Err(trouble) = connection.run(sql).await {
        let Trouble::Fault(why) = trouble else { return Err(trouble) };
        tracing::warn!(%why, month = name, "a month of the audit trail gets no part of its own");
    }
    Ok(())
}

/// How many copies into this database are under way: one, or none.
pub(super) async fn copies(connection: &Connection) -> Result<i64, Trouble> {
    let row = connection.row("SELECT count(*) FROM copies", &[]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// The part for the month that comes so many months after that of `now`: its name, and the statement that makes it.
fn month(now: Timestamp, ahead: u8) -> Option<(String, String)> {
    let first =
        jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(TimeZone::UTC).date().first_of_month();
    let first = first.checked_add(jiff::Span::new().months(ahead)).ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let name = format!("events_of_{:04}_{:02}", first.year(), first.month());
    let (from, to) = (bound(first)?, bound(next)?);
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {name} PARTITION OF events FOR VALUES FROM ('\\x{from}') TO ('\\x{to}')"
    );
    Some((name, sql))
}

/// The first id of a day, in hexadecimal: an event's id begins with its time, 6 bytes of milliseconds.
fn bound(day: Date) -> Option<String> {
    let at = day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(format!("{:012x}{}", u64::try_from(at).ok()?, "0".repeat(20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_the_first_id_of_its_time() {
        // 2026-11-21T00:00:00Z, and two months later another year.
        let now = Timestamp::from_secs(1_795_219_200);
        let (name, sql) = month(now, 0).expect("a month");
        assert_eq!(name, "events_of_2026_11");
        let bounds = format!("FROM ('\\x{:012x}", 1_793_491_200_000_u64);
        assert!(sql.contains(&bounds), "{sql}");
        assert!(sql.contains(&format!("TO ('\\x{:012x}", 1_796_083_200_000_u64)), "{sql}");
        assert_eq!(month(now, 2).map(|(name, _)| name).as_deref(), Some("events_of_2027_01"));
    }

    #[test]
    fn what_one_database_does_not_take_is_left_out_for_it() {
        let whole = fitting(STEPS[0].sql, "PostgreSQL 15.18");
        assert_eq!(whole, STEPS[0].sql);
        let other = fitting(STEPS[0].sql, "CockroachDB CCL v24.1");
        assert!(whole.contains("PARTITION") && !other.contains("PARTITION"));
        assert!(other.contains("CREATE TABLE IF NOT EXISTS events ("));
    }
}
