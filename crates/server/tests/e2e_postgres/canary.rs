//! Nothing secret is at rest in the database, its log or ours, however loud, and neither is the database's own password.

#[path = "../e2e/canary/search.rs"]
mod search;
#[path = "../e2e/canary/spoil.rs"]
mod spoil;
#[path = "../e2e/canary/story.rs"]
mod story;

use std::fs;
use std::path::{Path, PathBuf};

use countersign_throwaway::Server as Postgres;
use serde_json::{Value, json};

use self::search::Search;
use self::story::Teller;
use crate::server::Server;

const PASSWORD: &str = "canary-Database-6YtB";

#[test]
fn nothing_secret_is_in_the_database_or_in_what_is_told_of_it() {
    let postgres = Postgres::start_with(&[("log_statement", "all")]).expect("starts");
    let url = postgres.database();
    let secret_url = url.replace("throwaway@", &format!("throwaway:{PASSWORD}@"));
    let loud = [("COUNTERSIGN_LOG", "trace"), ("COUNTERSIGN_STORE__POSTGRES__URL", secret_url.as_str())];
    let server = Server::start_with(&loud);
    let mut teller = Teller::new(&server);
    teller.tell();
    let errors = spoil::spoil(&server, &mut teller.canaries);
    assert!(errors.len() > 20, "{}", errors.len());
    let key = fs::read_to_string(server.folder.path().join("data/master.key")).expect("a key");
    let mut canaries = teller.canaries;
    canaries.push(("the password".to_owned(), PASSWORD.to_owned()));
    canaries.push(("the master key".to_owned(), key.trim().to_owned()));
    let canaries = canaries.into_iter().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>();
    let search = Search::new(&canaries);
    let (log, database_log) = (server.log(), postgres.log());
    assert!(
        database_log.contains("INSERT INTO") || database_log.contains("UPDATE"),
        "it is loud: {database_log}"
    );
    for (told, place) in [(&log, "our log"), (&database_log, "the database's log")] {
        assert_eq!(search.found(told.as_bytes()), [""; 0], "in {place}");
    }
    assert!(server.stop(), "it ends well");
    // What is in its memory is on its disk then.
    postgres.stop().expect("ends");
    let files = written(&postgres.folder().join("data"));
    let places = ["pg_wal", "base"]
        .map(|place| files.iter().filter(|path| path.to_string_lossy().contains(place)).count());
    assert!(places[0] > 0 && places[1] > 10, "{places:?}");
    for path in files {
        let bytes = fs::read(&path).expect("its bytes");
        let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        assert_eq!(search.found(&bytes[..length]), [""; 0], "in {}", path.display());
    }
}

/// Every file but those of a database that are the same in another one, which nobody has written to.
fn written(data: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![data.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    let base = data.join("base");
    let same = |path: &PathBuf| {
        let (Ok(inside), Ok(bytes)) = (path.strip_prefix(&base), fs::read(path)) else { return false };
        let Some(name) = inside.file_name() else { return false };
        let others =
            fs::read_dir(&base).expect("databases").map(|entry| entry.expect("one").path().join(name));
        others.filter(|other| other != path).any(|other| fs::read(other).is_ok_and(|other| other == bytes))
    };
    found.retain(|path| !same(path));
    found
}

/// Pulls a text out of an answer.
fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no {pointer}: {value}")).to_owned()
}

/// A new account's secrets, each unlike anything else.
fn secrets() -> Value {
    json!({ "login": "canary-Login-4ZqX", "payment": "canary-Pay-8WnK", "query": "canary-Query-2RfT" })
}
