//! An endpoint of one's own that webhooks are sent to: it keeps what comes, and answers as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

/// Far longer than anything is waited for.
const LONG: Duration = Duration::from_secs(60);

/// A message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The path, by which endpoints of one receiver are told apart.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// An endpoint. It listens until the test ends.
#[derive(Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    /// What each path is answered with; 204 if nothing is said.
    answers: BTreeMap<String, String>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let receiver = Self { address, state: Arc::default() };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        receiver
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers that path from now on with a status, and headers in further lines.
    pub(crate) fn answer(&self, path: &str, head: &str) {
        self.locked().answers.insert(path.to_owned(), head.to_owned());
    }

    /// Everything that came to that path so far.
    pub(crate) fn all(&self, path: &str) -> Vec<Message> {
        self.locked().messages.iter().filter(|message| message.path == path).cloned().collect()
    }

    /// Waits until what came to that path is as it should be.
    pub(crate) fn until(&self, path: &str, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let (_, came) = &*self.state;
        let mut state = self.locked();
        loop {
            let there: Vec<_> =
                state.messages.iter().filter(|message| message.path == path).cloned().collect();
            if enough(&there) {
                return there;
            }
            let (next, waited) = came.wait_timeout(state, LONG).unwrap_or_else(PoisonError::into_inner);
            assert!(!waited.timed_out(), "only {} messages came: {there:?}", there.len());
            state = next;
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One connection. Who hangs up in the middle has sent nothing.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut stream = stream;
        loop {
            let message = read(&mut reader)?;
            let answer = {
                let mut state = self.locked();
                let answer = state.answers.get(&message.path).cloned();
                state.messages.push(message);
                self.state.1.notify_all();
                answer
            };
            let head = answer.unwrap_or_else(|| "204 No Content".to_owned());
            if head == "nothing" {
                return None;
            }
            write!(stream, "HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n").ok()?;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Message> {
    let line = |reader: &mut dyn BufRead| -> Option<String> {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let first = line(reader)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Message { path, headers, body })
}
