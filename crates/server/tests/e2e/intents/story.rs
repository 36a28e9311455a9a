//! What a platform and its person can do with an intent, from its creation to its end.

use countersign_domain::id::EventId;
use serde_json::{Value, json};

use super::{Buyer, RIGHT, is, text};
use crate::client::Answer;
use crate::server::Server;

const DAY_S: u32 = 24 * 3600;

fn one() -> ([Server; 1], Buyer) {
    let servers = [Server::start()];
    let buyer = Buyer::new(&servers, "buyer");
    (servers, buyer)
}

#[test]
fn a_transaction_is_shown_approved_and_consumed_once() {
    let (servers, buyer) = one();
    let whole = json!({ "memo": "tea", "reference": "A-1", "details": { "b": [1.50], "a": null } });
    let made = buyer.ask_for(&whole);
    let intent = buyer.create_with(&whole);
    assert_eq!(made.headers["location"], format!("/v1/intents/{}", text(&made.json(), "id")));
    assert_eq!(made.json()["display"], "Pay: CNY 12.34\nTo: ACME Tea\nReference: A-1\nMemo: tea");
    assert_eq!(made.json()["digested"]["details"], json!({ "a": null, "b": [1.5] }));
    is(&buyer.consume(0, &intent), 409, "intent_not_approved");
    is(&buyer.spared(&intent), 403, "secret_required");
    let wrong = buyer.approve(0, &intent, "not-the-one");
    is(&wrong, 403, "secret_incorrect");
    assert_eq!(wrong.json()["remaining_attempts"], 4);
    let approved = buyer.approve(0, &intent, RIGHT);
    is(&approved, 200, "");
    assert_eq!(approved.json()["approval"]["factors"], 1);
    let receipt = text(&approved.json(), "receipt");
    assert_eq!(receipt.split('.').count(), 3, "{receipt}");
    let claims = receipt.split('.').nth(1).expect("a payload").as_bytes();
    let claims: Value =
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(claims).expect("Base64"))
            .expect("JSON");
    assert_eq!((&claims["jti"], &claims["sub"]), (&json!(intent.id), &json!(buyer.id)));
    assert_eq!((&claims["digest"], &claims["amount"]), (&json!(intent.digest), &json!("12.34")));
    is(&buyer.approve(0, &intent, RIGHT), 409, "intent_already_approved");
    let consumed = buyer.consume(0, &intent);
    is(&consumed, 200, "");
    assert_eq!(consumed.json()["state"], "consumed");
    is(&buyer.consume(0, &intent), 409, "intent_consumed");
    is(&buyer.cancel(&intent), 409, "intent_consumed");
    let shown = &buyer.events(&servers[0], "intent_consumed")[0];
    assert_eq!(&buyer.at(0, "GET", &format!("/v1/events/{}", text(shown, "id")), None).json(), shown);
    let unknown = format!("/v1/events/{}", EventId::from_bytes([9; 16]));
    is(&buyer.at(0, "GET", &unknown, None), 404, "not_found");
    is(&buyer.at(0, "GET", &format!("/v1/events/{}", buyer.id), None), 404, "not_found");
    let types: Vec<String> =
        servers[0].events(&buyer.id).iter().rev().map(|event| text(event, "type")).collect();
    let last = ["secret_missed", "intent_approved", "window_opened", "intent_consumed"];
    assert_eq!(types[types.len() - 4..], last);
}

#[test]
fn every_language_shows_the_same_transaction() {
    let (servers, buyer) = one();
    let body = json!({ "account_id": buyer.id, "amount": "12.34", "currency": "CNY", "payee": "茶" });
    for (lang, display) in [
        ("en", "Pay: CNY 12.34\nTo: 茶"),
        ("zh-CN", "付款：CNY 12.34\n收款方：茶"),
        ("zh-TW,zh;q=0.9", "付款：CNY 12.34\n收款方：茶"),
    ] {
        let made = servers[0].native_with("POST", "/v1/intents", &[("accept-language", lang)], &body).json();
        assert_eq!(made["display"], display);
        let tag = lang.split(',').next().expect("a tag");
        assert_eq!(made["digested"]["display"][tag], display, "what is digested is what is shown");
    }
}

#[test]
fn inside_a_window_nobody_is_asked_and_the_trail_says_why() {
    let (servers, buyer) = one();
    is(&buyer.consume(0, &buyer.approved()), 200, "");
    let asked = buyer.spared(&buyer.create());
    is(&asked, 403, "secret_required");
    assert_eq!(asked.json()["reason"], "no_window", "the hour of a first secret is nobody's choice");
    buyer.choose("hour");
    is(&buyer.secret(0, "verify", &json!({ "secret": RIGHT })), 200, "");
    is(&buyer.spared(&buyer.create_with(&json!({ "payee": "another" }))), 200, "");
    let intent = buyer.create();
    let approved = buyer.spared(&intent);
    is(&approved, 200, "");
    assert_eq!(approved.json()["approval"]["exemption"], "window");
    is(&buyer.consume(0, &intent), 200, "");
    let decision = &buyer.events(&servers[0], "intent_approved")[0]["decision"];
    assert_eq!((&decision["factors"], &decision["exemption"]), (&json!(0), &json!("window")));
    assert_eq!((&decision["units"], &decision["currency"]), (&json!("1234"), &json!("CNY")));
    // Another app's window is not this one's.
    let app = json!({ "name": "other", "kind": "api", "scopes": ["intents:write"] });
    let other = text(&servers[0].native("POST", "/v1/apps", Some(&app)).json(), "api_key");
    let intent = buyer.create();
    let bearer = format!("Bearer {other}");
    let headers = [("authorization", bearer.as_str())];
    let asked = servers[0].http.send("POST", &intent.path("approve"), &headers, b"");
    is(&asked, 403, "secret_required");
    servers[0].advance(3600);
    let intent = buyer.create();
    is(&buyer.spared(&intent), 403, "secret_required");
}

#[test]
fn time_ends_what_nobody_has_consumed() {
    let (servers, buyer) = one();
    let [pending, approved] = [buyer.create(), buyer.approved()];
    servers[0].advance(300);
    for intent in [&pending, &approved] {
        is(&buyer.consume(0, intent), 410, "intent_expired");
        is(&buyer.approve(0, intent, RIGHT), 410, "intent_expired");
        is(&buyer.cancel(intent), 410, "intent_expired");
        assert_eq!(buyer.read(intent)["state"], "expired");
    }
    let short = buyer.create_with(&json!({ "expires_in_s": 1 }));
    servers[0].advance(1);
    is(&buyer.approve(0, &short, RIGHT), 410, "intent_expired");
}

#[test]
fn a_change_a_lock_and_a_reset_void_and_a_reset_puts_payments_on_hold() {
    let (servers, buyer) = one();
    let voided = |intent, cause: &str| {
        let answer = buyer.consume(0, intent);
        is(&answer, 409, "intent_voided");
        assert_eq!(
            (&answer.json()["reason"], buyer.read(intent)["void_cause"].as_str()),
            (&json!(cause), Some(cause))
        );
    };
    let intent = buyer.approved();
    is(&buyer.secret(0, "change", &json!({ "old": RIGHT, "new": "the-right-2" })), 200, "");
    voided(&intent, "secret_changed");
    is(&buyer.secret(0, "change", &json!({ "old": "the-right-2", "new": RIGHT })), 200, "");
    let intent = buyer.approved();
    for _ in 0..5 {
        is(&buyer.secret(0, "verify", &json!({ "secret": "not-the-one" })), 403, "secret_incorrect");
    }
    voided(&intent, "locked");
    let locked = buyer.create();
    is(&buyer.approve(0, &locked, RIGHT), 423, "secret_locked");
    servers[0].advance(900);
    let intent = buyer.approved();
    let issued =
        buyer.post(&format!("/v1/accounts/{}/codes", buyer.id), &json!({ "purpose": "payment_reset" }));
    is(&issued, 202, "");
    let outbox = buyer.at(0, "GET", &format!("/v1/dev/outbox?account_id={}", buyer.id), None).json();
    let code = text(&outbox["messages"][0], "code");
    is(&buyer.secret(0, "reset", &json!({ "code": code, "new": "the-right-3" })), 200, "");
    voided(&intent, "secret_reset");
    let held = buyer.create();
    let refused = buyer.approve(0, &held, "the-right-3");
    is(&refused, 423, "payments_on_hold");
    let until = &refused.json()["hold_until"];
    assert_eq!(refused.headers["retry-after"], DAY_S.to_string());
    assert_eq!(&buyer.read(&held)["hold_until"], until);
    let verified = buyer.secret(0, "verify", &json!({ "secret": "the-right-3" }));
    assert_eq!((verified.status, &verified.json()["hold_until"]), (200, until));
    let account = buyer.at(0, "GET", &format!("/v1/accounts/{}", buyer.id), None).json();
    assert_eq!((&account["hold_until"], &account["holds"][0]["cause"]), (until, &json!("reset")));
    servers[0].advance(DAY_S);
    let intent = buyer.create();
    is(&buyer.approve(0, &intent, "the-right-3"), 200, "");
    is(&buyer.consume(0, &intent), 200, "");
}

#[test]
fn a_hold_is_ended_by_two_keys_and_by_none_alone() {
    let (servers, buyer) = one();
    let path = format!("/v1/accounts/{}/holds/release", buyer.id);
    let release = |key: &str| -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({ "reason": "called back" }).to_string();
        servers[0].http.send("POST", &path, &headers, body.as_bytes())
    };
    let usual = json!({ "name": "usual", "kind": "api" });
    let usual = text(&servers[0].native("POST", "/v1/apps", Some(&usual)).json(), "api_key");
    let own = json!({ "name": "own", "kind": "api", "scopes": ["holds:write"] });
    is(&servers[0].native("POST", "/v1/apps", Some(&own)), 403, "forbidden");
    let [first, second] = ["first", "second"].map(|name| servers[0].operators_key(name, "holds:write"));
    is(&release(&usual), 403, "forbidden");
    is(&release(&first), 409, "not_on_hold");
    let unlock = json!({ "kind": "payment", "reason": "asked" });
    is(&buyer.post(&format!("/v1/accounts/{}/unlock", buyer.id), &unlock), 200, "");
    let intent = buyer.create();
    for _ in 0..2 {
        let proposed = release(&first);
        assert_eq!((proposed.status, &proposed.json()["state"]), (202, &json!("proposed")));
    }
    is(&buyer.approve(0, &intent, RIGHT), 423, "payments_on_hold");
    let released = release(&second);
    assert_eq!((released.status, &released.json()["state"]), (200, &json!("released")));
    is(&buyer.approve(0, &intent, RIGHT), 200, "");
}

#[test]
fn a_list_tells_of_open_ones_and_of_the_last_that_are_over() {
    let (servers, buyer) = one();
    let open = buyer.create();
    let first = buyer.create();
    is(&buyer.cancel(&first), 200, "");
    let forgotten = first.id;
    for _ in 0..24 {
        is(&buyer.cancel(&buyer.create()), 200, "");
    }
    let last = buyer.create();
    let told = buyer.at(0, "GET", &format!("/v1/intents?account_id={}", buyer.id), None).json();
    let listed = told["data"].as_array().expect("a list");
    let states: Vec<String> = listed.iter().map(|intent| text(intent, "state")).collect();
    assert_eq!((text(&listed[0], "id"), text(listed.last().expect("one"), "id")), (last.id, open.id));
    assert_eq!((states.len(), states.iter().filter(|state| *state == "cancelled").count()), (22, 20));
    let path = format!("/v1/intents?account_id={}", buyer.id);
    assert_eq!(&servers[0].every_page(&format!("{path}&limit=5")), listed, "page by page");
    let pending = servers[0].every_page(&format!("{path}&state=pending&limit=1"));
    assert_eq!(pending, [listed[0].clone(), listed[21].clone()]);
    assert_eq!(servers[0].every_page(&format!("{path}&state=cancelled&limit=3")), listed[1..21]);
    assert_eq!(servers[0].every_page(&format!("{path}&state=consumed")), [Value::Null; 0]);
    is(&buyer.at(0, "GET", &format!("{path}&state=open"), None), 422, "invalid_parameter");
    is(
        &buyer.at(0, "GET", &format!("{path}&after={}", servers[0].says("/account/id")), None),
        422,
        "invalid_parameter",
    );
    is(&buyer.at(0, "GET", &format!("{path}&after={forgotten}"), None), 404, "not_found");
    for _ in 0..98 {
        buyer.create();
    }
    let full = buyer.ask_for(&json!({}));
    is(&full, 429, "rate_limited");
    assert!(full.headers["retry-after"].parse::<u32>().expect("seconds") <= 300);
}
