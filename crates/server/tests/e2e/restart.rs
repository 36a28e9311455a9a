//! What outlives a restart, what ends with a signal, and what does not even start.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::{PROGRAM, Server};
use crate::story::Person;

/// Callers sign for this host and port, whatever port the test's server got.
const HAWK: [(&str, &str); 2] = [
    ("COUNTERSIGN_DIALECTS__FLOWMETER__HAWK_HOST", "wallet.example"),
    ("COUNTERSIGN_DIALECTS__FLOWMETER__HAWK_PORT", "443"),
];
const RESET: &str = "/api/Agent/Ent/Password/ResetPwd";

/// What a caller keeps of a server, to use it with the next one.
struct Kept {
    api_key: String,
    spark_token: String,
    token: String,
    session: Value,
    hawk_id: String,
    hawk_key: String,
    id: String,
    wallet: String,
    /// A `flowmeter` request that is right but for its code.
    body: String,
}

impl Kept {
    fn of(person: &Person<'_>) -> Self {
        let server = person.server;
        let cipher = printed(
            &["legacy-cipher", "flowmeter", "--encoding", "hex"],
            &[("COUNTERSIGN_VERIFY_CODE", "000000"), ("COUNTERSIGN_NEW_SECRET", "never-to-be")],
        );
        let body = json!({ "agentid": 1001, "usercode": 2001, "verifycode": "000000", "newpwd": cipher });
        Self {
            body: body.to_string(),
            api_key: server.says("/api_key").to_owned(),
            spark_token: person.spark.clone(),
            token: person.token.clone(),
            session: person.session.clone(),
            hawk_id: server.says("/hawk/id").to_owned(),
            hawk_key: server.says("/hawk/key").to_owned(),
            id: person.id.clone(),
            wallet: person.wallet.clone(),
        }
    }

    /// Sends that request with the header that proves it.
    fn reset(&self, server: &Server, header: &str) -> Answer {
        let headers = [("authorization", header), ("content-type", "application/json")];
        server.http.send("POST", RESET, &headers, self.body.as_bytes())
    }

    fn hawk_header(&self) -> String {
        let url = format!("https://wallet.example{RESET}");
        let arguments = ["hawk-header", "--id", &self.hawk_id, "--url", &url, "--body", &self.body];
        let typed = [&arguments[..], &["--content-type", "application/json"]].concat();
        printed(&typed, &[("COUNTERSIGN_HAWK_KEY", &self.hawk_key)])
    }
}

/// The line that a command of the program prints.
pub(crate) fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output =
        Command::new(PROGRAM).args(arguments).envs(environment.iter().copied()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn every_credential_of_before_is_good_after_a_restart() {
    let server = Server::start_with(&HAWK);
    let kept = {
        let person = Person::new(&server);
        assert_eq!(person.currency("POST", "", Some(&json!({ "pass": "kept-1" }))).text(), "true");
        Kept::of(&person)
    };
    let server = Server::start_on(server.kill(), &HAWK);
    let bearer = |token: &str| format!("Bearer {token}");
    let account = format!("/v1/accounts/{}", kept.id);
    let read = server.http.send("GET", &account, &[("authorization", &bearer(&kept.api_key))], b"");
    assert_eq!((read.status, &read.json()["secrets"]["payment"]["state"]), (200, &json!("active")));
    let verify = server.http.send(
        "POST",
        "/auth/user/bind/currency-pass/verify",
        &[("authorization", &bearer(&kept.token)), ("content-type", "application/json")],
        br#"{"pass":"kept-1"}"#,
    );
    assert_eq!(verify.text(), "true", "by the access token");
    let members =
        [("accessToken", kept.spark_token.as_str()), ("walletAddr", &kept.wallet), ("payPassword", "kept-1")];
    assert_eq!(
        server.http.form("/v1/wallet/validPayPassword", &members).json()["code"],
        "200",
        "by the app's token"
    );
    let proven = kept.reset(&server, &kept.hawk_header());
    assert_eq!((proven.status, &proven.json()["errcode"]), (200, &json!(2)), "by HAWK, up to the code");
    let path = format!("/v1/sessions/{}", kept.session["id"].as_str().expect("an id"));
    assert_eq!(server.native("DELETE", &path, None).status, 204, "the session is there to be ended");
    for pointer in ["/api_key", "/hawk/key", "/spark/appsecret", "/account/id"] {
        assert!(!server.says(pointer).is_empty(), "{pointer} is shown again");
    }
}

#[test]
fn a_hawk_proof_is_good_once_also_across_a_restart() {
    let server = Server::start_with(&HAWK);
    let kept = Kept::of(&Person::new(&server));
    let (used, other) = (kept.hawk_header(), kept.hawk_header());
    assert_eq!(kept.reset(&server, &used).status, 200);
    assert_eq!(kept.reset(&server, &used).status, 401, "again at once");
    let server = Server::start_on(server.kill(), &HAWK);
    let replayed = kept.reset(&server, &used);
    assert_eq!(replayed.status, 401, "again after a restart: {}", replayed.text());
    assert!(replayed.headers["www-authenticate"].starts_with("Hawk"), "{:?}", replayed.headers);
    assert_eq!(kept.reset(&server, &other).status, 200, "another of the same age is good, so age was not it");
}

#[test]
fn a_proof_is_used_up_also_by_a_request_that_was_refused() {
    let server = Server::start_with(&HAWK);
    let mut kept = Kept::of(&Person::new(&server));
    let bodies = ["{}", r#"{"agentid":1001,"usercode":2001,"verifycode":"000000","newpwd":"not a cipher"}"#];
    for body in bodies {
        body.clone_into(&mut kept.body);
        let header = kept.hawk_header();
        let first = kept.reset(&server, &header).status;
        assert!(matches!(first, 200 | 400), "{first}");
        assert_eq!(kept.reset(&server, &header).status, 401, "{body}");
    }
}

#[test]
fn a_clock_that_was_moved_stays_moved() {
    let server = Server::start();
    let day = Person::new(&server);
    let choose = json!({ "ask_frequency": "hour" });
    let path = format!("/v1/accounts/{}/ask-frequency", day.id);
    assert_eq!(server.native("PUT", &path, Some(&choose)).json()["remaining_s"], 3600);
    server.advance(3000);
    let server = Server::start_on(server.kill(), &[]);
    let left = server.native("GET", &path, None).json()["remaining_s"].as_i64().expect("a number");
    assert!((500..=600).contains(&left), "{left} s are left");
    server.advance(700);
    let server = Server::start_on(server.kill(), &[]);
    assert_eq!(server.native("GET", &path, None).json()["ask_frequency"], "every");
}

#[test]
fn a_repeated_key_gives_the_first_answer_and_spends_one_guess_also_after_a_restart() {
    let mut server = Server::start();
    let id = {
        let person = Person::new(&server);
        assert_eq!(person.native("payment", &json!({ "secret": "kept-by-key" })).status, 201);
        person.id.clone()
    };
    let verify = |server: &Server, key: &str, secret: &str| {
        let bearer = format!("Bearer {}", server.says("/api_key"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let path = format!("/v1/accounts/{id}/secrets/payment/verify");
        server.http.send("POST", &path, &headers, json!({ "secret": secret }).to_string().as_bytes())
    };
    let first = verify(&server, "key-1", "wrong-guess");
    assert_eq!((first.status, first.json()["remaining_attempts"].as_u64()), (403, Some(4)));
    for restarts in 0..2 {
        let again = verify(&server, "key-1", "wrong-guess");
        assert_eq!(again.text(), first.text(), "after {restarts} restarts");
        assert_eq!((again.status, again.headers["idempotency-replayed"].as_str()), (403, "true"));
        let other = verify(&server, "key-1", "another-guess");
        assert_eq!((other.status, &other.json()["code"]), (422, &json!("idempotency_mismatch")));
        let account = server.native("GET", &format!("/v1/accounts/{id}"), None).json();
        assert_eq!(account["secrets"]["payment"]["remaining_attempts"], 4, "one guess was spent");
        server = Server::start_on(server.kill(), &[]);
    }
    assert_eq!(
        verify(&server, "key-2", "wrong-guess").json()["remaining_attempts"],
        3,
        "another key, another guess"
    );
}

#[test]
fn sigterm_lets_a_request_in_flight_finish_and_ends_well() {
    let server = Server::start();
    let body =
        json!({ "username": server.says("/account/username"), "login": server.says("/account/login") })
            .to_string();
    let address = server.says("/url").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("it listens");
    let head = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.says("/api_key"),
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    // "Continue" comes once somebody waits for the body: the request is in flight.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("an interim answer");
    assert!(interim.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&interim));
    server.signal("TERM");
    wait_until_it_drains(&server);
    stream.write_all(body.as_bytes()).expect("it still reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the end");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(server.wait(), "it ended well");
}

/// Readiness goes, or the admin listener does; either tells that the signal has arrived.
fn wait_until_it_drains(server: &Server) {
    while server.admin.try_send("GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {
        std::thread::yield_now();
    }
}

#[test]
fn sigterm_with_nothing_to_do_exits_well_and_keeps_everything() {
    let server = Server::start();
    let (folder, id) = (Arc::clone(&server.folder), server.says("/account/id").to_owned());
    assert!(server.stop());
    assert_eq!(Server::start_on(folder, &[]).says("/account/id"), id);
}

#[test]
fn what_would_be_unsafe_does_not_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let config = folder.path().join("countersign.toml");
    std::fs::write(&config, "").expect("written");
    let (data, config) = (data.to_str().expect("text"), config.to_str().expect("text"));
    let rows: [(&[&str], &str); 3] = [
        (&["dev", "--listen", "0.0.0.0:0", "--data", data], "loopback"),
        (&["dev", "--admin-listen", "0.0.0.0:0", "--data", data], "loopback"),
        (&["serve", "--config", config], "there is no master key"),
    ];
    for (args, told) in rows {
        let output = Command::new(PROGRAM).args(args).current_dir(folder.path()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(told), "{args:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{args:?}: data on stdout");
    }
    assert!(!std::path::Path::new(data).exists(), "nothing was made");
}
