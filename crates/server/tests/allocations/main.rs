//! What is cheap stays cheap: a request that only reads, or that ends at the door, is answered at once by the thread it
//! came on, without waiting for another one, and allocates no more often than it has to.
//!
//! Allocations are counted because they repeat where seconds do not. The bounds are what is measured and a few to spare.

mod scene;

use axum::http::StatusCode;

use crate::scene::Scene;

#[test]
fn a_status_read_is_answered_at_once() {
    let scene = Scene::set();
    let status = "/auth/user/bind/currency-pass/verify-by-status";
    let answer = scene.get(status, &scene.token);
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, &b"true"[..]));
    assert!(answer.allocations <= 31, "{} allocations", answer.allocations);
}

#[test]
fn an_account_is_read_at_once() {
    let scene = Scene::set();
    let answer = scene.get(&format!("/v1/accounts/{}", scene.account), &scene.key);
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.allocations <= 50, "{} allocations", answer.allocations);
}

#[test]
fn who_proves_nothing_is_refused_at_once() {
    let scene = Scene::set();
    let status = "/auth/user/bind/currency-pass/verify-by-status";
    let account = format!("/v1/accounts/{}", scene.account);
    let forged = |credential: &str| format!("{}AAAA", &credential[..credential.len() - 4]);
    for (path, credential) in [(status, forged(&scene.token)), (&account, forged(&scene.key))] {
        let answer = scene.get(path, &credential);
        assert!(!answer.status.is_success(), "{path}");
        assert!(answer.allocations <= 31, "{path}: {} allocations", answer.allocations);
    }
}

#[test]
fn who_finds_no_place_is_refused_at_once() {
    let scene = Scene::set();
    let verify = format!("/v1/accounts/{}/secrets/payment/verify", scene.account);
    let taken = scene.every_place();
    let answer = scene.post(&verify, &scene.key, r#"{"secret":"000111"}"#);
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.allocations <= 52, "{} allocations", answer.allocations);
    drop(taken);
}
