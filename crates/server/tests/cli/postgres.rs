//! The commands on PostgreSQL: what each does there, and what is told where one cannot.

use std::fs;
use std::path::Path;

use countersign_throwaway::Server as Postgres;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ran, Server, run};

const URL: &str = "COUNTERSIGN_STORE__POSTGRES__URL";
const CA: &str = "COUNTERSIGN_STORE__POSTGRES__CA";
const USUAL: [(&str, &str); 2] =
    [("COUNTERSIGN_KEYS__MASTER_KEY_FILE", "master.key"), ("COUNTERSIGN_STORE__KIND", "postgres")];

/// A folder with a master key.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let made = run(folder.path(), &["keygen", "--out", "master.key"], &[], "");
    assert_eq!(made.code, 0, "{}", made.err);
    folder
}

fn told(folder: &Path, words: &[&str], more: &[(&str, &str)]) -> Ran {
    run(folder, words, &[&USUAL[..], more].concat(), "")
}

fn status(folder: &Path, url: &str) -> (i32, Value) {
    let ran = told(folder, &["migrate", "status", "--output", "json"], &[(URL, url)]);
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err)))
}

#[test]
fn a_schema_is_made_told_of_and_never_used_by_who_does_not_know_it() {
    let (folder, postgres) = (folder(), Postgres::shared());
    let (folder, url) = (folder.path(), postgres.database());
    let on = [(URL, url.as_str())];
    let (code, empty) = status(folder, &url);
    assert_eq!((code, &empty["version"], &empty["usable"]), (0, &json!(0), &json!(true)));
    assert_eq!(
        empty["pending"][0],
        json!({ "version": 1, "change": "expands", "older_servers_may_run": true })
    );
    for words in [&["apps", "create", "--name", "shop"][..], &["apps", "list"], &["keys", "rotate"]] {
        let ran = told(folder, words, &on);
        assert_eq!(ran.code, 1, "{words:?}: {}", ran.out);
        assert!(ran.err.contains("countersign migrate up"), "{words:?}: {}", ran.err);
    }
    let made = told(folder, &["migrate"], &on);
    assert_eq!((made.code, made.out.contains("nothing is pending")), (0, true), "{}{}", made.out, made.err);
    let again = told(folder, &["migrate", "up", "--contract", "--output", "json"], &on);
    assert_eq!((again.code, again.out.contains("\"pending\":[]")), (0, true), "{}{}", again.out, again.err);
    // A newer version that these can live with, and one that they cannot.
    let newer = |oldest| format!("UPDATE schema_version SET version = 9, oldest = {oldest}");
    let known = status(folder, &url).1["known"].clone();
    postgres.psql(&url, &newer(1)).expect("set");
    assert_eq!(told(folder, &["migrate", "up"], &on).code, 0);
    assert_eq!(told(folder, &["apps", "create", "--name", "shop"], &on).code, 0);
    postgres.psql(&url, &newer(9)).expect("set");
    let (code, standing) = status(folder, &url);
    assert_eq!((code, &standing["usable"], &standing["known"]), (1, &json!(false), &known));
    for words in [&["serve"][..], &["apps", "list"]] {
        let ran = told(folder, words, &on);
        assert!(ran.code == 1 && ran.err.contains("use a newer server"), "{words:?}: {}", ran.err);
    }
}

#[test]
fn every_command_works_there_or_says_why_not() {
    let (folder, postgres) = (folder(), Postgres::shared());
    let (folder, url) = (folder.path(), postgres.database());
    let on = [(URL, url.as_str())];
    assert_eq!(told(folder, &["migrate", "up"], &on).code, 0);
    let created = told(folder, &["apps", "create", "--name", "shop", "--output", "json"], &on);
    assert_eq!(created.code, 0, "{}", created.err);
    assert!(!created.err.contains("a new one was made"), "{}", created.err);
    let id =
        serde_json::from_str::<Value>(&created.out).expect("JSON")["id"].as_str().expect("an id").to_owned();
    let rotated = told(folder, &["keys", "rotate", "--output", "json"], &on);
    assert!(rotated.code == 0 && rotated.out.contains("\"data_key\":2"), "{}{}", rotated.out, rotated.err);
    let lines = "{\"username\":\"one\"}\n{\"username\":\"two\"}\n{\"username\":\"one\"}\n";
    fs::write(folder.join("accounts"), lines).expect("written");
    let imported = told(folder, &["import", "accounts", "--on-conflict", "skip", "--output", "json"], &on);
    assert!(imported.out.contains("\"created\":2"), "{}{}", imported.out, imported.err);
    let listed = told(folder, &["apps", "list"], &on);
    assert!(listed.code == 0 && listed.out.contains(&id), "{}{}", listed.out, listed.err);
    assert_eq!(told(folder, &["apps", "delete", &id], &on).code, 0);
    for words in [&["create", "--to", "a"][..], &["verify", "a"], &["restore", "--from", "a"]] {
        let ran = told(folder, &[&["backup"], words].concat(), &on);
        assert!(ran.code == 2 && ran.err.contains("pg_basebackup"), "{words:?}: {}", ran.err);
    }
    assert!(!folder.join("countersign-data").exists(), "nothing is embedded");
}

#[test]
fn a_role_that_owns_nothing_serves() {
    let (folder, postgres) = (folder(), Postgres::shared());
    let (folder, url) = (folder.path(), postgres.database());
    assert_eq!(told(folder, &["migrate", "up"], &[(URL, &url)]).code, 0);
    let role = "CREATE ROLE only_serves LOGIN; GRANT USAGE ON SCHEMA public TO only_serves;
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO only_serves";
    postgres.psql(&url, role).expect("granted");
    let url = url.replace("throwaway@", "only_serves@");
    let variables = [&USUAL[..], &[(URL, url.as_str())]].concat();
    let mut server = Server::start(folder, &[], &variables);
    let ready = run(folder, &["healthcheck", "--url", &format!("http://{}", server.admin)], &[], "");
    assert_eq!(ready.code, 0, "{}", ready.err);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let log = server.rest_of_log();
    assert!(!log.contains("permission denied") && !log.contains("\"ERROR\""), "{log}");
}

/// Makes that server ask for TLS and a password; its certificate is for `localhost`.
fn guarded(folder: &Path) -> (Postgres, String) {
    let postgres = Postgres::start().expect("starts");
    let url = postgres.database();
    for name in ["ours", "other"] {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        fs::write(folder.join(format!("{name}.pem")), made.cert.pem()).expect("written");
        if name == "ours" {
            postgres.put("data/server.crt", made.cert.pem().as_bytes()).expect("written");
            postgres.put("data/server.key", made.signing_key.serialize_pem().as_bytes()).expect("written");
        }
    }
    let role = "CREATE ROLE guarded LOGIN PASSWORD 'its-own-password'; GRANT ALL ON SCHEMA public TO guarded";
    postgres.psql(&url, role).expect("a role");
    postgres.psql(&url, "ALTER SYSTEM SET ssl = on").expect("set");
    postgres.put("data/pg_hba.conf", b"hostssl all guarded 127.0.0.1/32 scram-sha-256\n").expect("written");
    postgres.restart().expect("starts again");
    (postgres, url.replace("throwaway@127.0.0.1", "guarded@localhost"))
}

#[test]
fn a_server_is_spoken_to_over_tls_alone_where_its_authority_is_named() {
    let folder = folder();
    let folder = folder.path();
    let (_postgres, url) = guarded(folder);
    fs::write(folder.join("password"), "its-own-password\n").expect("written");
    fs::write(folder.join("wrong"), "not-its-password\n").expect("written");
    let password = |file| ("COUNTERSIGN_STORE__POSTGRES__PASSWORD_FILE", file);
    let up = |url: &str, more: &[(&str, &str)]| {
        let ran = told(folder, &["migrate", "up"], &[&[(URL, url)], more].concat());
        assert!(!ran.err.contains("password\n") && !ran.err.contains("not-its"), "{}", ran.err);
        (ran.code, ran.err)
    };
    let (code, err) = up(&url, &[(CA, "ours.pem"), password("password")]);
    assert_eq!(code, 0, "{err}");
    let refused = |url: &str, more: &[(&str, &str)], part: &str| {
        let (code, err) = up(url, more);
        assert!(code == 1 && err.contains(part), "{more:?}: {err}");
    };
    refused(&url, &[password("password")], "no encryption");
    refused(&url, &[(CA, "other.pem"), password("password")], "certificate");
    refused(&url.replace("localhost", "127.0.0.1"), &[(CA, "ours.pem"), password("password")], "certificate");
    refused(&url, &[(CA, "ours.pem"), password("wrong")], "password authentication failed");
    let (code, err) = up(&url, &[(CA, "password"), password("password")]);
    assert!(code == 2 && err.contains("holds no certificate"), "{err}");
}

#[test]
fn a_check_reads_the_url_and_the_files_and_warns_of_what_could_be_lost() {
    let folder = folder();
    let check = |url, more: &[(&str, &str)]| {
        let ran = told(folder.path(), &["config", "check"], &[&[(URL, url)], more].concat());
        assert!(!ran.err.contains("hidden"), "{}", ran.err);
        (ran.code, ran.err)
    };
    let (code, err) = check("postgresql://u:hidden@db:no-port/x", &[]);
    assert!(code == 2 && err.contains("the URL of the database cannot be read"), "{err}");
    let (code, err) = check("postgresql://u:hidden@db/x", &[(CA, "master.key")]);
    assert!(code == 2 && err.contains("holds no certificate"), "{err}");
    let (code, err) = check("postgresql://u:hidden@one,two/x", &[]);
    assert!(code == 0 && err.contains("nothing on the way is encrypted"), "{err}");
    assert!(err.contains("waits for no standby"), "{err}");
}
