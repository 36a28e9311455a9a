//! Bytes over a socket, and whatever comes back: for requests that no HTTP client would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Longest wait for an answer. A test that runs into it has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// Whom every request addresses.
pub(super) const HOST: &str = "wallet.example";

/// One answer as it came.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Lines of the head, in lower case.
    head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Connects, sends, and gives every byte up to the end of the connection. It is the server that must end it: a request
/// that asks for no end and is answered well would keep it open.
pub(super) fn exchange(authority: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(authority).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut writing = stream.try_clone().expect("a second handle");
    let mut received = Vec::new();
    // Read while writing: who answers before the end of a request may close, and what it said is then soon lost.
    thread::scope(|scope| {
        scope.spawn(move || {
            // A server that has heard enough closes; what counts is what it says.
            let _ = writing.write_all(request);
        });
        let mut buffer = [0; 16 * 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => received.extend_from_slice(&buffer[..length]),
                Err(error) => {
                    let hangs =
                        matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                    assert!(!hangs, "no end of the answer to {}", excerpt(request));
                    break;
                }
            }
        }
    });
    received
}

/// All the answers in what came back.
pub(super) fn replies(mut bytes: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    while let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut reply = Reply { status: status.expect("a status line"), head, body: Vec::new() };
        bytes = &bytes[end + 4..];
        let length = reply.header("content-length").map_or(0, |length| length.parse().expect("a number"));
        reply.body = bytes[..length].to_vec();
        bytes = &bytes[length..];
        replies.push(reply);
    }
    replies
}

/// A whole request with its length.
pub(super) fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    framed(line, headers, &length, body)
}

/// A whole request in chunks.
pub(super) fn chunked(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(64 * 1024) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    framed(line, headers, "Transfer-Encoding: chunked", &chunks)
}

fn framed(line: &str, headers: &[(&str, &str)], framing: &str, body: &[u8]) -> Vec<u8> {
    let headers =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let head = format!("{line} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{headers}{framing}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The beginning of a request, for messages.
pub(super) fn excerpt(request: &[u8]) -> String {
    String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned()
}

pub(super) fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
