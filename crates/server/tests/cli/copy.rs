//! `countersign copy`: both ways, killed on the way, and a server goes on with what came.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use countersign_throwaway::Server as Postgres;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ran, Server, run};

const PHC: &str =
    "$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";

/// More than one batch of a table.
const ACCOUNTS: u32 = 12_000;

/// A folder with a filled store of SQLite, and configurations of it and of empty ones.
struct Place {
    folder: TempDir,
    api_key: String,
}

impl Place {
    fn new(accounts: u32) -> Self {
        let mut place = Self { folder: TempDir::new().expect("a folder"), api_key: String::new() };
        place.done(&["keygen", "--out", "master.key"], "");
        place.configure("embedded.toml", "path = \"data\"");
        place.configure("back.toml", "path = \"back\"");
        place.done(&["migrate", "--config", "embedded.toml"], "");
        let app = place
            .done(&["apps", "create", "--config", "embedded.toml", "--name", "shop", "--output", "json"], "");
        let app: Value = serde_json::from_str(&app).expect("an app");
        app["api_key"].as_str().expect("a key").clone_into(&mut place.api_key);
        let right = json!({ "username": "right", "secrets": { "payment": "the-right-1" } });
        let others = (1..accounts).map(|n| {
            let payment = json!({ "phc": PHC, "input": "plain" });
            json!({ "username": format!("user-{n}"), "mobiles": [format!("138{n:08}")], "secrets": { "payment": payment } })
        });
        let lines: Vec<String> = others.chain([right]).map(|line| line.to_string()).collect();
        place.done(&["import", "--config", "embedded.toml", "-"], &lines.join("\n"));
        place
    }

    fn configure(&self, name: &str, store: &str) {
        let text = format!("[keys]\nmaster_key_file = \"master.key\"\n[store]\n{store}\n");
        fs::write(self.path().join(name), text).expect("written");
    }

    fn of_postgres(&self, name: &str, url: &str) {
        self.configure(name, &format!("kind = \"postgres\"\n[store.postgres]\nurl = \"{url}\""));
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, words: &[&str], input: &str) -> Ran {
        run(self.path(), words, &[], input)
    }

    fn done(&self, words: &[&str], input: &str) -> String {
        let ran = self.run(words, input);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
        ran.out
    }

    /// Copies, and gives how many rows were there before, and each table's name, rows and checksum.
    fn copy(&self, from: &str, to: &str) -> (u64, Value) {
        let mut told: Value =
            serde_json::from_str(&self.done(&["copy", "--config", from, "--to", to, "--output", "json"], ""))
                .expect("JSON");
        (told["found"].as_u64().expect("a number"), told["tables"].take())
    }

    /// Begins to copy; killed when `reached` says so, which must be before it is done.
    fn kill(&self, from: &str, to: &str, reached: impl Fn() -> bool) {
        let mut child = Killed(
            Command::new(env!("CARGO_BIN_EXE_countersign"))
                .args(["copy", "--config", from, "--to", to])
                .current_dir(self.path())
                .env_clear()
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("starts"),
        );
        while !reached() {
            assert_eq!(child.0.try_wait().expect("waits"), None, "it is killed before it ends");
        }
        child.0.kill().expect("kills it");
        let ended = child.0.wait().expect("is dead");
        assert_eq!(ended.code(), None, "it was killed and did not end");
    }

    /// Whether a server on that store finds the account and takes its secret, and no other.
    fn serves(&self, config: &str) {
        let server = Server::start(self.path(), &["--config", config], &[]);
        let key = format!("Bearer {}", self.api_key);
        let url = format!("http://{}/v1/accounts", server.public);
        let found = ureq::get(format!("{url}?username=right")).header("authorization", &key).call();
        let found = found.expect("answers").body_mut().read_to_string().expect("text");
        let found: Value = serde_json::from_str(&found).expect("JSON");
        let id = found["data"][0]["id"].as_str().expect("is found");
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let verify = |secret: &str| {
            let body = json!({ "secret": secret }).to_string();
            let asked = agent
                .post(format!("{url}/{id}/secrets/payment/verify"))
                .header("authorization", &key)
                .header("content-type", "application/json");
            asked.send(&body).expect("answers").status()
        };
        assert_eq!(verify("the-wrong-1"), 403, "{config}");
        assert_eq!(verify("the-right-1"), 200, "{config}");
    }
}

/// A program that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn killed_in_the_middle_both_ways_it_goes_on_and_servers_go_on_with_what_came() {
    let postgres = Postgres::shared();
    let place = Place::new(ACCOUNTS);
    let url = postgres.database();
    place.of_postgres("shared.toml", &url);
    let rows = |table: &str| {
        let counted = postgres.psql(&url, &format!("SELECT count(*) FROM {table}")).unwrap_or_default();
        counted.parse::<u64>().unwrap_or(0)
    };
    place.kill("embedded.toml", "shared.toml", || rows("accounts") > 0);
    let there = rows("accounts");
    let refused = place.run(&["apps", "list", "--config", "shared.toml"], "");
    assert!(
        refused.code == 1 && refused.err.contains("run the same `countersign copy` again"),
        "{}",
        refused.err
    );
    let (found, first) = place.copy("embedded.toml", "shared.toml");
    assert!(found >= there && there >= 4096, "{found} of {there}");

    let log = place.path().join("back/countersign.db.copying-wal");
    place.kill("shared.toml", "back.toml", || fs::metadata(&log).is_ok_and(|log| log.len() > 4_500_000));
    let refused = place.run(&["apps", "list", "--config", "back.toml"], "");
    assert!(refused.code == 1, "{}", refused.err);
    let served = place.run(&["migrate", "--config", "back.toml"], "");
    assert!(served.err.contains("countersign.db.copying"), "{}", served.err);
    let (found, second) = place.copy("shared.toml", "back.toml");
    assert!(found > 4096, "{found}");

    assert_eq!(first, second);
    let tables = first.as_array().expect("tables");
    let of =
        |name: &str| tables.iter().find(|table| table["table"] == name).expect("is copied")["rows"].as_u64();
    let accounts = Some(u64::from(ACCOUNTS));
    assert_eq!([of("accounts"), of("names"), of("events")], [accounts; 3]);
    let same = place.done(&["copy", "verify", "--config", "embedded.toml", "--to", "back.toml"], "");
    assert!(same.contains("rows are in both"), "{same}");

    place.serves("shared.toml");
    place.serves("back.toml");
    // Each has made a key for receipts since, and has a trail of its own.
    let other = place.run(&["copy", "verify", "--config", "shared.toml", "--to", "back.toml"], "");
    assert!(other.code == 1 && other.err.contains("signing_keys is not the same"), "{}", other.err);
}

#[test]
fn what_cannot_be_copied_is_refused_and_nothing_is_made() {
    let place = Place::new(2);
    let missing = place.run(&["copy", "--config", "back.toml", "--to", "embedded.toml"], "");
    assert!(missing.code == 1 && missing.err.contains("there is no database at back/"), "{}", missing.err);
    let taken = place.run(&["copy", "--config", "embedded.toml", "--to", "embedded.toml"], "");
    assert!(taken.code == 1 && taken.err.contains("is there already"), "{}", taken.err);
    for words in [&["copy"][..], &["copy", "--config", "embedded.toml"], &["copy", "verify"]] {
        assert_eq!(place.run(words, "").code, 2, "{words:?}");
    }
    // A variable would speak of both stores: it is not asked.
    let variables = [("COUNTERSIGN_STORE__PATH", "data")];
    let words = ["copy", "--config", "embedded.toml", "--to", "back.toml"];
    let copied = run(place.path(), &words, &variables, "");
    assert!(copied.code == 0 && copied.out.contains("rows are in both"), "{}", copied.err);
    assert!(place.path().join("back/countersign.db").is_file());
}

#[test]
fn a_server_in_read_only_mode_goes_on_beside_it_and_is_told_of() {
    let place = Place::new(2);
    place.configure("embedded.toml", "path = \"data\"\nread_only = true");
    let server = Server::start(place.path(), &["--config", "embedded.toml"], &[]);
    let copied = place.run(&["copy", "--config", "embedded.toml", "--to", "back.toml"], "");
    assert_eq!(copied.code, 0, "{}", copied.err);
    assert!(copied.err.contains("must be in read-only mode"), "{}", copied.err);
    let key = format!("Bearer {}", place.api_key);
    let found = ureq::get(format!("http://{}/v1/accounts?username=right", server.public));
    assert_eq!(found.header("authorization", &key).call().expect("answers").status(), 200);
    place.done(&["copy", "verify", "--config", "embedded.toml", "--to", "back.toml"], "");
}
