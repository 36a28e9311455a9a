//! There is never less than nothing: clicks at once, what is reserved, payments that are given up, and a shop that was away.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use super::proxy::Proxy;
use super::{PIN, Shop, code, facts, opened};
use crate::server::Server;

/// The intent that was shown, as the server has it.
fn intent(server: &Server, shown: &Value) -> Value {
    let path = format!("/v1/intents/{}", shown["intent"].as_str().expect("an id"));
    server.native("GET", &path, None).json()
}

/// Two cups: 78.00 of the 100.00 that there are.
fn two_cups(shop: &Shop, name: &str) -> Value {
    let account = shop.customer(name);
    shop.asked("/cart", &json!({ "account": account, "item": "cup", "count": 2 }));
    account
}

/// Writes that into the ledger of a shop that is closed.
fn note(ledger: &Path, fact: &Value) {
    let before = fs::read_to_string(ledger).expect("a ledger");
    fs::write(ledger, format!("{before}{fact}\n")).expect("written");
}

#[test]
fn two_clicks_and_two_approvals_at_once_pay_one_cart_once() {
    let (_server, folder, shop) = opened();
    let account = two_cups(&shop, "wei");
    let shown: Vec<Value> = thread::scope(|scope| {
        let clicks = [1, 2].map(|click| {
            let (shop, form) = (&shop, json!({ "account": account, "click": click }));
            scope.spawn(move || shop.asked("/pay", &form))
        });
        clicks.into_iter().map(|click| click.join().expect("an answer")).collect()
    });
    assert_eq!(shown[0], shown[1], "the second click gets the first one");
    let told: Vec<u16> = thread::scope(|scope| {
        let clicks: Vec<_> =
            shown.iter().map(|shown| scope.spawn(|| shop.approve(shown, PIN).status)).collect();
        clicks.into_iter().map(|click| click.join().expect("an answer")).collect()
    });
    assert!(told.contains(&200) && told.iter().all(|told| [200, 409].contains(told)), "{told:?}");
    assert_eq!((shop.balance(&account).as_str(), facts(&folder, "moved")), ("22.00", 1));
    let again = shop.ask("/pay", &json!({ "account": account, "click": 2 }));
    assert_eq!(code(&again), (422, "cart_empty".to_owned()), "a click that comes late");
}

#[test]
fn what_is_being_used_is_reserved_and_whom_it_leaves_too_little_is_given_up() {
    let (server, folder, shop) = opened();
    let account = two_cups(&shop, "wei");
    let first = shop.pay(&account);
    shop.kill();
    // A second payment of the same cart, as a ledger of a shop that let one click twice has it.
    let cart = json!({ "cart": { "cup": 2 } });
    let sale = json!({
        "account_id": account, "amount": "78.00", "currency": "CNY", "payee": "The Tea Shop", "details": cart,
    });
    let second = server.native("POST", "/v1/intents", Some(&sale)).json();
    let asked = json!({
        "fact": "asked", "intent": second["id"], "account": account, "digested": second["digested"],
    });
    let ledger = folder.path().join("ledger");
    note(&ledger, &asked);
    let second = json!({ "intent": second["id"], "attempt": 0 });
    let proxy = Proxy::start(&server.http);
    let shop = Shop::open(&server, proxy.url(), &ledger);
    thread::scope(|scope| {
        let form = json!({ "intent": first["intent"], "attempt": 0, "pin": PIN });
        let http = shop.http.clone();
        let click = scope.spawn(move || http.try_send("POST", "/approve", &[], form.to_string().as_bytes()));
        assert_eq!(proxy.swallowed("/consume"), 200);
        assert_eq!(code(&shop.approve(&second, PIN)), (409, "no_money".to_owned()));
        let more = json!({ "account": account, "item": "tea", "count": 1 });
        assert_eq!(code(&shop.ask("/cart", &more)), (409, "being_paid".to_owned()));
        let again = shop.ask("/pay", &json!({ "account": account }));
        assert_eq!(code(&again), (409, "being_paid".to_owned()));
        shop.kill();
        assert!(click.join().expect("ends").is_err(), "the customer was told nothing");
    });
    assert_eq!(intent(&server, &second)["state"], "cancelled", "its approval does not stay open");
    let shop = Shop::open(&server, server.says("/url"), &ledger);
    assert_eq!((shop.balance(&account).as_str(), facts(&folder, "moved")), ("22.00", 1));
}

#[test]
fn a_refusal_of_the_moment_takes_the_approval_back_before_the_payment_has_failed() {
    let server = Server::start();
    for refusal in ["limit_exceeded", "secret_required", "code_required"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let proxy = Proxy::refusing(&server.http, refusal);
        let shop = Shop::open(&server, proxy.url(), &folder.path().join("ledger"));
        let account = two_cups(&shop, refusal);
        let shown = shop.pay(&account);
        assert_eq!(code(&shop.approve(&shown, PIN)), (409, refusal.to_owned()));
        assert_eq!(intent(&server, &shown)["state"], "cancelled", "{refusal}");
        assert_eq!((shop.balance(&account).as_str(), facts(&folder, "failed")), ("100.00", 1));
        assert_ne!(shop.pay(&account)["intent"], shown["intent"], "the person is asked anew");
    }
}

#[test]
fn an_outdated_payment_is_given_up_for_a_new_one() {
    let (server, _folder, shop) = opened();
    let account = shop.customer("wei");
    let first = shop.pay(&account);
    shop.asked("/cart", &json!({ "account": account, "item": "cup", "count": 2 }));
    let second = shop.pay(&account);
    assert_eq!(second["display"], "Pay: CNY 78.00\nTo: The Tea Shop");
    assert_eq!(intent(&server, &first)["state"], "cancelled");
    assert_eq!(code(&shop.approve(&first, PIN)), (409, "cart_changed".to_owned()));
    server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 301 })));
    let third = shop.pay(&account);
    assert_ne!(third["intent"], second["intent"], "its five minutes are over");
    assert_eq!(shop.approve(&third, PIN).json()["balance"], "22.00");
}

#[test]
fn a_shop_that_was_away_for_more_than_a_day_reads_the_intent_and_moves_the_money_once() {
    let (server, folder, shop) = opened();
    let account = two_cups(&shop, "wei");
    let shown = shop.pay(&account);
    let path = format!("/v1/intents/{}", shown["intent"].as_str().expect("an id"));
    shop.kill();
    // It had written down that it would use the approval, and was killed when Countersign had consumed it.
    let approved = server.native("POST", &format!("{path}/approve"), Some(&json!({ "secret": PIN })));
    assert_eq!(approved.status, 200, "{}", approved.text());
    let digest = intent(&server, &shown)["digest"].clone();
    let ledger = folder.path().join("ledger");
    note(&ledger, &json!({ "fact": "using", "intent": shown["intent"], "fen": 7800, "digest": digest }));
    let used = server.native("POST", &format!("{path}/consume"), Some(&json!({ "digest": digest })));
    assert_eq!(used.status, 200, "{}", used.text());
    server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 2 * 86_400 })));
    for _ in 0..2 {
        let shop = Shop::open(&server, server.says("/url"), &ledger);
        assert_eq!((shop.balance(&account).as_str(), facts(&folder, "moved")), ("22.00", 1));
        assert_eq!(shop.approve(&shown, PIN).json()["balance"], "22.00");
        shop.kill();
    }
}
