//! `countersign import`: what goes in comes in once, whatever happens on the way.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Ran, Server, Variables, run};

const PHC: &str =
    "$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";

struct Place {
    folder: TempDir,
    key: String,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: TempDir::new().expect("a folder"), key: "A".repeat(43) };
        assert_eq!(place.run(&["migrate"], "").code, 0);
        place
    }

    fn run(&self, words: &[&str], input: &str) -> Ran {
        run(self.path(), words, &self.variables(), input)
    }

    fn variables(&self) -> [(&str, &str); 3] {
        [
            ("COUNTERSIGN_KEYS__MASTER_KEY", self.key.as_str()),
            ("COUNTERSIGN_STORE__PATH", "data"),
            ("COUNTERSIGN_LOG", "warn"),
        ]
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Accounts, names and events that there are.
    fn counts(&self) -> [u64; 3] {
        let database = Connection::open(self.path().join("data/countersign.db")).expect("opens");
        ["accounts", "names", "events"].map(|table| {
            let count = format!("SELECT count(*) FROM {table}");
            let count: i64 = database.query_row(&count, [], |row| row.get(0)).expect("counts");
            count.unsigned_abs()
        })
    }
}

fn line(n: u32) -> String {
    format!(
        r#"{{"username":"user-{n}","mobiles":["138{n:08}"],"secrets":{{"payment":{{"phc":"{PHC}","input":"plain"}}}}}}"#
    ) + "\n"
}

fn json(ran: &Ran) -> [u64; 5] {
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    ["lines", "created", "there", "taken", "refused"].map(|name| told[name].as_u64().expect("a number"))
}

#[test]
fn each_line_is_imported_once_or_refused_by_its_number() {
    let place = Place::new();
    let good = (1..=3).map(line).collect::<String>();
    let bad = [
        "{\"username\":\"canary\"\n",
        "{\"mobiles\":[\"13812345678\"]}\n",
        "{\"username\":\"canary\",\"secrets\":{\"payment\":\"1\"}}\n",
        "{\"username\":\"canary\",\"secrets\":{\"payment\":{\"phc\":\"canary\",\"input\":\"plain\"}}}\n",
    ];
    fs::write(place.path().join("lines"), format!("{good}\n{}", bad.concat())).expect("written");
    for check in [true, false] {
        let words = ["import", "lines", "--output", "json", "--check"];
        let ran = place.run(if check { &words } else { &words[..4] }, "");
        assert_eq!((ran.code, json(&ran)), (3, [7, 3, 0, 0, 4]), "{}", ran.err);
        for told in [
            "line 5: not JSON at column",
            "line 6: it has no name",
            "line 7: a secret is not allowed: too short",
            "line 8: secrets.payment.phc: not a PHC string",
            "4 lines were left out",
        ] {
            assert!(ran.err.contains(told), "{told:?} is not in {}", ran.err);
        }
        assert!(!ran.err.contains("canary"), "{}", ran.err);
        assert_eq!(place.counts(), if check { [0; 3] } else { [3; 3] });
    }
    let again = place.run(&["import", "-", "--output", "json"], &(1..=5).map(line).collect::<String>());
    assert_eq!((again.code, json(&again)), (0, [5, 2, 3, 0, 0]), "{}", again.err);
    assert_eq!(place.counts(), [5; 3]);
}

#[test]
fn a_name_that_another_account_has_stops_it_or_is_left_out() {
    let place = Place::new();
    let half = r#"{"username":"user-1","user_id":"another"}"#;
    let lines = format!("{}{half}\n{}", line(1), line(2));
    let stopped = place.run(&["import", "-"], &lines);
    assert_eq!((stopped.code, stopped.out.as_str()), (1, ""));
    assert!(stopped.err.contains("line 2: username is taken by another account"), "{}", stopped.err);
    assert!(stopped.err.contains("2 accounts were imported before, and stay so"), "{}", stopped.err);
    let skipped = place.run(&["import", "-", "--on-conflict", "skip", "--output", "json"], &lines);
    assert_eq!((skipped.code, json(&skipped)), (3, [3, 0, 2, 1, 0]), "{}", skipped.err);
    let checked = place.run(&["import", "-", "--check"], &lines);
    assert!(checked.out.contains("1 accounts left out, because another one has a name"), "{}", checked.out);
    assert_eq!(place.counts(), [2; 3]);
}

#[test]
fn one_that_is_killed_half_way_leaves_whole_accounts_and_goes_on_where_it_was() {
    const LINES: u32 = 8000;
    let place = Place::new();
    let lines: String = (0..LINES).map(line).collect();
    fs::write(place.path().join("lines"), &lines).expect("written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["import", "lines"])
        .current_dir(place.path())
        .env_clear()
        .envs(place.variables())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    while place.counts()[0] == 0 && child.try_wait().expect("waits").is_none() {}
    child.kill().expect("kills it");
    child.wait().expect("is dead");
    let [accounts, names, events] = place.counts();
    assert!(accounts >= 1000 && accounts.is_multiple_of(1000), "{accounts} are of whole batches");
    assert_eq!((names, events), (accounts, accounts), "an account is stored with what it is found by");
    let on = place.run(&["import", "lines", "--output", "json"], "");
    let rest = u64::from(LINES) - accounts;
    assert_eq!(json(&on), [u64::from(LINES), rest, accounts, 0, 0], "{}", on.err);
    assert_eq!(place.counts(), [u64::from(LINES); 3]);
}

#[test]
fn a_running_server_goes_on_beside_it_and_knows_what_came() {
    let place = Place::new();
    let app = place.run(&["apps", "create", "--name", "shop", "--output", "json"], "");
    let app: serde_json::Value = serde_json::from_str(&app.out).expect("an app");
    let variables: Variables<'_> = &place.variables()[..2];
    let server = Server::start(place.path(), &[], variables);
    let imported = place.run(&["import", "-"], &(0..1500).map(line).collect::<String>());
    assert_eq!(imported.code, 0, "{}", imported.err);
    let url = format!("http://{}/v1/accounts", server.public);
    let key = format!("Bearer {}", app["api_key"].as_str().expect("a key"));
    let created = ureq::post(&url).header("authorization", &key).header("content-type", "application/json");
    assert_eq!(created.send(r#"{"username":"beside"}"#).expect("creates").status(), 201);
    let found = ureq::get(format!("{url}?username=user-1499")).header("authorization", &key).call();
    let found = found.expect("answers").body_mut().read_to_string().expect("text");
    assert!(found.contains("138****1499"), "{found}");
    let again = place.run(&["import", "-"], "{\"username\":\"beside\"}\n");
    assert!(again.out.contains("1 accounts were there already"), "{}{}", again.out, again.err);
}

#[test]
fn it_needs_a_database_and_a_file() {
    let folder = TempDir::new().expect("a folder");
    let key = "A".repeat(43);
    let variables = [("COUNTERSIGN_KEYS__MASTER_KEY", key.as_str()), ("COUNTERSIGN_STORE__PATH", "data")];
    let missing = run(folder.path(), &["import", "nothing"], &variables, "");
    assert!(missing.code == 1 && missing.err.contains("nothing cannot be read"), "{}", missing.err);
    let nowhere = run(folder.path(), &["import", "-"], &variables, &line(1));
    assert!(nowhere.code == 1 && nowhere.err.contains("there is no database"), "{}", nowhere.err);
    assert!(!folder.path().join("data").exists());
}
