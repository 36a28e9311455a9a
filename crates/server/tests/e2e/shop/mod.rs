//! The example shop is run: it moves money only with a consumed intent, however it is clicked, changed or killed.

mod money;
mod proxy;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::SystemTime;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use self::proxy::Proxy;
use crate::client::{Answer, Client};
use crate::server::Server;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop/shop.mjs");
const PIN: &str = "493817";
const WEBHOOK_KEY: [u8; 32] = [0x42; 32];

/// A running shop. Killed when dropped.
struct Shop {
    child: Child,
    http: Client,
}

impl Shop {
    /// Opens it on that ledger; `countersign` is where it finds Countersign.
    fn open(server: &Server, countersign: &str, ledger: &Path) -> Self {
        let secret = format!("whsec_{}", BASE64.encode(&WEBHOOK_KEY));
        Self::open_at(server, countersign, ledger, 0, &secret)
    }

    /// As [`Self::open`], at that port and with that secret for webhooks.
    fn open_at(server: &Server, countersign: &str, ledger: &Path, port: u16, secret: &str) -> Self {
        let mut child = Command::new("node")
            .arg(SHOP)
            .env("COUNTERSIGN_URL", countersign)
            .env("COUNTERSIGN_API_KEY", server.says("/api_key"))
            .env("SHOP_WEBHOOK_SECRET", secret)
            .env("SHOP_LEDGER", ledger)
            .env("SHOP_PORT", port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the shop said {line:?}"));
        Self { child, http: Client::new(told["url"].as_str().expect("a URL").to_owned()) }
    }

    fn ask(&self, path: &str, body: &Value) -> Answer {
        self.http.send("POST", path, &[], body.to_string().as_bytes())
    }

    fn asked(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask(path, body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// A customer with one cup in the cart.
    fn customer(&self, name: &str) -> Value {
        let account = self.asked("/customer", &json!({ "name": name, "pin": PIN }))["account"].clone();
        self.asked("/cart", &json!({ "account": account, "item": "cup", "count": 1 }));
        account
    }

    /// What the customer is shown, and what the form then sends.
    fn pay(&self, account: &Value) -> Value {
        self.asked("/pay", &json!({ "account": account }))
    }

    fn approve(&self, shown: &Value, pin: &str) -> Answer {
        let form = json!({ "intent": shown["intent"], "attempt": shown["attempt"], "pin": pin });
        self.ask("/approve", &form)
    }

    fn balance(&self, account: &Value) -> String {
        self.asked("/balance", &json!({ "account": account }))["balance"].as_str().expect("a text").to_owned()
    }

    fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it has ended");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn opened() -> (Server, TempDir, Shop) {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shop = Shop::open(&server, server.says("/url"), &folder.path().join("ledger"));
    (server, folder, shop)
}

/// Facts of that sort in the ledger.
fn facts(folder: &TempDir, fact: &str) -> usize {
    let ledger = std::fs::read_to_string(folder.path().join("ledger")).expect("a ledger");
    let facts = ledger.lines().map(|line| serde_json::from_str::<Value>(line).expect("a fact"));
    facts.filter(|found| found["fact"] == fact).count()
}

#[test]
fn a_wrong_pin_moves_nothing_and_the_right_one_moves_once() {
    let (server, folder, shop) = opened();
    let account = shop.customer("wei");
    let shown = shop.pay(&account);
    assert_eq!(shown["display"], "Pay: CNY 39.00\nTo: The Tea Shop");
    assert_eq!(shop.pay(&account), shown, "two clicks ask once");
    let wrong = shop.approve(&shown, "000000");
    assert_eq!((code(&wrong), &wrong.json()["attempt"]), ((403, "secret_incorrect".to_owned()), &json!(1)));
    assert_eq!(shop.approve(&shown, PIN).status, 409, "that form is outdated");
    assert_eq!(shop.balance(&account), "100.00");
    let shown = shop.pay(&account);
    assert_eq!(shop.approve(&shown, PIN).json()["balance"], "61.00");
    assert_eq!(shop.approve(&shown, PIN).json()["balance"], "61.00", "a click that comes late");
    assert_eq!((facts(&folder, "moved"), server.comparisons("payment")), (1, 2));
    let ledger = std::fs::read_to_string(folder.path().join("ledger")).expect("a ledger");
    assert!(!ledger.contains(PIN) && !ledger.contains("000000"), "{ledger}");
}

#[test]
fn the_servers_own_webhooks_are_taken_and_tell_of_the_payment() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ledger = folder.path().join("ledger");
    // Free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let hook = json!({ "url": format!("http://127.0.0.1:{port}/webhook"), "types": ["intent_consumed"] });
    let hook = server.native("POST", "/v1/webhooks", Some(&hook));
    assert_eq!(hook.status, 201, "{}", hook.text());
    let hook = hook.json();
    let secret = hook["secret"].as_str().expect("a secret");
    let shop = Shop::open_at(&server, server.says("/url"), &ledger, port, secret);
    let account = shop.customer("wei");
    let shown = shop.pay(&account);
    assert_eq!(shop.approve(&shown, PIN).status, 200);
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().expect("an id"));
    while server.native("GET", &path, None).json()["last_success_at"].is_null() {
        thread::yield_now();
    }
    assert_eq!(facts(&folder, "event"), 1);
    let ledger = std::fs::read_to_string(ledger).expect("a ledger");
    let event = ledger.lines().last().expect("a fact");
    assert_eq!(serde_json::from_str::<Value>(event).expect("a fact")["type"], "intent_consumed");
}

#[test]
fn a_double_click_is_one_guess_and_one_payment() {
    let (server, folder, shop) = opened();
    let account = shop.customer("wei");
    for (pin, status, balance) in [("000000", 403, "100.00"), (PIN, 200, "61.00")] {
        let shown = shop.pay(&account);
        let before = server.comparisons("payment");
        let told: Vec<u16> = thread::scope(|scope| {
            let click = || shop.approve(&shown, pin).status;
            let clicks: Vec<_> = (0..4).map(|_| scope.spawn(click)).collect();
            clicks.into_iter().map(|click| click.join().expect("an answer")).collect()
        });
        // Whoever comes while the first is at work is told so, and knows from the next answer.
        assert!(told.contains(&status) && told.iter().all(|told| [status, 409].contains(told)), "{told:?}");
        assert_eq!(server.comparisons("payment") - before, 1);
        assert_eq!(shop.balance(&account), balance);
    }
    assert_eq!((facts(&folder, "missed"), facts(&folder, "moved")), (1, 1));
}

#[test]
fn a_cart_that_changes_after_it_was_shown_is_not_paid() {
    let (server, folder, shop) = opened();
    let account = shop.customer("wei");
    let shown = shop.pay(&account);
    shop.asked("/cart", &json!({ "account": account, "item": "tea", "count": 2 }));
    assert_eq!(code(&shop.approve(&shown, PIN)), (409, "digest_mismatch".to_owned()));
    let intent = format!("/v1/intents/{}", shown["intent"].as_str().expect("an id"));
    assert_eq!(server.native("GET", &intent, None).json()["void_cause"], "digest_mismatch");
    assert_eq!((shop.balance(&account), facts(&folder, "moved")), ("100.00".to_owned(), 0));
    let shown = shop.pay(&account);
    assert_eq!(shown["display"], "Pay: CNY 64.00\nTo: The Tea Shop");
    assert_eq!(shop.approve(&shown, PIN).json()["balance"], "36.00");
}

#[test]
fn a_shop_that_is_killed_between_use_and_ledger_moves_the_money_when_it_is_back() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ledger = folder.path().join("ledger");
    let proxy = Proxy::start(&server.http);
    let shop = Shop::open(&server, proxy.url(), &ledger);
    let account = shop.customer("wei");
    let shown = shop.pay(&account);
    // Countersign has consumed it, and its answer never reaches the shop.
    thread::scope(|scope| {
        let form = json!({ "intent": shown["intent"], "attempt": shown["attempt"], "pin": PIN });
        let http = shop.http.clone();
        let click = scope.spawn(move || {
            http.try_send("POST", "/approve", &[], form.to_string().as_bytes()).map(|answer| answer.status)
        });
        assert_eq!(proxy.swallowed("/consume"), 200);
        shop.kill();
        assert!(click.join().expect("ends").is_err(), "the customer was told nothing");
    });
    let intent = format!("/v1/intents/{}", shown["intent"].as_str().expect("an id"));
    assert_eq!(server.native("GET", &intent, None).json()["state"], "consumed");
    assert_eq!((facts(&folder, "using"), facts(&folder, "moved")), (1, 0));
    // The last line may be torn as well.
    std::fs::write(&ledger, std::fs::read_to_string(&ledger).expect("a ledger") + "{\"fact\":\"mo")
        .expect("written");
    for _ in 0..2 {
        let shop = Shop::open(&server, server.says("/url"), &ledger);
        assert_eq!(shop.balance(&account), "61.00", "it is settled before the door opens");
        assert_eq!(shop.approve(&shown, PIN).json()["balance"], "61.00");
        assert_eq!(facts(&folder, "moved"), 1);
        shop.kill();
    }
}

#[test]
fn under_a_hold_the_intent_is_taken_back_and_nothing_moves_ever() {
    let (server, folder, shop) = opened();
    let account = shop.customer("wei");
    let path = |shown: &Value| format!("/v1/intents/{}", shown["intent"].as_str().expect("an id"));
    let intent = |shown: &Value| server.native("GET", &path(shown), None).json();
    let between = shop.pay(&account);
    let approved =
        server.native("POST", &format!("{}/approve", path(&between)), Some(&json!({ "secret": PIN })));
    assert_eq!(approved.status, 200, "{}", approved.text());
    let unlock = json!({ "kind": "payment", "reason": "asked" });
    let unlock = server.native(
        "POST",
        &format!("/v1/accounts/{}/unlock", account.as_str().expect("an id")),
        Some(&unlock),
    );
    assert_eq!(unlock.status, 200, "{}", unlock.text());
    // It was killed when it had written down that it would use an approval, just before the hold began.
    shop.kill();
    let ledger = folder.path().join("ledger");
    let using = json!({ "fact": "using", "intent": between["intent"], "fen": 3900, "digest": intent(&between)["digest"] });
    let before = std::fs::read_to_string(&ledger).expect("a ledger");
    std::fs::write(&ledger, format!("{before}{using}\n")).expect("written");
    for _ in 0..2 {
        let shop = Shop::open(&server, server.says("/url"), &ledger);
        assert_eq!((intent(&between)["state"].as_str(), facts(&folder, "failed")), (Some("cancelled"), 1));
        assert_eq!(code(&shop.approve(&between, PIN)), (409, "payments_on_hold".to_owned()));
        assert_eq!((shop.balance(&account), facts(&folder, "moved")), ("100.00".to_owned(), 0));
        shop.kill();
    }
    let shop = Shop::open(&server, server.says("/url"), &ledger);
    let held = shop.pay(&account);
    for _ in 0..2 {
        assert_eq!(code(&shop.approve(&held, PIN)), (409, "payments_on_hold".to_owned()));
    }
    assert_eq!((intent(&held)["state"].as_str(), facts(&folder, "failed")), (Some("cancelled"), 2));
    assert_eq!(shop.balance(&account), "100.00");
}

#[allow(clippy::disallowed_methods, reason = "the shop looks at the machine's clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn a_webhook_is_taken_once_and_only_if_it_is_signed_and_recent() {
    let (_server, folder, shop) = opened();
    let now = now();
    let body = json!({ "type": "intent.voided", "data": { "intent_id": "int_1" } }).to_string();
    let sign = |key: &[u8], id: &str, at: u64| {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        hmac.update(format!("{id}.{at}.{body}").as_bytes());
        BASE64.encode(&hmac.finalize().into_bytes())
    };
    let send = |id: &str, at: u64, signature: &str, body: &str| {
        let at = at.to_string();
        let headers = [("webhook-id", id), ("webhook-timestamp", &at), ("webhook-signature", signature)];
        shop.http.send("POST", "/webhook", &headers, body.as_bytes()).status
    };
    let right = sign(&WEBHOOK_KEY, "msg_1", now);
    assert_eq!(send("msg_1", now, &format!("v1,{right}"), &body), 200);
    assert_eq!(
        send("msg_1", now, &format!("v1a,AAAA v1,{} v1,{right}", BASE64.encode(&[7; 32])), &body),
        200
    );
    assert_eq!(facts(&folder, "event"), 1, "the same one twice is one");
    let old = now - 3600;
    for (id, at, signature, body) in [
        ("msg_2", now, format!("v1,{right}"), body.as_str()),
        ("msg_1", now + 1, format!("v1,{right}"), &body),
        ("msg_1", now, format!("v1,{right}"), "{}"),
        ("msg_1", now, format!("v2,{right}"), &body),
        ("msg_1", now, right.clone(), &body),
        ("msg_1", now, String::new(), &body),
        ("msg_3", now, format!("v1,{}", sign(&[], "msg_3", now)), &body),
        ("msg_4", old, format!("v1,{}", sign(&WEBHOOK_KEY, "msg_4", old)), &body),
    ] {
        assert_eq!(send(id, at, &signature, body), 401, "{id} {at} {signature}");
    }
    assert_eq!(facts(&folder, "event"), 1);
}
