//! HTTP/1.1 by hand, so that a test decides every byte and every pause.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::probe::PATIENCE;

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// A header's value; the name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends these bytes on a connection of their own and reads until the server closes it.
pub(crate) async fn exchange(at: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.expect("the server listens");
    // The server may answer and close before all is sent.
    let _ = stream.write_all(bytes).await;
    read_to_end(&mut stream).await
}

/// Everything until the server closes the connection.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server closes in time");
    // A reset after the answer is the server's right where it has not read everything.
    let _ = read;
    String::from_utf8_lossy(&answer).into_owned()
}

/// One request with a body; `extra` are header lines, each ended by CR LF.
pub(crate) async fn request(at: SocketAddr, line: &str, extra: &str, body: &str) -> Reply {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\nContent-Length: {}\r\n{extra}\r\n{body}",
        body.len()
    );
    parse(&exchange(at, request.as_bytes()).await)
}

/// Reads an answer.
pub(crate) fn parse(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}
