//! A way to the server on which the answer to a commit can get lost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// What happens to the next commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    /// The connection is cut before the server gets it.
    Before,
    /// The server answers it, and the connection is cut before the answer arrives.
    After,
}

/// A proxy on loopback.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    /// 0: none, 1: before, 2: after.
    cut: AtomicU8,
    cuts: AtomicUsize,
    held: AtomicBool,
    gate: (Mutex<bool>, Condvar),
}

impl Proxy {
    /// A proxy to a server's port.
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let port = listener.local_addr().expect("has an address").port();
        let gate = (Mutex::new(true), Condvar::new());
        let shared = Arc::new(Shared {
            server,
            cut: AtomicU8::new(0),
            cuts: AtomicUsize::new(0),
            held: AtomicBool::new(false),
            gate,
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.carry(&client));
            }
        });
        Self { port, shared }
    }

    /// The URL by which a database of the server is reached through this.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(&format!(":{}/", self.shared.server), &format!(":{}/", self.port))
    }

    /// Cuts the connection at the next commit.
    pub(crate) fn cut_next(&self, cut: Cut) {
        let number = if cut == Cut::Before { 1 } else { 2 };
        self.shared.cut.store(number, Ordering::SeqCst);
    }

    /// As [`Self::cut_next`], and lets nobody connect from then on until [`Self::let_in`].
    pub(crate) fn cut_next_and_hold(&self, cut: Cut) {
        self.shared.held.store(true, Ordering::SeqCst);
        self.cut_next(cut);
    }

    /// Lets those in again who wait.
    pub(crate) fn let_in(&self) {
        self.shared.open(true);
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn open(&self, open: bool) {
        *self.gate.0.lock().expect("locks") = open;
        self.gate.1.notify_all();
    }

    fn carry(self: &Arc<Self>, client: &TcpStream) {
        let gate = self.gate.0.lock().expect("locks");
        drop(self.gate.1.wait_while(gate, |open| !*open).expect("waits"));
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.server)) else { return };
        let mute = Arc::new(AtomicBool::new(false));
        let back = {
            let (mut from, mut to) =
                (server.try_clone().expect("clones"), client.try_clone().expect("clones"));
            let (mute, shared) = (Arc::clone(&mute), Arc::clone(self));
            thread::spawn(move || shared.back(&mut from, &mut to, &mute))
        };
        self.forth(client, &server, &mute);
        for stream in [client, &server] {
            stream.shutdown(Shutdown::Both).ok();
        }
        back.join().ok();
    }

    /// From the client to the server, message by message as far as a commit must be seen.
    fn forth(&self, mut client: &TcpStream, mut server: &TcpStream, mute: &AtomicBool) {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = client.read(&mut buffer) {
            let bytes = &buffer[..read];
            if bytes.windows(COMMIT.len()).any(|window| window == COMMIT) {
                match self.cut.swap(0, Ordering::SeqCst) {
                    1 => return self.cut_off(),
                    2 => {
                        mute.store(true, Ordering::SeqCst);
                        if self.held.load(Ordering::SeqCst) {
                            self.open(false);
                        }
                    }
                    _ => {}
                }
            }
            if server.write_all(bytes).is_err() {
                return;
            }
        }
    }

    fn back(&self, server: &mut TcpStream, client: &mut TcpStream, mute: &AtomicBool) {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = server.read(&mut buffer) {
            // What the server has answered to a commit is ready for the next query when it has committed.
            if mute.load(Ordering::SeqCst) {
                if buffer[..read].windows(DONE.len()).any(|window| window == DONE) {
                    self.cut_off();
                    break;
                }
            } else if client.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        client.shutdown(Shutdown::Both).ok();
    }

    fn cut_off(&self) {
        if self.held.swap(false, Ordering::SeqCst) {
            self.open(false);
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

/// A simple query, and its words.
const COMMIT: &[u8] = b"COMMIT\0";

/// The server's word that it has committed.
const DONE: &[u8] = b"COMMIT\0";
