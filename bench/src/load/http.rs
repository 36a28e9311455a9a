//! One connection: a request out, an answer in. Only what the servers here say: HTTP/1.1 with a length.

use core::net::SocketAddr;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer that is believed.
const LONGEST: usize = 1 << 20;

/// An open connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A head of an answer.
#[derive(PartialEq, Eq, Debug)]
struct Head {
    status: u16,
    /// Of head and body together.
    whole: usize,
    /// Whether the connection ends with it.
    closes: bool,
}

impl Connection {
    pub(super) async fn open(at: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and reads the whole answer: its status, and whether another may follow.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<(u16, bool)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
            self.more().await?;
        };
        while self.buffer.len() < head.whole {
            self.more().await?;
        }
        Ok((head.status, !head.closes))
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.buffer.len() > LONGEST {
            return Err(broken("an answer without end"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The head, once all of it is there.
fn head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = core::str::from_utf8(&bytes[..end]).map_err(|_| broken("a head that is no text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let mut head = Head { status: status.ok_or_else(|| broken("no status"))?, whole: end + 4, closes: false };
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes = value.eq_ignore_ascii_case("close");
        }
    }
    if length.is_none() && head.status != 204 {
        return Err(broken("an answer without a length"));
    }
    head.whole += length.unwrap_or(0);
    Ok(Some(head))
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_when_they_are_whole() {
        let text = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nconnection: close\r\n\r\n{}";
        let whole = Some(Head { status: 503, whole: text.len(), closes: true });
        assert_eq!(head(text.as_bytes()).expect("readable"), whole);
        assert_eq!(head(&text.as_bytes()[..text.len() - 4]).expect("readable"), None);
        let empty = head(b"HTTP/1.1 204 No Content\r\n\r\n").expect("readable");
        assert_eq!(empty.map(|head| (head.status, head.closes)), Some((204, false)));
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(head(b"SSH-2.0\r\n\r\n").is_err());
    }
}
