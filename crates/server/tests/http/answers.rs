//! What every answer carries, and how what is not found, not allowed or our fault is answered.

use countersign_server::config::Server;
use rusqlite::Connection;

use crate::site::{scene, server};
use crate::wire::request;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_named_and_protected() {
    let scene = scene(server()).await;
    for line in ["GET /probe/echo", "GET /nowhere", "PUT /probe/echo", "POST /probe/panics"] {
        let reply = request(scene.at.public, line, "X-Request-Id: order-17\r\n", "").await;
        assert_eq!(reply.header("x-request-id"), Some("order-17"), "{line}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{line}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{line}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{line}");
        let policy = "default-src 'none'; frame-ancestors 'none'";
        assert_eq!(reply.header("content-security-policy"), Some(policy), "{line}");
        for absent in ["server", "strict-transport-security", "access-control-allow-origin"] {
            assert_eq!(reply.header(absent), None, "{line} {absent}");
        }
    }
    let made = request(scene.at.public, "GET /probe/echo", "X-Request-Id: a b\r\n", "").await;
    assert!(made.header("x-request-id").is_some_and(|id| id.starts_with("req_")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_listens_to_is_answered_in_the_native_form() {
    let scene = scene(server()).await;
    let at = scene.at.public;
    let reply = request(at, "GET /nowhere", "", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (404, "NotFound"));
    for method in ["PUT", "OPTIONS", "DELETE"] {
        let reply = request(at, &format!("{method} /probe/echo"), "", "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST, GET")), "{method}");
    }
    // A HEAD must not carry out what a GET would.
    assert_eq!(request(at, "HEAD /probe/echo", "", "").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_fault_and_the_next_request_is_served() {
    let scene = scene(server()).await;
    let reply = request(scene.at.public, "POST /probe/panics", "", "canary-body").await;
    assert_eq!((reply.status, reply.body.as_str()), (500, "fault"));
    assert_eq!(request(scene.at.public, "GET /probe/echo", "", "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_is_a_fault_and_the_request_is_finished() {
    let scene = scene(Server { request_timeout_s: 1, ..server() }).await;
    // While another process writes, the store waits for it, longer than this request may take.
    let other = Connection::open(scene.database()).expect("opens the database");
    other.execute_batch("BEGIN IMMEDIATE").expect("holds the writer");
    let reply = request(scene.at.public, "POST /probe/apps", "", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (500, "fault"));
    let keeper = scene.keeper;
    tokio::task::spawn_blocking(move || {
        // The late fault was sealed; the request itself still waits for the store.
        keeper.wait_for_seal();
        other.execute_batch("COMMIT").expect("lets the writer go");
        keeper.wait_for_seal();
    })
    .await
    .expect("the request came to its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_names_count_only_from_a_trusted_proxy() {
    let forwarded = "X-Forwarded-Host: pay.example\r\n";
    let open = scene(server()).await;
    assert_eq!(request(open.at.public, "GET /probe/echo", forwarded, "").await.body, "hello 0 probe.test");
    let trusted_proxies = vec!["127.0.0.0/8".parse().expect("a range")];
    let behind = scene(Server { trusted_proxies, ..server() }).await;
    assert_eq!(request(behind.at.public, "GET /probe/echo", forwarded, "").await.body, "hello 0 pay.example");
}
