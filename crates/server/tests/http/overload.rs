//! More than there is room for: exchanges, and bytes of bodies. What is turned away is told so by its dialect.

use countersign_dialects::Dialect;
use countersign_server::config::{Dialects, Server};
use countersign_server::run::registry;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep, timeout};

use crate::probe::{Keeper, PATIENCE};
use crate::site::{Scene, scene, server};
use crate::wire::{Reply, read_to_end, request};

/// The probe's word for a refusal.
const SHED: (u16, &str) = (409, "refused");

const KIB: usize = 1024;

/// The budget keeps a quarter for small bodies.
fn narrow() -> Server {
    Server { max_body_bytes: 256 * KIB, body_budget_bytes: 512 * KIB, ..server() }
}

async fn keeper_does(keeper: Keeper, step: impl FnOnce(&Keeper) + Send + 'static) -> Keeper {
    spawn_blocking(move || {
        step(&keeper);
        keeper
    })
    .await
    .expect("the step came to its end")
}

async fn send(scene: &Scene, head: &str, body: usize) -> TcpStream {
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(head.as_bytes()).await.expect("sent");
    client.write_all(&vec![b'x'; body]).await.expect("sent");
    client
}

async fn echo(scene: &Scene, body: usize) -> Reply {
    request(scene.at.public, "POST /probe/echo", "", &"x".repeat(body)).await
}

fn said(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.body.as_str())
}

/// Asks again until there is room; what gives room back is not seen from here.
async fn gets_through(scene: &Scene, body: usize) {
    let served = async {
        while echo(scene, body).await.status != 200 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, served).await.expect("there is room in time");
}

/// Sends a body that never ends until a long one is turned away because of it. Which of the two has arrived first is
/// not seen from here, and one that came too late for its room is turned away itself; so it is sent anew.
async fn filled(scene: &Scene, head: &str, slow: usize, long: usize) -> (TcpStream, Reply) {
    let shed = async {
        loop {
            let client = send(scene, head, slow).await;
            for _ in 0..10 {
                let reply = echo(scene, long).await;
                if reply.status != 200 {
                    return (client, reply);
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    };
    timeout(PATIENCE, shed).await.expect("it is full in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_keeps_its_place_until_its_end_although_its_client_hangs_up() {
    let mut scene = scene(Server { max_requests: 1, ..server() }).await;
    let client = send(&scene, "POST /probe/gated HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 0).await;
    scene.keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    drop(client);
    for _ in 0..3 {
        assert_eq!(said(&echo(&scene, 0).await), SHED);
    }
    let page = request(scene.at.admin, "GET /metrics", "", "").await.body;
    let series = "endpoint=\"/probe/echo\",outcome=\"overloaded\"} 3";
    assert!(page.contains(series), "{page}");
    scene.keeper = keeper_does(scene.keeper, |keeper| {
        keeper.open();
        keeper.wait_for_seal();
    })
    .await;
    gets_through(&scene, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_long_bodies_turn_long_ones_away_and_let_small_ones_through() {
    let scene = scene(narrow()).await;
    let head = "POST /probe/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n";
    let (slow, shed) = filled(&scene, head, 250 * KIB, 200 * KIB).await;
    assert_eq!(said(&shed), SHED);
    for _ in 0..10 {
        assert_eq!(echo(&scene, 16 * KIB).await.status, 200);
    }
    drop(slow);
    gets_through(&scene, 200 * KIB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_announced_takes_no_room() {
    let scene = scene(narrow()).await;
    let head = "POST /probe/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n";
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(send(&scene, head, 1).await);
    }
    assert_eq!(echo(&scene, 256 * KIB).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_keeps_its_room_until_the_exchange_ends() {
    let mut scene = scene(narrow()).await;
    let head = "POST /probe/gated HTTP/1.1\r\nHost: h\r\nContent-Length: 256000\r\n\r\n";
    let client = send(&scene, head, 256_000).await;
    scene.keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    drop(client);
    assert_eq!(said(&echo(&scene, 200 * KIB).await), SHED);
    assert_eq!(echo(&scene, 16 * KIB).await.status, 200);
    scene.keeper = keeper_does(scene.keeper, |keeper| {
        keeper.open();
        keeper.wait_for_seal();
    })
    .await;
    gets_through(&scene, 200 * KIB).await;
}

/// A client that is told so before it has sent everything can go on with the same connection.
#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_what_is_turned_away_is_discarded() {
    let mut scene = scene(narrow()).await;
    let head = "POST /probe/gated HTTP/1.1\r\nHost: h\r\nContent-Length: 256000\r\n\r\n";
    let _held = send(&scene, head, 256_000).await;
    scene.keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    let head = "POST /probe/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 204800\r\n\r\n";
    let mut client = send(&scene, head, 200 * KIB).await;
    let last = b"GET /probe/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    client.write_all(last).await.expect("the connection goes on");
    let answers = read_to_end(&mut client).await;
    assert!(answers.starts_with("HTTP/1.1 409") && answers.contains("HTTP/1.1 200"), "{answers}");
    scene.keeper.open();
}

/// Nobody is identified when a request is turned away, so every dialect must find words without a caller.
#[tokio::test(flavor = "multi_thread")]
async fn every_dialect_says_that_it_is_overloaded_before_it_knows_who_asks() {
    let (probe, _directory) = crate::site::site(
        Server { max_requests: 0, ..server() },
        registry(&Dialects::default(), false),
        None,
    )
    .await;
    let paths: Vec<(String, String)> = probe
        .registry
        .iter()
        .flat_map(Dialect::endpoints)
        .map(|endpoint| (endpoint.method.to_string(), endpoint.path.replace(['{', '}'], "")))
        .collect();
    let running = countersign_server::run::start(probe).await.expect("free ports on this machine");
    let at = running.bound();
    for (method, path) in &paths {
        let reply = request(at.public, &format!("{method} {path}"), "", "").await;
        assert_ne!(reply.status, 500, "{method} {path}: {}", reply.body);
        assert!(!reply.body.is_empty(), "{method} {path}");
    }
    let page = request(at.admin, "GET /metrics", "", "").await.body;
    let shed: u64 = page
        .lines()
        .filter(|line| line.starts_with("countersign_requests_total") && line.contains("\"overloaded\""))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(shed, paths.len() as u64, "{page}");
}
