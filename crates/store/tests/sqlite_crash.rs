//! A server that is killed in the middle of its writes loses nothing that it acknowledged, and keeps nothing halved.
//!
//! The test runs itself as a second process: that one writes and prints what was acknowledged, this one kills it
//! (signal 9), opens what is left, and compares. The kernel survives, so this is no test of the disk's own cache.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::identifier::TenantId;
use countersign_store::contract::sample::{self, account, id};
use countersign_store::door::Store;
use countersign_store::sqlite::{Options, SqliteStore};

const ACCOUNTS: u32 = 24;
const ROUNDS: u32 = 6;

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        // Different moments: the first rounds die during the first writes, the last ones after checkpoints.
        acknowledged.extend(write_and_die(&path, 40 << (2 * round.min(4))));
        let store = SqliteStore::open(&path, Options::default()).expect("opens what is left");
        for (&n, &made) in &acknowledged {
            let saved = store.read(id(n)).await.expect("reads").expect("is there").events_made;
            assert!(saved >= made, "account {n}: {made} were acknowledged, {saved} are there");
            let page = Page { after: None, limit: saved + 1 };
            let trail = store.events(TenantId::default_tenant(), Some(id(n)), page).await.expect("reads");
            assert_eq!(trail.len(), saved as usize, "account {n}: record and trail are of one transaction");
        }
        drop(store);
        let file = rusqlite::Connection::open(&path).expect("opens");
        let checked: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks");
        assert_eq!(checked, "ok");
    }
    assert_eq!(acknowledged.len(), ACCOUNTS as usize);
}

/// Only the test above runs this, in a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs until it is killed"]
async fn writer() {
    let mut path = String::new();
    io::stdin().read_line(&mut path).expect("reads where to write");
    if path.trim().is_empty() {
        return;
    }
    let store = SqliteStore::open(path.trim(), Options::default()).expect("opens");
    say("\n");
    let tasks: Vec<_> = (0..ACCOUNTS).map(|n| tokio::spawn(write_for_ever(store.clone(), n))).collect();
    for task in tasks {
        task.await.expect("joins");
    }
}

async fn write_for_ever(store: SqliteStore, n: u32) {
    if store.read(id(n)).await.expect("reads").is_none() {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    loop {
        let made = store.update(id(n), |draft| {
            sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
            draft.account.events_made
        });
        let made = made.await.expect("updates").expect("is there");
        say(&format!("acknowledged {n} {made}\n"));
    }
}

/// Nothing may be said of this process's success but what was acknowledged, so a failed write ends it.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("says it");
}

/// Gives the last acknowledged number of each account, up to the last line that came through.
fn write_and_die(path: &Path, lines: usize) -> BTreeMap<u32, u32> {
    let mut child = start(path);
    let mut said = BufReader::new(child.stdout.take().expect("has an output")).lines();
    let mut acknowledged = BTreeMap::new();
    let mut heard = 0;
    while let Some(Ok(line)) = said.next() {
        let Some((n, made)) = acknowledgement(&line) else { continue };
        acknowledged.insert(n, made);
        heard += 1;
        if heard == lines {
            child.kill().expect("kills it");
        }
    }
    assert!(heard >= lines, "it died by itself after {heard} lines");
    child.wait().expect("is dead");
    acknowledged
}

fn start(path: &Path) -> Child {
    let this = std::env::current_exe().expect("knows itself");
    let mut child = Command::new(this)
        .args(["--exact", "writer", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("has an input");
    writeln!(input, "{}", path.display()).expect("says where to write");
    child
}

fn acknowledgement(line: &str) -> Option<(u32, u32)> {
    let (n, made) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
    Some((n.parse().ok()?, made.parse().ok()?))
}
