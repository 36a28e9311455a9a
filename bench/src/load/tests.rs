//! The load generator against servers that are known: what it counts, and from when.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

const REQUEST: &[u8] = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

/// Serves each connection in a thread: `answer` makes of the number of a request, counted over all, its status.
fn server(answer: impl Fn(u64) -> u16 + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("bound");
    let answer = std::sync::Arc::new((core::sync::atomic::AtomicU64::new(0), answer));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
                while let Some(Ok(line)) = lines.next() {
                    if !line.is_empty() {
                        continue;
                    }
                    let status = answer.1(answer.0.fetch_add(1, core::sync::atomic::Ordering::SeqCst));
                    let text = format!("HTTP/1.1 {status} Word\r\ncontent-length: 2\r\n\r\n{{}}");
                    if (&stream).write_all(text.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    at
}

fn load(at: SocketAddr, requests: &[Vec<u8>], pace: Pace) -> Load<'_> {
    Load { at, requests, connections: 4, pace, time: Duration::from_millis(300) }
}

#[test]
fn a_closed_loop_counts_every_answer_by_what_it_is() {
    let at = server(|n| [200, 200, 503, 423][usize::try_from(n % 4).expect("small")]);
    let requests = [REQUEST.to_vec()];
    let told = load(at, &requests, Pace::Closed).run().expect("it runs");
    let counts = [&told.served, &told.refused, &told.failed].map(|answers| answers.latencies.count());
    let all: u64 = counts.iter().sum();
    assert!(counts[0] >= 2 && counts[0].abs_diff(all / 2) <= 2, "{counts:?}");
    assert!(counts[1].abs_diff(all / 4) <= 2 && counts[2].abs_diff(all / 4) <= 2, "{counts:?}");
    assert_eq!(told.failures, BTreeMap::from([(423, counts[2])]));
    assert_eq!(told.complaint(), Some(format!("{} with status 423", counts[2])));
    assert_eq!(told.unsent, 0);
}

#[test]
fn in_an_open_loop_time_counts_from_when_a_request_was_due() {
    // The first answer on each connection is late by more than the run is long, so whatever was due meanwhile waits.
    let at = server(|n| {
        if n < 4 {
            let (_never, wait) = std::sync::mpsc::channel::<()>();
            assert!(wait.recv_timeout(Duration::from_millis(200)).is_err());
        }
        200
    });
    let requests = [REQUEST.to_vec()];
    let pace = Pace::Open { rate: 200.0, arrivals: Arrivals::Even };
    let told = load(at, &requests, pace).run().expect("it runs");
    let begun = told.served.latencies.count();
    assert_eq!(begun + told.unsent, 59, "due after 5, 10, … 295 ms");
    // Due from 25 ms on, begun at 205 ms at the earliest: a generator that counts from then sees no time at all.
    let waited = 1.0 - told.served.latencies.share_within(Duration::from_millis(100));
    assert!(waited * exact(begun) >= 20.0, "{waited} of {begun}");
    assert_eq!(told.complaint(), None);
}

#[test]
fn a_server_that_hangs_up_is_a_failure_and_not_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("bound");
    thread::spawn(move || listener.incoming().for_each(drop));
    let requests = [REQUEST.to_vec()];
    let pace = Pace::Open { rate: 100.0, arrivals: Arrivals::Independent };
    let told = load(at, &requests, pace).run().expect("it runs");
    assert_eq!(told.served.latencies.count(), 0);
    assert!(told.failures[&0] > 0 && told.failures.len() == 1, "{:?}", told.failures);
}
