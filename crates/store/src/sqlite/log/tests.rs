//! The log is folded beside the commits, begins anew, stays short, and stays whole where only it can be relied on.

use std::fs::File;
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;

use super::*;
use crate::sqlite::connection;

const BLOB: &str = "INSERT INTO t VALUES (zeroblob(8000000))";
const ROW: &str = "INSERT INTO t VALUES (zeroblob(1))";

struct Bench {
    folder: tempfile::TempDir,
    source: Source,
    writer: Slot,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("log.db");
        connection::create_private(&path).expect("makes the file");
        let source = Source::new(path, Duration::from_secs(5));
        let writer = source.open(Role::Writer).expect("opens");
        writer.execute_batch("CREATE TABLE t (x BLOB)").expect("makes a table");
        Self { folder, source: source.clone(), writer: Slot::filled(source, Role::Writer, writer) }
    }

    fn commit(&mut self, sql: &str) {
        self.writer.connection().expect("is open").execute_batch(sql).expect("commits");
    }

    fn keeper(&self) -> (LogKeeper, Keeper) {
        let log = Arc::new(Log::new());
        let slot = Slot::empty(self.source.clone(), Role::Folder);
        let keeper = Keeper { slot, log: Arc::clone(&log) };
        (LogKeeper { log, thread: None }, keeper)
    }

    /// From now on the database file cannot be synced: a device that never can be stands for it.
    #[cfg(unix)]
    fn break_sync(&self) {
        self.source.turns().sync_instead(File::open("/dev/null").expect("opens"));
    }

    /// A read that has begun and goes on until this is dropped.
    fn reader(&self) -> Connection {
        let reader = self.source.open(Role::Reader).expect("opens");
        reader.execute_batch("BEGIN").expect("begins");
        assert!(rows(&reader) >= 0);
        reader
    }

    fn log_bytes(&self) -> u64 {
        fs::metadata(self.source.log()).map_or(0, |log| log.len())
    }
}

fn rows(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("counts")
}

#[test]
fn under_constant_load_the_log_begins_anew_and_stays_bounded() {
    let mut bench = Bench::new();
    let keeper = LogKeeper::start(&bench.source).expect("starts");
    let mut begun_anew = 0;
    let mut pages = 0;
    while begun_anew < 2 {
        bench.commit(BLOB);
        keeper.after_commit(&mut bench.writer);
        begun_anew += u32::from(bench.source.log_pages() < pages);
        pages = bench.source.log_pages();
        // What comes while it is folded, by a disk as slow as it likes, but not all that ever came.
        assert!(bench.log_bytes() < 4 << 30, "it never begins anew");
    }
    drop(keeper);
    let checked: String = bench
        .writer
        .connection()
        .and_then(|writer| Ok(writer.query_row("PRAGMA integrity_check", [], |row| row.get(0))?))
        .expect("checks");
    assert_eq!(checked, "ok");
}

#[test]
fn what_a_reader_left_to_fold_the_writer_folds_after_its_next_commit() {
    let mut bench = Bench::new();
    let (handle, mut keeper) = bench.keeper();
    bench.commit(ROW);
    let reader = bench.reader();
    bench.commit(ROW);
    keeper.fold_most();
    assert!(handle.log.rest.load(Ordering::Relaxed), "little is left");
    drop(reader);
    handle.after_commit(&mut bench.writer);
    let before = bench.source.log_pages();
    bench.commit(ROW);
    assert!(bench.source.log_pages() < before, "the log began anew");
}

#[test]
fn a_read_that_goes_on_keeps_the_log_and_holds_nobody_up() {
    let mut bench = Bench::new();
    let (handle, mut keeper) = bench.keeper();
    let reader = bench.reader();
    for _ in 0..8 {
        bench.commit(BLOB);
        keeper.fold_most();
        handle.after_commit(&mut bench.writer);
    }
    assert!(bench.source.log_pages() > FOLD_PAGES);
    assert_eq!(rows(&reader), 0, "it sees what was there when it began");
    drop(reader);
    keeper.fold_most();
    handle.after_commit(&mut bench.writer);
    bench.commit(ROW);
    assert!(bench.source.log_pages() < AGAIN_PAGES, "the log began anew");
}

#[test]
fn a_log_that_grew_long_is_cut_when_nobody_writes() {
    let mut bench = Bench::new();
    let (_handle, mut keeper) = bench.keeper();
    bench.commit(BLOB);
    keeper.cut();
    assert_eq!(bench.log_bytes(), 0);
    bench.commit(ROW);
    assert_eq!(rows(bench.writer.connection().expect("is open")), 2);
}

/// Whether a connection waited for others: what it is asked when it could.
static WAITED: AtomicBool = AtomicBool::new(false);

#[test]
fn a_log_that_grew_long_is_left_alone_while_somebody_reads_it() {
    let mut bench = Bench::new();
    let (handle, mut keeper) = bench.keeper();
    let mut folder = bench.source.open(Role::Folder).expect("opens");
    let timeout: i64 = folder.pragma_query_value(None, "busy_timeout", |row| row.get(0)).expect("tells");
    assert_eq!(timeout, 0, "commits would wait as long");
    let waits = |_| {
        WAITED.store(true, Ordering::Relaxed);
        false
    };
    folder.busy_handler(Some(waits)).expect("is set");
    keeper.slot = Slot::filled(bench.source.clone(), Role::Folder, folder);
    let older = bench.reader();
    bench.commit(BLOB);
    let log = bench.log_bytes();
    keeper.cut();
    assert!(!WAITED.load(Ordering::Relaxed), "it held the right to write and waited for the reader");
    assert_eq!((bench.log_bytes(), rows(&older)), (log, 0));
    // One that reads what is in the log keeps it, even when all of it is folded.
    let newer = bench.reader();
    drop(older);
    keeper.cut();
    assert_eq!((bench.log_bytes(), rows(&newer)), (log, 1));
    bench.commit(ROW);
    handle.after_commit(&mut bench.writer);
    drop(newer);
    keeper.cut();
    assert_eq!(bench.log_bytes(), 0);
}

/// What a pass left in the file that stopped short, nobody writes again; so it is on the disk before the next pass.
#[cfg(unix)]
#[test]
fn every_pass_that_stops_short_is_synced_whoever_makes_it() {
    type Pass = fn(&mut Bench, &LogKeeper, &mut Keeper, Connection);
    let passes: [(&str, Pass); 4] = [
        ("the keeper", |_, _, keeper, _reader| keeper.fold_most()),
        ("the keeper, which has not been told of the last commits", |bench, _, keeper, reader| {
            drop(reader);
            let other = Connection::open(bench.source.path()).expect("opens");
            other.execute_batch(ROW).expect("commits");
            let _reader = bench.reader();
            other.execute_batch(ROW).expect("commits");
            keeper.fold_most();
        }),
        ("the writer after a commit", |bench, handle, _, _reader| {
            handle.log.rest.store(true, Ordering::Relaxed);
            handle.after_commit(&mut bench.writer);
        }),
        ("the writer that is opened", |bench, _, _, _reader| {
            bench.writer.discard();
            assert!(bench.writer.connection().is_err(), "and is told so");
        }),
    ];
    for (who, pass) in passes {
        let mut bench = Bench::new();
        let (handle, mut keeper) = bench.keeper();
        bench.commit(ROW);
        let reader = bench.reader();
        bench.commit(ROW);
        bench.break_sync();
        pass(&mut bench, &handle, &mut keeper, reader);
        assert!(bench.source.in_doubt(), "{who}");
        let kept = bench.log_bytes();
        keeper.fold_most();
        keeper.cut();
        handle.after_commit(&mut bench.writer);
        assert!(bench.writer.connection().is_err(), "{who}: nothing is read or written any more");
        assert!(kept > 0 && bench.log_bytes() == kept, "{who}: the log must stay as it is");
    }
}

#[cfg(unix)]
#[test]
fn where_nothing_is_left_to_fold_there_is_nothing_to_doubt() {
    let mut bench = Bench::new();
    bench.commit(ROW);
    let (_handle, mut keeper) = bench.keeper();
    keeper.fold_most();
    bench.break_sync();
    bench.writer.discard();
    bench.commit(ROW);
    assert!(!bench.source.in_doubt());
    assert!(bench.source.log_pages() < 3, "the log began anew");
}

#[cfg(unix)]
#[test]
fn in_doubt_the_log_outlives_the_last_connection() {
    let mut bench = Bench::new();
    let reader = bench.reader();
    bench.commit(ROW);
    bench.break_sync();
    let source = bench.source.clone();
    assert!(bench.writer.connection().and_then(|writer| fold(&source, writer)).is_err());
    drop(reader);
    bench.writer.discard();
    assert!(bench.log_bytes() > 0);
    let Bench { folder, source, writer } = bench;
    drop((writer, source));
    let next = Source::new(folder.path().join("log.db"), Duration::from_secs(5));
    assert_eq!(rows(&next.open(Role::Writer).expect("opens")), 1);
}

#[cfg(unix)]
#[test]
fn when_the_file_cannot_be_written_out_only_the_log_is_relied_on() {
    let mut bench = Bench::new();
    bench.break_sync();
    let (handle, mut keeper) = bench.keeper();
    bench.commit(ROW);
    let reader = bench.reader();
    bench.commit(ROW);
    keeper.fold_most();
    assert!(bench.source.in_doubt());
    drop(reader);
    let kept = bench.log_bytes();
    keeper.fold_most();
    keeper.cut();
    handle.after_commit(&mut bench.writer);
    assert!(bench.writer.connection().is_err(), "nothing is written any more");
    assert_eq!(bench.log_bytes(), kept);
    drop((handle, keeper));
    let Bench { folder, source, mut writer } = bench;
    assert!(fold_all(&mut writer).expect("leaves it"));
    drop((writer, source));
    let path = folder.path().join("log.db");
    assert!(fs::metadata(folder.path().join("log.db-wal")).expect("is left").len() == kept);
    let next = Source::new(path, Duration::from_secs(5));
    assert_eq!(rows(&next.open(Role::Writer).expect("opens")), 2);
    assert!(!next.in_doubt());
}
