//! HTTP itself, written wrongly: framing, heads, paths, slowness.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::raw::{Reply, excerpt, exchange, replies, request};
use super::{SETTINGS, authority, doors, is_well, one};
use crate::server::Server;

/// Answered for itself, with 401.
const GOOD: &str = "GET /v1/accounts/acct_x HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST: &str = "GET /v1/accounts/acct_x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// So that a body which never comes is not waited for.
const IMPATIENT: [(&str, &str); 3] = [
    ("COUNTERSIGN_SERVER__HEADER_READ_TIMEOUT_S", "1"),
    ("COUNTERSIGN_SERVER__BODY_READ_TIMEOUT_S", "1"),
    SETTINGS[0],
];

/// All of them 4xx; those in words of our own are problems with a code.
fn is_refused(reply: &Reply, about: &str) {
    assert!((400..500).contains(&reply.status), "{about}: {} {}", reply.status, reply.text());
    if !reply.body.is_empty() {
        let told: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        assert!(told["code"].is_string(), "{about}: {}", reply.text());
    }
}

#[test]
fn a_request_that_two_readers_could_read_differently_is_refused_and_ends_the_connection() {
    let server = Server::start_with(&IMPATIENT);
    let rows = [
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: abc\r\n\r\n{}",
        "Content-Length: 2, 3\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: 18446744073709551616\r\n\r\n{}",
        "Transfer-Encoding: gzip\r\n\r\n{}",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nZ\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}GET / HTTP/1.1\r\n\r\n",
        "Content-Length : 2\r\n\r\n{}",
        "Content-Length: 2\r\n folded: yes\r\n\r\n{}",
        "X-Nul: a\0b\r\nContent-Length: 2\r\n\r\n{}",
        "Host: b\r\nContent-Length: 2\r\n\r\n{}",
        "\u{1}: x\r\nContent-Length: 2\r\n\r\n{}",
        "no colon\r\nContent-Length: 2\r\n\r\n{}",
    ];
    for rest in rows {
        // A second request behind it, which must not be taken for one of its own.
        let bytes = format!("POST /v1/accounts HTTP/1.1\r\nHost: a\r\n{rest}{LAST}");
        let answers = replies(&exchange(authority(&server), bytes.as_bytes()));
        let first = answers.first().unwrap_or_else(|| panic!("no answer to {rest:?}"));
        assert!((400..500).contains(&first.status), "{rest:?}: {}", first.status);
        if rest.starts_with("Transfer-Encoding")
            || rest.starts_with("Content-Length: ") && !rest.contains("folded")
        {
            assert_eq!(answers.len(), 1, "{rest:?}: the rest is no request");
        }
    }
    let both = "POST /v1/accounts HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answers = replies(&exchange(authority(&server), format!("{both}{LAST}").as_bytes()));
    assert!(answers.iter().all(|reply| (400..500).contains(&reply.status)), "smuggled");
    is_well(&server);
}

#[test]
fn what_is_no_request_is_refused_and_what_came_before_it_is_answered() {
    let server = Server::start_with(&IMPATIENT);
    let rows: [&[u8]; 12] = [
        b"\r\n\r\n\r\n\r\nx\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xFF\xFE HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n",
        b"{\"pass\":\"x\"}\r\n\r\n",
    ];
    for bytes in rows {
        let answers = replies(&exchange(authority(&server), bytes));
        for reply in &answers {
            is_refused(reply, &excerpt(bytes));
        }
        let pipelined = [GOOD.as_bytes(), bytes].concat();
        let answers = replies(&exchange(authority(&server), &pipelined));
        let first = answers.first().unwrap_or_else(|| panic!("no answer before {}", excerpt(bytes)));
        assert_eq!(first.status, 401, "the good one is answered for itself");
        assert!(answers[1..].iter().all(|reply| (400..500).contains(&reply.status)));
    }
    let many = replies(&exchange(authority(&server), (GOOD.repeat(499) + LAST).as_bytes()));
    assert_eq!(many.len(), 500, "each of many at once is answered");
    is_well(&server);
}

#[test]
fn a_head_that_is_too_long_is_refused_by_every_dialects_path() {
    let server = Server::start_with(&IMPATIENT);
    let long = "x".repeat(100 * 1024);
    let nearly = "x".repeat(20 * 1024);
    let many = (0..10_000).map(|n| format!("x-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let some = (0..101).map(|n| format!("x-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    for door in doors::one_of_each(&server) {
        let line = door.line();
        let rows = [
            (format!("{line} HTTP/1.1\r\nHost: a\r\nx: {long}\r\n\r\n"), 431),
            (format!("{line} HTTP/1.1\r\nHost: a\r\nx: {nearly}\r\n\r\n"), 431),
            (format!("{line} HTTP/1.1\r\nHost: a\r\n{many}\r\n"), 431),
            (format!("{line} HTTP/1.1\r\nHost: a\r\n{some}Connection: close\r\n\r\n"), 431),
            (format!("POST /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", &nearly[..9000]), 414),
            // More than is read of any head, so it is not known to be a path.
            (format!("POST /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 431),
        ];
        for (bytes, status) in rows {
            let reply = one(&server, bytes.as_bytes());
            is_refused(&reply, &excerpt(bytes.as_bytes()));
            assert_eq!(reply.status, status, "{}", excerpt(bytes.as_bytes()));
        }
    }
    is_well(&server);
}

#[test]
fn tricks_in_a_path_lead_nowhere() {
    let server = Server::start_with(&IMPATIENT);
    let key = format!("Bearer {}", server.says("/api_key"));
    let id = server.says("/account/id");
    let paths = [
        "/v1/accounts%2F".to_owned(),
        "//v1/accounts".to_owned(),
        "/v1//accounts".to_owned(),
        "/v1/./accounts".to_owned(),
        "/v1/sessions/../accounts".to_owned(),
        "/v1/sessions/%2e%2e/accounts".to_owned(),
        "/v1/accounts/".to_owned(),
        "/v1/accounts;jsessionid=1".to_owned(),
        "/V1/accounts".to_owned(),
        format!("/v1/accounts/{id}/"),
        format!("/v1/accounts/{id}%00"),
        format!("/v1/accounts/{id}%2f"),
        format!("/v1/accounts/{id}%2Fsecrets%2Fpayment"),
        format!("/v1/accounts/{}", id.to_uppercase()),
        "/v1/accounts/%".to_owned(),
        "/v1/accounts/%zz".to_owned(),
        "/v1/accounts/%FF".to_owned(),
        "/v1/accounts/%E8%B5%84".to_owned(),
        "/v1/accounts/..%2f..%2fetc%2fpasswd".to_owned(),
        "/v1/accounts/acct_".to_owned(),
        format!("/v1/accounts/{}", "a".repeat(4000)),
        "/auth/user/bind/currency-pass/settings/%31%00".to_owned(),
        "/auth/user/bind/currency-pass/settings/%FF".to_owned(),
        "/auth/user/bind/currency-pass/settings/1/".to_owned(),
        "/auth/user/bind/currency-pass/settings//".to_owned(),
        "/auth/../v1/accounts".to_owned(),
        "/oascchapi/usr/withdrawpassword".to_owned(),
        "/v1/wallet/validpassword".to_owned(),
        "/api/Agent/Ent/Password/ResetPwd/".to_owned(),
        "/api/Agent/Ent/Password%2FResetPwd".to_owned(),
        "/api\\Agent\\Ent\\Password\\ResetPwd".to_owned(),
        "*".to_owned(),
    ];
    for path in &paths {
        for method in ["GET", "POST"] {
            let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
            let reply = one(&server, &request(&format!("{method} {path}"), &headers, b"{}"));
            let refused = (400..500).contains(&reply.status);
            // `currency_pass` answers for its own paths: to it this key is nobody's token.
            assert!(refused, "{method} {path}: {} {}", reply.status, reply.text());
        }
    }
    let escaped = one(&server, &request("GET /v1/%61ccounts", &[("authorization", key.as_str())], b""));
    assert_eq!(
        escaped.status, 200,
        "the same path (RFC 3986, section 6.2.2.2), and the key is needed all the same"
    );
    assert_eq!(one(&server, &request("GET /v1/%61ccounts", &[], b"")).status, 401);
    let absolute = format!("GET http://a/v1/accounts/{id}");
    let reply = one(&server, &request(&absolute, &[("authorization", key.as_str())], b""));
    assert_eq!(reply.status, 200, "a target in absolute form is allowed (RFC 9112, section 3.2.2)");
    for query in
        ["%", "%zz=%zz", "&&&=&=", "username=%FF", "username=%00", "limit=-1", "limit=1e9", "after=%F0%9F"]
    {
        for call in
            ["/v1/accounts", "/v1/events", "/v1/wallet/validPassword", "/v1/app/access", "/v1/dev/outbox"]
        {
            let line = format!("GET {call}?{query}");
            let reply = one(&server, &request(&line, &[("authorization", key.as_str())], b""));
            assert!(reply.status < 500, "{line}: {} {}", reply.status, reply.text());
        }
    }
    is_well(&server);
}

#[test]
fn a_slow_sender_is_told_so_or_let_go() {
    let server = Server::start_with(&IMPATIENT);
    for door in doors::one_of_each(&server) {
        let line = door.line();
        for framing in ["Content-Length: 10\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"] {
            let bytes = format!("{line} HTTP/1.1\r\nHost: a\r\n{framing}");
            let answers = replies(&exchange(authority(&server), bytes.as_bytes()));
            assert_eq!(answers.iter().map(|reply| reply.status).collect::<Vec<_>>(), [408], "{bytes}");
            assert_eq!(answers[0].header("connection"), Some("close"));
        }
    }
    for head in ["POST /v1/acc", "POST /v1/accounts HTTP/1.1\r\nHost: a\r\nX-Slow"] {
        let answers = replies(&exchange(authority(&server), head.as_bytes()));
        assert!(answers.iter().all(|reply| reply.status == 408), "{head}: let go, with or without a word");
    }
    is_well(&server);
}

#[test]
fn three_hundred_who_knock_while_the_server_is_busy_wait_and_are_all_served() {
    let server = Server::start();
    let address: SocketAddr = authority(&server).parse().expect("an address");
    // Held still, it accepts nobody: all of them queue up.
    server.signal("STOP");
    let knock = |_| TcpStream::connect_timeout(&address, Duration::from_secs(1));
    let waiting: Result<Vec<_>, _> = (0..300).map(knock).collect();
    server.signal("CONT");
    for (n, mut connection) in waiting.expect("a place in the queue").into_iter().enumerate() {
        connection.write_all(LAST.as_bytes()).expect("taken");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("an answer");
        assert!(answer.starts_with(b"HTTP/1.1 401"), "number {n}: {}", String::from_utf8_lossy(&answer));
    }
}
