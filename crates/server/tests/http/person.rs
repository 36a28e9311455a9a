//! What a platform may tell of the person that it calls for: the address, and the device.

use countersign_dialects::Registry;
use countersign_dialects::native::{Native, Settings};
use countersign_domain::answer::Reply;
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::command::Command;
use countersign_domain::event::{Actor, Origin};
use countersign_server::run::{Running, start};
use countersign_service::Context;
use countersign_store::sqlite::SqliteStore;
use tempfile::TempDir;

use crate::site::{server, site};
use crate::wire::{Reply as Answer, request};

struct Scene {
    running: Running<SqliteStore>,
    key: String,
    _directory: TempDir,
}

/// A server that speaks the native API, and an API key for it.
async fn scene() -> Scene {
    let native = Native::new(Settings::default(), false);
    let (site, directory) = site(server(), Registry::new(vec![Box::new(native)]), None).await;
    let running = start(site).await.expect("free ports on this machine");
    let origin =
        Origin { dialect: "test".to_owned(), actor: Actor::Server, request_id: "req_test".to_owned() };
    let command = Command::CreateApp { name: "till".to_owned(), kind: AppKind::Api, scopes: Scopes::all() };
    let done = running.service().execute(command, Context::of(origin)).await.expect("no fault");
    let key = match done.expect("no refusal").reply {
        Reply::AppCreated(_, key) => key.expose().to_owned(),
        _ => panic!("an app was asked for"),
    };
    Scene { running, key, _directory: directory }
}

impl Scene {
    async fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let headers =
            format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n{headers}", self.key);
        request(self.running.bound().public, &format!("POST {path}"), &headers, body).await
    }

    /// An account with a payment secret; where it is verified.
    async fn verify_path(&self) -> String {
        let body = r#"{"username":"mei","secrets":{"payment":"493817"}}"#;
        let created = self.post("/v1/accounts", "", body).await;
        let created: serde_json::Value = serde_json::from_str(&created.body).expect("an account");
        assert_eq!(created["restored_at"], serde_json::Value::Null);
        format!("/v1/accounts/{}/secrets/payment/verify", created["id"].as_str().expect("an id"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_miss_from_one_address_slow_that_address_and_no_other() {
    let scene = scene().await;
    let login = |name: usize, headers: &'static str| {
        let (scene, body) = (&scene, format!(r#"{{"username":"guess-{name}","login":"blue-heron-{name}"}}"#));
        async move { scene.post("/v1/sessions", headers, &body).await }
    };
    let attacker = "Countersign-Client-Address: 203.0.113.7\r\n";
    for name in 0..30 {
        assert_eq!(login(name, attacker).await.status, 403, "{name}");
    }
    // The first guess beyond the thirty is let through, and then one in a while.
    assert_eq!(login(30, attacker).await.status, 403);
    let slowed = login(31, attacker).await;
    assert_eq!(slowed.status, 429, "{}", slowed.body);
    assert!(slowed.header("retry-after").is_some());
    assert_eq!(
        login(31, "Countersign-Client-Address: 203.0.113.200\r\n").await.status,
        429,
        "the same network"
    );
    assert_eq!(login(31, "Countersign-Client-Address: 198.51.100.7\r\n").await.status, 403);
    assert_eq!(login(31, "").await.status, 403, "nobody's address is known");
    assert_eq!(login(31, "Countersign-Client-Address: elsewhere\r\n").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_is_given_a_token_with_its_first_success() {
    let scene = scene().await;
    let path = scene.verify_path().await;
    let (right, wrong) = (r#"{"secret":"493817"}"#, r#"{"secret":"728416"}"#);
    let header = "countersign-device";
    assert_eq!(scene.post(&path, "", right).await.header(header), None, "nobody asked");
    let missed = scene.post(&path, "Countersign-Device: new\r\n", wrong).await;
    assert_eq!((missed.status, missed.header(header)), (403, None));
    let known = scene.post(&path, "Countersign-Device: new\r\n", right).await;
    let token = known.header(header).expect("a token").to_owned();
    let by_token = format!("Countersign-Device: {token}\r\n");
    let missed: serde_json::Value =
        serde_json::from_str(&scene.post(&path, &by_token, wrong).await.body).expect("a problem");
    assert_eq!(missed["remaining_attempts"], 2, "of the three that a known device has");
    let missed: serde_json::Value =
        serde_json::from_str(&scene.post(&path, "", wrong).await.body).expect("a problem");
    assert_eq!(missed["remaining_attempts"], 4, "of the account's five");
}
