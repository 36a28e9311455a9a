//! What is too long, too slow or too much.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use countersign_server::config::Server;

use crate::site::{scene, server};
use crate::wire::{exchange, parse, read_to_end, request};

fn tight() -> Server {
    Server {
        max_body_bytes: 1024,
        header_read_timeout_s: 1,
        body_read_timeout_s: 1,
        request_timeout_s: 1,
        idle_timeout_s: 1,
        ..server()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_up_to_the_limit_is_read() {
    let scene = scene(tight()).await;
    let reply = request(scene.at.public, "POST /probe/echo", "", &"x".repeat(1024)).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "hello 1024 probe.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_body_is_413_however_it_is_sent() {
    let scene = scene(tight()).await;
    for length in [1025, 8 * 1024, 1024 * 1024] {
        let reply = request(scene.at.public, "POST /probe/echo", "", &"x".repeat(length)).await;
        assert_eq!((reply.status, reply.body.as_str()), (413, "BodyTooLarge(1024)"), "{length}");
    }
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    let chunked = format!(
        "POST /probe/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(3)
    );
    let reply = parse(&exchange(scene.at.public, chunked.as_bytes()).await);
    assert_eq!((reply.status, reply.body.as_str()), (413, "BodyTooLarge(1024)"));
    let waiting = "POST /probe/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n";
    let reply = parse(&exchange(scene.at.public, waiting.as_bytes()).await);
    assert_eq!(reply.status, 413, "answered without the body");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_target_is_414_and_long_headers_are_431() {
    let scene = scene(tight()).await;
    let at = scene.at.public;
    for length in [8200, 12_000] {
        let reply = request(at, &format!("GET /probe/echo?q={}", "q".repeat(length)), "", "").await;
        assert_eq!((reply.status, reply.header("content-type")), (414, Some("application/problem+json")));
    }
    let reply = request(at, "GET /probe/echo", &format!("X-Long: {}\r\n", "h".repeat(17_000)), "").await;
    assert_eq!(reply.status, 431);
    let reply = request(at, "GET /probe/echo", &"X-Many: 1\r\n".repeat(150), "").await;
    assert_eq!(reply.status, 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_exactly_one_host_is_refused() {
    let scene = scene(tight()).await;
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let text = format!("GET /probe/echo HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        assert_eq!(parse(&exchange(scene.at.public, text.as_bytes()).await).status, 400, "{hosts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming_is_408() {
    let scene = scene(tight()).await;
    let text = "POST /probe/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf";
    let reply = parse(&exchange(scene.at.public, text.as_bytes()).await);
    assert_eq!((reply.status, reply.header("connection")), (408, Some("close")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_stops_coming_closes_the_connection() {
    let scene = scene(tight()).await;
    let answer = exchange(scene.at.public, b"POST /probe/echo HTTP/1.1\r\nHost: h\r\nX-Sl").await;
    assert!(!answer.contains("200"), "{answer}");
}

/// The time for the head does not begin before its first byte; the time for lying still does.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_is_closed() {
    let scene = scene(tight()).await;
    assert_eq!(exchange(scene.at.public, b"").await, "");
    assert_eq!(exchange(scene.at.public, b"PRI").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_closed_at_once() {
    let scene = scene(Server { max_connections: 1, ..server() }).await;
    let mut first = TcpStream::connect(scene.at.public).await.expect("the server listens");
    first
        .write_all(b"POST /probe/gated HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .await
        .expect("sent");
    let keeper = scene.keeper;
    let keeper = tokio::task::spawn_blocking(move || {
        keeper.wait_for_entry();
        keeper
    })
    .await
    .expect("waited");
    assert_eq!(exchange(scene.at.public, b"GET /probe/echo HTTP/1.1\r\nHost: h\r\n\r\n").await, "");
    keeper.open();
    assert!(read_to_end(&mut first).await.starts_with("HTTP/1.1 200"));
}
