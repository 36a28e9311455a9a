//! Stands between a caller and a server, and keeps back the answer of one call, as if the caller died, or the line, right then; or
//! refuses that call in the server's place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::client::Client;

/// Passes requests on until it is dropped with its test.
pub(super) struct Proxy {
    url: String,
    heard: Receiver<(String, u16)>,
}

impl Proxy {
    /// In front of that server; answers to paths that end in `/consume` are kept back.
    pub(super) fn start(server: &Client) -> Self {
        Self::with(server, None)
    }

    /// In front of that server; paths that end in `/consume` are answered with 403 and that code, and never reach it.
    pub(super) fn refusing(server: &Client, refusal: &'static str) -> Self {
        Self::with(server, Some(refusal))
    }

    fn with(server: &Client, refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, heard) = channel();
        let server = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, tell) = (server.clone(), tell.clone());
                thread::spawn(move || pass(stream, &server, refusal, &tell));
            }
        });
        Self { url, heard }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until an answer to that call is kept back, and gives its status.
    pub(super) fn swallowed(&self, call: &str) -> u16 {
        let (path, status) = self.heard.recv().expect("a call");
        assert!(path.ends_with(call), "{path}");
        status
    }
}

/// One connection, request by request; `None` once its caller is gone.
fn pass(
    stream: TcpStream,
    server: &Client,
    refusal: Option<&str>,
    tell: &Sender<(String, u16)>,
) -> Option<()> {
    let mut to = stream.try_clone().ok()?;
    let mut from = BufReader::new(stream);
    loop {
        let (method, path) = first_line(&mut from)?;
        let headers = headers(&mut from)?;
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, value)| value.parse().expect("a length"));
        let mut body = vec![0; length];
        from.read_exact(&mut body).ok()?;
        if let Some(refusal) = refusal.filter(|_| path.ends_with("/consume")) {
            answer(&mut to, 403, format!("{{\"code\":\"{refusal}\"}}").as_bytes())?;
            continue;
        }
        let passed: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| ["authorization", "content-type", "idempotency-key"].contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let told = server.try_send(&method, &path, &passed, &body).ok()?;
        if path.ends_with("/consume") {
            tell.send((path, told.status)).ok()?;
            // Held until the caller is gone.
            from.read_to_end(&mut Vec::new()).ok()?;
            return None;
        }
        answer(&mut to, told.status, &told.body)?;
    }
}

fn answer(to: &mut TcpStream, status: u16, body: &[u8]) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    to.write_all(&[head.as_bytes(), body].concat()).ok()
}

fn first_line(from: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    from.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}

/// Names in lower case.
fn headers(from: &mut impl BufRead) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { return Some(headers) };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}
