//! The native API end to end: what codes cost, changed SIMs, and other mobile numbers.

use serde_json::{Value, json};

use crate::server::Server;
use crate::wire_native_errors::assert_problem;

/// An account with that number.
pub(crate) fn reachable(server: &Server, mobile: &str) -> String {
    let made = server.native("POST", "/v1/accounts", Some(&json!({ "mobiles": [mobile] })));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// Asks for a code; the status, and when to come again.
pub(crate) fn issue(server: &Server, id: &str, purpose: &str) -> (u16, Option<u64>) {
    let path = format!("/v1/accounts/{id}/codes");
    let answer = server.native("POST", &path, Some(&json!({ "purpose": purpose })));
    if answer.status != 202 {
        assert_problem(&answer, 429, "rate_limited");
    }
    (answer.status, answer.json()["retry_after_s"].as_u64())
}

fn find(server: &Server, mobile: &str) -> Vec<Value> {
    let found = server.native("GET", &format!("/v1/accounts?mobile={mobile}"), None).json();
    let ids = found["data"].as_array().expect("a list").iter().map(|account| account["id"].clone());
    ids.collect()
}

#[test]
fn a_storm_to_one_prefix_stops_at_its_cap_and_others_flow() {
    let caps = [
        ("COUNTERSIGN_POLICY__SPEND__PRICES", "+961 0.25"),
        ("COUNTERSIGN_POLICY__SPEND__PREFIX_CAPS", "+961 1 1"),
    ];
    let server = Server::start_with(&caps);
    for n in 0..6 {
        let account = reachable(&server, &format!("+961 7012 000{n}"));
        let (status, retry) = issue(&server, &account, "payment_reset");
        let expected = if n < 4 { 202 } else { 429 };
        assert_eq!(status, expected, "{n}");
        assert!(n < 4 || retry.is_some_and(|retry| (86_000..=86_700).contains(&retry)), "{retry:?}");
    }
    assert_eq!(issue(&server, &reachable(&server, "13812345678"), "payment_reset").0, 202);
    assert_eq!(issue(&server, &reachable(&server, "+870773111111"), "payment_reset").0, 429);
    assert_eq!(server.metric("countersign_code_spend_total", &[("prefix", "+961")]), 1_000_000);
    let stopped =
        |prefix, why| server.metric("countersign_code_stopped_total", &[("prefix", prefix), ("why", why)]);
    assert_eq!((stopped("+961", "prefix_cap"), stopped("+870", "not_allowed")), (2, 1));
    // A restart forgets nothing of it.
    let again = Server::start_on(server.kill(), &caps);
    assert_eq!(issue(&again, &reachable(&again, "+961 7012 0009"), "payment_reset").0, 429);
}

#[test]
fn under_dev_codes_cost_nothing_and_may_be_left_alone() {
    let server = Server::start();
    for n in 0..60 {
        let account = reachable(&server, &format!("1381235{n:04}"));
        assert_eq!(issue(&server, &account, "payment_reset").0, 202);
    }
    assert_eq!(server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 900 }))).status, 200);
    for n in 0..2 {
        let account = reachable(&server, &format!("1381236{n:04}"));
        assert_eq!(issue(&server, &account, "payment_reset").0, 202);
    }
    assert_eq!(server.metric("countersign_code_spend_total", &[("prefix", "+86")]), 0);
}

#[test]
fn a_number_with_a_new_sim_gets_no_code_until_the_wait_is_over() {
    let server = Server::start();
    let account = reachable(&server, "+86 138 1234 5678");
    let path = format!("/v1/accounts/{account}/sim-changes");
    let change = json!({ "mobile": "13812345678", "changed_at": "2026-01-01T00:00:00+08:00" });
    let noted = server.native("POST", &path, Some(&change));
    assert_eq!((noted.status, &noted.json()["codes_from"]), (200, &Value::Null), "that was long ago");
    assert_eq!(noted.json()["changed_at"], "2025-12-31T16:00:00.000Z");
    assert_eq!(issue(&server, &account, "payment_reset").0, 202);
    // A time that is to come counts as now.
    let change = json!({ "mobile": "13812345678", "changed_at": "2099-01-01T00:00:00Z" });
    let noted = server.native("POST", &path, Some(&change));
    assert_eq!((noted.status, &noted.json()["mobile_masked"]), (200, &json!("138****5678")));
    assert!(noted.json()["codes_from"].is_string(), "{}", noted.text());
    let (status, retry) = issue(&server, &account, "login_reset");
    assert!(status == 429 && retry.is_some_and(|retry| (259_100..=259_200).contains(&retry)), "{retry:?}");
    let wait = json!({ "advance_s": 259_200 });
    assert_eq!(server.native("POST", "/v1/dev/clock", Some(&wait)).status, 200);
    assert_eq!(issue(&server, &account, "login_reset").0, 202);
    let other = json!({ "mobile": "13900000001", "changed_at": "2026-01-01T00:00:00Z" });
    assert_problem(&server.native("POST", &path, Some(&other)), 422, "invalid_parameter");
    let nobody = "/v1/accounts/acct_51m6gt38d1m6gt38d1m6gt38d1/sim-changes";
    assert_problem(&server.native("POST", nobody, Some(&change)), 404, "not_found");
}

#[test]
fn an_account_is_found_by_the_numbers_that_it_has() {
    let server = Server::start();
    let account = reachable(&server, "13812349001");
    let path = format!("/v1/accounts/{account}/mobiles");
    let replaced = json!({ "mobiles": ["13812349002", "+1 415 555 0199"] });
    let answer = server.native("PUT", &path, Some(&replaced));
    assert_eq!((answer.status, &answer.json()["mobiles"]), (200, &json!(["138****9002", "141****0199"])));
    let id = Value::from(account.as_str());
    for (mobile, found) in
        [("13812349001", vec![]), ("13812349002", vec![id.clone()]), ("14155550199", vec![id.clone()])]
    {
        assert_eq!(find(&server, mobile), found, "{mobile}");
    }
    let page = server.native("GET", &format!("/v1/events?account_id={account}"), None).json();
    let told: Vec<&str> =
        page["data"].as_array().expect("a list").iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(told, ["hold_begun", "mobiles_changed", "account_created"]);
    let again = Server::start_on(server.kill(), &[]);
    assert_eq!(again.native("PUT", &path, Some(&json!({ "mobiles": [] }))).status, 200);
    assert_eq!(find(&again, "13812349002"), Vec::<Value>::new());
    assert_eq!(again.native("DELETE", &format!("/v1/accounts/{account}"), None).status, 204);
}
