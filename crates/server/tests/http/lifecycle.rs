//! Hang-ups, reload and drain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_dialects::Registry;
use countersign_server::run::{Reload, Reloaded};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

use crate::probe::{Keeper, Probe};
use crate::site::{scene, server, settings, with_reload};
use crate::wire::{read_to_end, request};

const GATED: &[u8] = b"POST /probe/gated HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";

/// Runs a step of the keeper, which blocks, and gives the keeper back.
async fn keeper_does(keeper: Keeper, step: impl FnOnce(&Keeper) + Send + 'static) -> Keeper {
    spawn_blocking(move || {
        step(&keeper);
        keeper
    })
    .await
    .expect("the step came to its end")
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_g_a_request_finishes_although_its_client_hangs_up() {
    let scene = scene(server()).await;
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(GATED).await.expect("sent");
    let keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    drop(client);
    keeper_does(keeper, |keeper| {
        keeper.open();
        keeper.wait_for_seal();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_lets_requests_in_flight_finish_and_shows_that_it_drains() {
    let scene = scene(server()).await;
    assert_eq!(request(scene.at.admin, "GET /readyz", "", "").await.status, 200);
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(GATED).await.expect("sent");
    let mut idle = TcpStream::connect(scene.at.public).await.expect("the server listens");
    let keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    let drained = tokio::spawn(scene.running.drain());
    // An idle connection is closed when the drain begins.
    assert_eq!(read_to_end(&mut idle).await, "");
    let ready = request(scene.at.admin, "GET /readyz", "", "").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains(r#""accepting":"draining""#), "{}", ready.body);
    assert!(TcpStream::connect(scene.at.public).await.is_err(), "no new connection is taken");
    assert!(!drained.is_finished());
    keeper.open();
    assert!(read_to_end(&mut client).await.starts_with("HTTP/1.1 200"));
    drained.await.expect("the drain ends");
    assert!(TcpStream::connect(scene.at.admin).await.is_err(), "the admin listener ends last");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_waits_for_a_request_whose_client_is_gone() {
    let scene = scene(server()).await;
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(GATED).await.expect("sent");
    let keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    drop(client);
    let drained = tokio::spawn(scene.running.drain());
    assert!(!drained.is_finished());
    keeper.open();
    drained.await.expect("the drain ends");
    keeper_does(keeper, Keeper::wait_for_seal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_at_its_time_whatever_still_runs() {
    let scene = scene(countersign_server::config::Server { drain_s: 1, ..server() }).await;
    let mut client = TcpStream::connect(scene.at.public).await.expect("the server listens");
    client.write_all(GATED).await.expect("sent");
    let keeper = keeper_does(scene.keeper, Keeper::wait_for_entry).await;
    scene.running.drain().await;
    keeper.open();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_swaps_the_dialects_and_a_bad_one_changes_nothing() {
    let good = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&good);
    let reload: Reload = Box::new(move || {
        if !switch.load(Ordering::SeqCst) {
            return Err("server.listen: not an address".to_owned());
        }
        let (probe, _) = Probe::new("goodbye");
        Ok(Reloaded { settings: settings(), registry: Registry::new(vec![probe]), server: server() })
    });
    let mut scene = with_reload(server(), Some(reload)).await;
    scene.running.reload().await;
    assert_eq!(request(scene.at.public, "GET /probe/echo", "", "").await.body, "hello 0 probe.test");
    let document = request(scene.at.admin, "GET /openapi.json", "", "").await.body;
    assert!(document.contains("/probe/hello"), "{document}");
    good.store(true, Ordering::SeqCst);
    scene.running.reload().await;
    assert_eq!(request(scene.at.public, "GET /probe/echo", "", "").await.body, "goodbye 0 probe.test");
    let document = request(scene.at.admin, "GET /openapi.json", "", "").await.body;
    assert!(document.contains("/probe/goodbye") && !document.contains("/probe/hello"), "{document}");
}
