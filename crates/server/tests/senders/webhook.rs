//! The webhook, against a server that reads bytes as they come and checks the signature by itself.

use std::time::Duration;

use axum_server::tls_rustls::{RustlsConfig, from_tcp_rustls};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign_domain::secret::SecretText;
use countersign_server::config::TlsFiles;
use countersign_server::http::tls::server_config;
use countersign_server::senders::{WebhookOptions, WebhookSecret, WebhookSender};
use countersign_service::CodeSender;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::message;

const KEY: &[u8] = b"a key that has thirty-two bytes!";

fn sender(url: String, timeout: Duration) -> WebhookSender {
    let secret = SecretText::new(format!("whsec_{}", BASE64_STANDARD.encode(KEY)));
    let secret = WebhookSecret::parse(&secret).expect("a key");
    WebhookSender::new(WebhookOptions { url, secret, timeout, ca_file: None })
        .expect("a URL that may be called")
}

/// Reads one request: its head and as much body as it announces.
async fn read_request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.expect("a request");
        assert!(read > 0, "the request is whole");
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
        let length: usize = header(&head, "content-length").parse().expect("a length");
        if bytes.len() == end + 4 + length {
            return (head, bytes[end + 4..].to_vec());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(given, value)| given.eq_ignore_ascii_case(name).then_some(value))
        .unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// Answers one request with `answer`; gives the request.
async fn one(listener: TcpListener, answer: &'static str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let request = read_request(&mut stream).await;
    stream.write_all(answer.as_bytes()).await.expect("answered");
    request
}

#[tokio::test]
async fn a_message_is_posted_with_a_signature_that_verifies() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/codes?gateway=1", listener.local_addr().expect("bound"));
    let receiver = tokio::spawn(one(listener, "HTTP/1.1 204 No Content\r\n\r\n"));
    let sender = sender(url, Duration::from_secs(10));
    sender.send(&message("13812345678")).await.expect("taken");
    let (head, body) = receiver.await.expect("a request");
    assert!(head.starts_with("POST /codes?gateway=1 HTTP/1.1"), "{head}");
    assert_eq!(header(&head, "content-type"), "application/json");
    let (id, at) = (header(&head, "webhook-id"), header(&head, "webhook-timestamp"));
    assert_eq!(at, "1750000000");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("a key");
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&body);
    let given = header(&head, "webhook-signature").strip_prefix("v1,").expect("version 1");
    mac.verify_slice(&BASE64_STANDARD.decode(given).expect("Base64")).expect("the signature verifies");
    let content: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(content["id"], id);
    assert_eq!(content["to"], "13812345678");
    assert_eq!(content["code"], "493817");
    assert_eq!(content["purpose"], "payment_reset");
    assert_eq!(content["sent_at"], "2025-06-15T15:06:40Z");
    assert!(content["text"].as_str().expect("text").contains("493817"));
    assert!(content["account_id"].as_str().expect("text").starts_with("acct_"));
}

#[tokio::test]
async fn anything_but_success_is_a_fault_that_repeats_nothing() {
    let answers = [
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 404", 0),
        // What may have been handed on all the same.
        ("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\n493817", "status 500", 1),
        ("HTTP/1.1 504 No\r\nContent-Length: 0\r\n\r\n", "status 504", 1),
        // A redirect is not followed: it would carry the code to where nobody configured it.
        ("HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 307", 1),
        ("nonsense\r\n\r\n", "cannot be reached", 1),
    ];
    for (answer, words, hand_overs) in answers {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("bound"));
        let receiver = tokio::spawn(one(listener, answer));
        let fault = sender(url, Duration::from_secs(10)).send(&message("13812345678")).await;
        let fault = fault.expect_err(answer);
        assert_eq!(fault.hand_overs, hand_overs, "{answer}");
        let fault = fault.to_string();
        assert!(fault.contains(words), "{fault}");
        assert!(!fault.contains("493817") && !fault.contains("138"), "{fault}");
        receiver.await.expect("a request");
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_in_time_is_a_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        read_request(&mut stream).await;
        // Says nothing, and waits for the sender to give up.
        let _ = stream.read(&mut [0]).await;
    });
    let fault = sender(url, Duration::from_millis(200)).send(&message("13812345678")).await;
    assert!(fault.expect_err("no answer").to_string().contains("did not answer within"));
    receiver.await.expect("the sender hung up");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_the_configured_authority_is_trusted() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let (cert, key) = (directory.path().join("gateway.crt"), directory.path().join("gateway.key"));
    std::fs::write(&cert, own.cert.pem()).expect("written");
    std::fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let tls = server_config(TlsFiles { cert: &cert, key: &key, clients: None }).expect("a pair");
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.set_nonblocking(true).expect("a socket");
    let url = format!("https://localhost:{}/", socket.local_addr().expect("bound").port());
    let gateway = axum::Router::new().fallback(async || http::StatusCode::ACCEPTED);
    let server = from_tcp_rustls(socket, RustlsConfig::from_config(tls)).expect("a server");
    tokio::spawn(server.serve(gateway.into_make_service()));
    let sender = |ca_file| {
        let secret = WebhookSecret::parse(&SecretText::new("a key that has thirty-two bytes!".to_owned()));
        let options = WebhookOptions {
            url: url.clone(),
            secret: secret.expect("a key"),
            timeout: Duration::from_secs(10),
            ca_file,
        };
        WebhookSender::new(options).expect("a URL that may be called")
    };
    sender(Some(cert)).send(&message("13812345678")).await.expect("taken");
    let fault = sender(None).send(&message("13812345678")).await.expect_err("a stranger").to_string();
    assert!(fault.contains("cannot be reached") && fault.contains("certificate"), "{fault}");
}
