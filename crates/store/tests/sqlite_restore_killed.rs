//! Whoever is killed during a restore leaves the old database or the new one, whole.
//!
//! The test runs itself as a second process, which restores and ends itself without a word (as a signal 9 would) at the
//! step that it is told; this one looks at what is left, at every step there is. No table may be forgotten, either.

mod restoring;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use countersign_store::contract::sample::{account, index};
use countersign_store::door::{Lookup, Store};
use countersign_store::sqlite::restore::{Request, restore};
use restoring::{Folder, LATER, key, left, miss};

/// More accounts than are put together in one step, so that some steps are in the middle.
const ACCOUNTS: u32 = 600;

#[tokio::test]
async fn a_restore_that_is_killed_at_any_step_leaves_one_whole_database() {
    let folder = made().await;
    let before = folder.dump();
    let original = fs::read(&folder.database).expect("reads");
    let restored = step_by_step(&folder, None);
    let after = folder.dump();
    assert_ne!(before, after);
    let mut seen_old = 0;
    for step in 1..=restored {
        fs::write(&folder.database, &original).expect("puts it back");
        assert_eq!(step_by_step(&folder, Some(step)), step, "ended at that step");
        let left_behind = folder.dump();
        if left_behind == before {
            seen_old += 1;
            // Nothing that was left on the way keeps the next attempt from its end.
            if step % 3 == 0 {
                step_by_step(&folder, None);
                assert_eq!(folder.dump(), after, "after step {step}");
            }
        } else {
            assert_eq!(left_behind, after, "at step {step}");
        }
        assert!(left(&folder.open(), 1).await <= 3, "at step {step}");
    }
    assert!(restored > 10 && seen_old > 5 && seen_old < restored, "{seen_old} of {restored}");
}

#[tokio::test]
async fn a_restore_of_a_lost_database_that_is_killed_at_any_step_can_be_made_again() {
    let folder = made().await;
    folder.lose_database();
    let steps = step_by_step(&folder, None);
    let after = folder.dump();
    for step in 1..=steps {
        folder.lose_database();
        step_by_step(&folder, Some(step));
        if is_empty(&folder.database) {
            step_by_step(&folder, None);
        }
        assert_eq!(folder.dump(), after, "after step {step}");
        assert!(left(&folder.open(), 1).await == 1, "at step {step}");
    }
}

async fn made() -> Folder {
    let folder = Folder::new();
    let store = folder.open();
    store.add_keys(vec![key(0, 0), key(1, 1)]).await.expect("adds");
    for n in 0..ACCOUNTS {
        store.create(account(n), vec![Lookup::Name(index(n))], None).await.expect("creates");
    }
    folder.back_up();
    miss(&store, 1, 2).await;
    drop(store);
    folder
}

/// Whether there is no database, or one with nothing but its first page, as an attempt that was killed leaves it.
fn is_empty(database: &Path) -> bool {
    fs::metadata(database).map_or(0, |file| file.len()) <= 4096
}

/// Restores in another process, which ends itself at that step, and says at which step it ended.
fn step_by_step(folder: &Folder, end_at: Option<usize>) -> usize {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "restorer", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let counted = folder.database.with_file_name("steps");
    let told = [
        folder.backup.display().to_string(),
        folder.database.display().to_string(),
        counted.display().to_string(),
        end_at.unwrap_or(usize::MAX).to_string(),
        is_empty(&folder.database).to_string(),
    ];
    let mut input = child.stdin.take().expect("piped");
    io::Write::write_all(&mut input, format!("{}\n", told.join("\n")).as_bytes()).expect("tells it");
    drop(input);
    let ended = child.wait().expect("ends");
    assert_eq!(ended.success(), end_at.is_none(), "{ended}");
    let steps = fs::read_to_string(&counted).expect("counted").len();
    fs::remove_file(counted).expect("removes it");
    steps
}

/// Only the test above runs this, in a process of its own.
#[test]
#[ignore = "ends itself where it is told"]
fn restorer() {
    let told: Vec<String> = io::stdin().lines().map(|line| line.expect("reads")).collect();
    let [backup, database, counted, end_at, lost] = told.as_slice() else { return };
    let end_at: usize = end_at.parse().expect("a number");
    let mut steps = 0;
    let mut watcher = |_| {
        steps += 1;
        fs::write(counted, ".".repeat(steps)).expect("counts");
        if steps == end_at {
            std::process::abort();
        }
    };
    let (backup, database) = (Path::new(backup), Path::new(database));
    let request =
        Request { backup, database, without_present: lost == "true", clock_behind: false, drawn: 1 };
    countersign_store::contract::sample::with_scene(LATER, |scene| {
        restore(request, scene, &|_| Ok(()), &mut watcher).expect("restores");
    });
}
