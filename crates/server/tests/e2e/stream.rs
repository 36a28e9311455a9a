//! The stream of events from outside: as they come, from where a reader was, also over a server that was killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::server::Server;

/// A stream that `curl` reads.
pub(crate) struct Reader {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

/// One event of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

impl Reader {
    pub(crate) fn open(server: &Server, query: &str, last: Option<&str>) -> Self {
        let mut command = Command::new("curl");
        command.args(["-sN", "-H", "Accept: text/event-stream", "-H"]);
        command.arg(format!("Authorization: Bearer {}", server.says("/api_key")));
        if let Some(last) = last {
            command.args(["-H", &format!("Last-Event-ID: {last}")]);
        }
        command.arg(format!("{}/v1/events{query}", server.says("/url")));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("curl is there");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut reader = Self { child, lines };
        // It is said first how to come back: the stream has begun.
        assert_eq!(reader.line().as_deref(), Some("retry: 2000"));
        assert_eq!(reader.line().as_deref(), Some(""));
        reader
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).expect("a line");
        (read > 0).then(|| line.trim_end_matches('\n').to_owned())
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let mut event = Event { id: String::new(), kind: String::new(), data: Value::Null };
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("id", id)) => id.clone_into(&mut event.id),
                Some(("event", kind)) => kind.clone_into(&mut event.kind),
                Some(("data", data)) => event.data = serde_json::from_str(data).expect("JSON"),
                _ if !event.kind.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An unlock, and the hold that it begins: two events.
fn happen(server: &Server) {
    let path = format!("/v1/accounts/{}/unlock", server.says("/account/id"));
    let done = server.native("POST", &path, Some(&json!({ "kind": "login", "reason": "for a test" })));
    assert_eq!(done.status, 200);
}

#[test]
fn events_come_as_they_happen_and_are_those_of_the_list() {
    let server = Server::start();
    let mut all = Reader::open(&server, "", None);
    let mut none = Reader::open(&server, "?types=account_erased,account_created", None);
    happen(&server);
    let event = all.next().expect("an event");
    let hold = all.next().expect("an event");
    let listed = server.native("GET", "/v1/events?limit=2", None).json()["data"].clone();
    assert_eq!((event.kind.as_str(), &event.data), ("secret_unlocked", &listed[1]));
    assert_eq!((hold.kind.as_str(), &hold.data), ("hold_begun", &listed[0]));
    let made = server.native("POST", "/v1/accounts", Some(&json!({ "username": "somebody" }))).json();
    assert_eq!(none.next().expect("an event").kind, "account_created", "the other was not for it");
    let query = format!("?account_id={}&after=0", made["id"].as_str().expect("an id"));
    let own = Reader::open(&server, &query, None).next().expect("an event");
    assert_eq!((own.kind.as_str(), &own.data["account_id"]), ("account_created", &made["id"]));
}

#[test]
fn who_comes_back_goes_on_exactly_where_they_were_also_after_a_kill() {
    let mut server = Server::start();
    let mut reader = Reader::open(&server, "", None);
    let mut seen = Vec::new();
    for round in 0..3 {
        for _ in 0..5 {
            happen(&server);
        }
        // Some are read, and some are only written when the server is killed.
        for _ in 0..3 {
            seen.push(reader.next().expect("an event"));
        }
        drop(reader);
        if round == 1 {
            let folder = server.kill();
            server = Server::start_on(Arc::clone(&folder), &[]);
        }
        let last = seen.last().map(|event| event.id.clone());
        reader = Reader::open(&server, "?after=0", last.as_deref());
    }
    while seen.iter().filter(|event| event.kind == "secret_unlocked").count() < 15 {
        seen.push(reader.next().expect("an event"));
    }
    let numbers: Vec<u64> = seen.iter().map(|event| event.id.parse().expect("a number")).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "none twice, none out of order: {numbers:?}");
    let list = server.native("GET", "/v1/events?limit=200", None).json();
    let mut ids: Vec<&Value> =
        list["data"].as_array().expect("a list").iter().map(|event| &event["id"]).collect();
    ids.reverse();
    let told: Vec<&Value> = seen.iter().map(|event| &event.data["id"]).collect();
    let begin = ids.iter().position(|id| *id == told[0]).expect("is listed");
    assert_eq!(told, ids[begin..begin + told.len()], "none is missing");
}

#[test]
fn a_stream_ends_when_the_server_drains_and_there_is_an_end_to_streams() {
    // Were it to wait for its readers, it would wait for an hour.
    let settings = [("COUNTERSIGN_EVENTS__STREAMS", "2"), ("COUNTERSIGN_SERVER__DRAIN_S", "3600")];
    let server = Server::start_with(&settings);
    let mut reader = Reader::open(&server, "", None);
    let second = Reader::open(&server, "", None);
    let bearer = format!("Bearer {}", server.says("/api_key"));
    let headers = [("authorization", bearer.as_str()), ("accept", "text/event-stream")];
    let refused = server.http.send("GET", "/v1/events", &headers, b"");
    assert_eq!((refused.status, refused.json()["code"].as_str()), (503, Some("overloaded")));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(server.native("GET", "/v1/events", None).status, 200, "the list is there all the same");
    assert!(server.stop(), "it ends well, and does not wait for who reads");
    assert_eq!(reader.next(), None);
    drop(second);
}

#[test]
fn a_reader_of_another_history_is_told_that_something_is_missing() {
    let server = Server::start();
    happen(&server);
    let mut reader = Reader::open(&server, "?after=9000000000000000000", None);
    let gap = reader.next().expect("is told");
    assert_eq!((gap.kind.as_str(), &gap.data["after"]), ("gap", &json!(gap.id)));
    happen(&server);
    assert_eq!(reader.next().expect("an event").kind, "secret_unlocked");
}
