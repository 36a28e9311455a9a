//! The log is folded beside the commits, begins anew, stays short, and stays whole where only it can be relied on.

use std::path::Path;

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

    fn keeper(&self, file: impl AsRef<Path>) -> (LogKeeper, Keeper) {
        let log = Arc::new(Log::new());
        let file = File::options().read(true).write(true).open(file).expect("opens");
        let slot = Slot::empty(self.source.clone(), Role::Folder);
        let keeper = Keeper { file: ManuallyDrop::new(file), slot, log: Arc::clone(&log) };
        (LogKeeper { log, thread: None }, keeper)
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
    let (handle, mut keeper) = bench.keeper(bench.source.path());
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
    let (handle, mut keeper) = bench.keeper(bench.source.path());
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
    let (_handle, mut keeper) = bench.keeper(bench.source.path());
    bench.commit(BLOB);
    keeper.cut();
    assert_eq!(bench.log_bytes(), 0);
    bench.commit(ROW);
    assert_eq!(rows(bench.writer.connection().expect("is open")), 2);
}

#[cfg(unix)]
#[test]
fn when_the_file_cannot_be_written_out_only_the_log_is_relied_on() {
    let mut bench = Bench::new();
    // A device that cannot be synced stands for a file whose sync fails.
    let (handle, mut keeper) = bench.keeper("/dev/null");
    bench.commit(ROW);
    let reader = bench.reader();
    bench.commit(ROW);
    keeper.fold_most();
    assert!(bench.source.in_doubt());
    drop(reader);
    let kept = bench.log_bytes();
    keeper.fold_most();
    keeper.cut();
    bench.writer.discard();
    bench.commit(ROW);
    handle.after_commit(&mut bench.writer);
    assert!(bench.log_bytes() > kept, "it is not written over");
    drop((handle, keeper));
    let Bench { folder, source, mut writer } = bench;
    assert!(fold_all(&mut writer).expect("leaves it"));
    drop((writer, source));
    let path = folder.path().join("log.db");
    assert!(fs::metadata(folder.path().join("log.db-wal")).expect("is left").len() > kept);
    let next = Source::new(path, Duration::from_secs(5));
    assert_eq!(rows(&next.open(Role::Writer).expect("opens")), 3);
    assert!(!next.in_doubt());
}
