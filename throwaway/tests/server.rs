//! What the tests of others build on: there at once, durable, killed and back, and gone without a trace.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use countersign_throwaway::Server;

#[test]
fn a_server_answers_and_each_test_has_a_database_of_its_own() {
    let server = Server::shared();
    let (one, other) = (server.database(), server.database());
    assert_ne!(one, other);
    assert_eq!(server.psql(&one, "select 1").as_deref(), Ok("1"));
    server.psql(&one, "create table only_here (id int)").expect("a table");
    let missing = server.psql(&other, "select * from only_here").expect_err("another database");
    assert!(missing.contains("only_here"), "{missing}");
}

#[test]
fn what_it_promises_is_durable() {
    let server = Server::shared();
    let url = server.url("postgres");
    for (name, value) in [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")] {
        assert_eq!(server.psql(&url, &format!("show {name}")).as_deref(), Ok(value), "{name}");
    }
}

#[test]
fn a_setting_of_the_test_wins() {
    let server =
        Server::start_with(&[("synchronous_commit", "off"), ("max_connections", "20")]).expect("a server");
    let url = server.url("postgres");
    assert_eq!(server.psql(&url, "show synchronous_commit").as_deref(), Ok("off"));
    assert_eq!(server.psql(&url, "show max_connections").as_deref(), Ok("20"));
}

#[test]
fn a_setting_that_there_is_not_is_told_from_the_servers_log() {
    let why = Server::start_with(&[("no_such_setting", "1")]).expect_err("refused");
    assert!(why.contains("no_such_setting"), "{why}");
}

#[test]
fn what_was_committed_outlives_a_kill_and_a_restart() {
    let server = Server::start().expect("a server");
    let (url, port) = (server.database(), server.port());
    server.psql(&url, "create table kept (n int); insert into kept values (1)").expect("committed");
    let first = server.pid();
    server.kill().expect("killed");
    assert!(server.psql(&url, "select 1").is_err(), "it is down");
    server.start_again().expect("recovered");
    assert_eq!(server.psql(&url, "select n from kept").as_deref(), Ok("1"));
    assert_ne!(server.pid(), first);
    server.restart().expect("restarted");
    assert_eq!((server.psql(&url, "select n from kept").as_deref(), server.port()), (Ok("1"), port));
}

#[test]
fn a_frozen_server_keeps_its_connections_and_answers_when_it_is_thawed() {
    let server = Server::start().expect("a server");
    server.freeze().expect("frozen");
    // The kernel accepts for it; nobody greets.
    drop(TcpStream::connect(("127.0.0.1", server.port())).expect("a connection"));
    let state = fs::read_to_string(format!("/proc/{}/stat", server.pid().expect("a pid"))).expect("running");
    assert!(state.contains(") T "), "{state}");
    server.thaw().expect("thawed");
    assert_eq!(server.psql(&server.url("postgres"), "select 1").as_deref(), Ok("1"));
}

#[test]
fn a_file_is_put_where_only_the_server_reads_it() {
    use std::os::unix::fs::MetadataExt;
    let server = Server::shared();
    let path = server.put("key.pem", b"secret").expect("written");
    let (file, folder) = (fs::metadata(&path).expect("there"), fs::metadata(server.folder()).expect("there"));
    assert_eq!((file.uid(), file.mode() & 0o777), (folder.uid(), 0o600));
}

#[test]
fn nothing_is_left_of_a_server_that_is_dropped_even_frozen_stopped_or_killed() {
    let last = |server: &Server, how: &str| match how {
        "frozen" => server.freeze(),
        "killed" => server.kill(),
        "stopped" => server.stop(),
        _ => Ok(()),
    };
    for how in ["running", "frozen", "killed", "stopped"] {
        let server = Server::start().expect("a server");
        let (folder, pid) = (server.folder().to_owned(), server.pid().expect("a pid"));
        last(&server, how).expect(how);
        drop(server);
        assert_gone(&folder, pid);
    }
}

#[test]
fn nothing_is_left_when_the_process_is_killed() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-throwaway"));
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut told = BufReader::new(process.stdout.take().expect("output")).lines();
    let mut next = || told.next().expect("a line").expect("text");
    let (url, folder, postmaster) = (next(), next(), next());
    assert_eq!(Server::shared().psql(&url, "select 1").as_deref(), Ok("1"));
    let postmaster: u32 = postmaster.parse().expect("a pid");
    let stat = fs::read_to_string(format!("/proc/{postmaster}/stat")).expect("running");
    let guard = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)).expect("a parent");
    process.kill().expect("killed");
    process.wait().expect("ended");
    // The guard cleans up by itself: its end is the end of all.
    let mut waits = Command::new("tail");
    waits.args([&format!("--pid={guard}"), "-s", "0.05", "-f", "/dev/null"]).status().expect("waited");
    assert_gone(Path::new(&folder), postmaster);
}

fn assert_gone(folder: &Path, pid: u32) {
    assert!(!folder.exists(), "{} is left", folder.display());
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left");
    let segments = fs::read_to_string("/proc/sysvipc/shm").expect("shared memory");
    let creators: Vec<&str> = segments.lines().filter_map(|line| line.split_whitespace().nth(4)).collect();
    assert!(!creators.contains(&pid.to_string().as_str()), "shared memory of {pid} is left");
}
