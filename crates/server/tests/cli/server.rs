//! A running server from outside: its life, what it tells the health check, and what it never tells its log.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Server, run};

/// Stands for every secret of a request. Nothing else in these stories contains it.
const CANARY: &str = "canary-5f0c";

fn with_key() -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let made = run(directory.path(), &["keygen", "--out", "master.key"], &[], "");
    assert_eq!(made.code, 0, "{}", made.err);
    directory
}

fn certificate(directory: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(vec!["admin.example".to_owned()]).expect("a certificate");
    fs::write(directory.join(format!("{name}.pem")), made.cert.pem()).expect("a file");
    fs::write(directory.join(format!("{name}.key")), made.signing_key.serialize_pem()).expect("a file");
}

fn answer(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_server_serves_rotates_its_keys_reloads_and_drains() {
    let directory = with_key();
    let config = "[keys]\nmaster_key_file = \"master.key\"\n[store]\npath = \"data\"\n";
    fs::write(directory.path().join("c.toml"), config).expect("a file");
    let mut server = Server::start(directory.path(), &["--config", "c.toml"], &[]);
    let url = format!("http://{}", server.admin);
    let ready = run(directory.path(), &["healthcheck", "--url", &url], &[], "");
    assert_eq!((ready.code, ready.out.as_str()), (0, ""), "{}", ready.err);
    assert!(TcpStream::connect(server.public).is_ok());
    let args = ["keys", "rotate", "--config", "c.toml", "--output", "json"];
    let rotated = run(directory.path(), &args, &[], "");
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(rotated.out.contains("\"data_key\":2") && rotated.err.contains("SIGHUP"), "{}", rotated.out);
    fs::write(directory.path().join("c.toml"), format!("{config}[serv]\n")).expect("a file");
    server.signal("HUP");
    let line = server.wait_for("not reloaded");
    assert!(line.contains("serv (file c.toml, line 5)"), "{line}");
    fs::write(directory.path().join("c.toml"), format!("{config}[hash]\npreset = \"owasp-7m\"\n"))
        .expect("a file");
    server.signal("HUP");
    assert!(server.wait_for("next start").contains("hash.preset"));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let gone = run(directory.path(), &["healthcheck", "--url", &url], &[], "");
    assert_eq!(gone.code, 1, "{}", gone.err);
    let mode = fs::metadata(directory.path().join("data")).expect("the data").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let other = [("COUNTERSIGN_KEYS__MASTER_KEY", &*"A".repeat(43)), ("COUNTERSIGN_STORE__PATH", "data")];
    let refused = run(directory.path(), &["serve"], &other, "");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("master key"), "{}", refused.err);
}

#[test]
fn the_health_check_expects_exactly_the_configured_certificate() {
    let directory = with_key();
    certificate(directory.path(), "ours");
    certificate(directory.path(), "other");
    let key = ("COUNTERSIGN_KEYS__MASTER_KEY_FILE", "master.key");
    let tls = |name: &'static str| match name {
        "ours" => [
            ("COUNTERSIGN_SERVER__ADMIN_TLS__CERT", "ours.pem"),
            ("COUNTERSIGN_SERVER__ADMIN_TLS__KEY", "ours.key"),
        ],
        _ => [
            ("COUNTERSIGN_SERVER__ADMIN_TLS__CERT", "other.pem"),
            ("COUNTERSIGN_SERVER__ADMIN_TLS__KEY", "other.key"),
        ],
    };
    let server = Server::start(directory.path(), &[], &[&[key][..], &tls("ours")].concat());
    let admin = server.admin.to_string();
    let listen = [("COUNTERSIGN_SERVER__ADMIN_LISTEN", admin.as_str())];
    for (name, code) in [("ours", 0), ("other", 1)] {
        let checked = run(directory.path(), &["healthcheck"], &[&listen[..], &tls(name)].concat(), "");
        assert_eq!(checked.code, code, "{name}: {}", checked.err);
    }
    let plain = run(directory.path(), &["healthcheck"], &listen, "");
    assert_eq!(plain.code, 1, "{}", plain.err);
    let url = format!("https://{admin}");
    assert_eq!(run(directory.path(), &["healthcheck", "--url", &url], &[], "").code, 2);
}

#[test]
fn the_log_holds_no_secret_at_any_level() {
    let directory = with_key();
    let variables = [
        ("COUNTERSIGN_KEYS__MASTER_KEY_FILE", "master.key"),
        ("COUNTERSIGN_LOG", "trace,hyper=trace,h2=trace"),
    ];
    let mut server = Server::start(directory.path(), &[], &variables);
    let form = "application/x-www-form-urlencoded";
    let requests = [
        format!("GET /v1/wallet/validPayPassword?accessToken={CANARY}&walletAddr=w&payPassword={CANARY}"),
        format!("POST /oascchapi/usr/withdrawPassword?{CANARY}"),
        "POST /v1/accounts".to_owned(),
        "POST /auth/user/bind/currency-pass/verify".to_owned(),
        "POST /api/WebInterface/Agent/ChangePayPassword".to_owned(),
        format!("GET /{CANARY}"),
    ];
    for line in requests {
        for media in ["application/json", form] {
            let body = format!("{{\"secret\":\"{CANARY}\"");
            let request = format!(
                "{line} HTTP/1.1\r\nHost: {CANARY}.example\r\nConnection: close\r\nContent-Type: {media}\r\n\
                 Authorization: Bearer {CANARY}\r\ntoken: {CANARY}\r\nCookie: {CANARY}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            assert!(answer(server.public, &request).starts_with("HTTP/1.1 "), "{line}");
        }
    }
    let broken = format!("POST /v1/accounts HTTP/1.1\r\n{CANARY}\r\n{CANARY} {CANARY}\r\n\r\n");
    answer(server.public, &broken);
    server.signal("TERM");
    let log = server.rest_of_log();
    assert!(log.contains("drained"), "{log}");
    assert!(!log.contains(CANARY), "{log}");
    assert_eq!(server.ended(), Some(0));
}
