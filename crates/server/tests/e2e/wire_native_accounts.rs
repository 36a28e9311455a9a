//! The native API end to end: accounts, their lists, sessions, the ask frequency, unlock and erasure.

use serde_json::{Value, json};

use crate::server::Server;
use crate::story::{LOGIN, Person};
use crate::wire_native_errors::assert_problem;

#[test]
fn an_account_is_created_and_found_by_every_identifier() {
    let server = Server::start();
    let appid = server.says("/spark/appid");
    let account = json!({
        "username": "whole", "user_id": "u-1", "agentid": 5_000_000_000_i64, "usercode": "7",
        "mobiles": ["+86 137-1234-5678"],
        "spark": { "appid": appid, "wallet_addr": "w-1", "user_id": "wu-1" },
        "secrets": { "login": LOGIN, "query": "query-1" },
    });
    let made = server.native("POST", "/v1/accounts", Some(&account));
    assert_eq!(made.status, 201, "{}", made.text());
    let shown = made.json();
    let id = shown["id"].as_str().expect("an id");
    assert!(id.starts_with("acct_"), "{id}");
    assert_eq!(made.headers["location"], format!("/v1/accounts/{id}"));
    assert_eq!((&shown["agentid"], &shown["usercode"]), (&json!(5_000_000_000_i64), &json!(7)));
    assert_eq!(shown["mobiles"], json!(["137****5678"]));
    assert_eq!(shown["spark"], json!({ "appid": appid, "wallet_addr": "w-1", "user_id": "wu-1" }));
    let unset =
        json!({ "state": "unset", "remaining_attempts": null, "locked_until": null, "expires_at": null });
    let active =
        json!({ "state": "active", "remaining_attempts": 5, "locked_until": null, "expires_at": null });
    assert_eq!(shown["secrets"], json!({ "login": active, "payment": unset, "query": active }));
    assert_eq!(shown["ask_frequency"], "every");
    assert_eq!(server.native("GET", &format!("/v1/accounts/{id}"), None).json(), shown);
    for query in [
        "username=whole",
        "user_id=u-1",
        "user_id=wu-1",
        "wallet_addr=w-1",
        "mobile=13712345678",
        "agentid=5000000000&usercode=7",
    ] {
        let found = server.native("GET", &format!("/v1/accounts?{query}"), None).json();
        assert_eq!(found, json!({ "data": [shown], "has_more": false, "next_cursor": null }), "{query}");
    }
    let none = server.native("GET", "/v1/accounts?username=nobody", None);
    assert_eq!((none.status, none.json()["data"].clone()), (200, json!([])));
    for query in ["username=a&user_id=b", "agentid=1", "usernam=a", "limit=0", "limit=201", "after=x"] {
        assert_problem(
            &server.native("GET", &format!("/v1/accounts?{query}"), None),
            422,
            "invalid_parameter",
        );
    }
}

#[test]
fn lists_are_given_in_parts_that_fit_together() {
    let server = Server::start();
    let person = Person::made(&server, "listed", &json!({ "payment": "payment-1" }));
    for n in 0..7 {
        let account = json!({ "username": format!("more-{n}") });
        assert_eq!(server.native("POST", "/v1/accounts", Some(&account)).status, 201);
        assert_eq!(
            server.native("POST", "/v1/apps", Some(&json!({ "name": "more", "kind": "hawk" }))).status,
            201
        );
        assert_eq!(person.native("payment/verify", &json!({ "secret": "payment-1" })).status, 200);
    }
    let events = format!("/v1/events?account_id={}&", person.id);
    for list in ["/v1/accounts?", "/v1/apps?", &events, "/v1/events?"] {
        let whole = server.every_page(&format!("{list}limit=200"));
        assert!(whole.len() >= 9, "{list}: {}", whole.len());
        assert_eq!(server.every_page(&format!("{list}limit=2")), whole, "{list}");
        let first = server.native("GET", &format!("{list}limit=2"), None).json();
        assert_eq!((&first["has_more"], &first["next_cursor"]), (&json!(true), &whole[1]["id"]), "{list}");
    }
    let times: Vec<String> = person.events().iter().map(|event| event["at"].to_string()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "the newest first");
}

#[test]
fn a_session_opens_with_the_login_secret_and_ends_in_two_ways() {
    let server = Server::start();
    let person = Person::made(&server, "logger", &json!({}));
    let open = |username: &str, login: &str, life: Value| {
        let body = json!({ "username": username, "login": login, "expires_in_s": life });
        server.native("POST", "/v1/sessions", Some(&body))
    };
    let mut told: Vec<Value> = Vec::new();
    for (username, login) in [("logger", "wrong-one"), ("nobody", "wrong-one"), ("demo-oas", "wrong-one")] {
        let mut body = assert_problem(&open(username, login, Value::Null), 403, "secret_incorrect");
        assert!(body.as_object_mut().expect("an object").remove("request_id").is_some());
        told.push(body);
    }
    assert!(told.iter().all(|body| body == &told[0] && body.get("remaining_attempts").is_none()), "{told:?}");
    for life in [json!(0), json!(2_592_001), json!(-1)] {
        assert_problem(&open("logger", LOGIN, life), 422, "invalid_parameter");
    }
    let session = open("logger", LOGIN, json!(60));
    assert_eq!(session.status, 201);
    let session = session.json();
    assert!(session["id"].as_str().is_some_and(|id| id.starts_with("ses_")), "{session}");
    assert_eq!((&session["hawk_id"], &session["account_id"]), (&session["id"], &json!(person.id)));
    assert!(session["session_key"].is_string() && session["expires_at"].is_string());
    let status = |token: &Value| {
        let bearer = format!("Bearer {}", token.as_str().expect("a token"));
        server
            .http
            .send("GET", "/auth/user/bind/currency-pass/settings/status", &[("authorization", &bearer)], b"")
            .status
    };
    let lasting = person.log_in(LOGIN);
    assert_eq!((status(&session["access_token"]), status(&lasting["access_token"])), (200, 200));
    server.advance(60);
    assert_eq!((status(&session["access_token"]), status(&lasting["access_token"])), (500, 200));
    let path = format!("/v1/sessions/{}", lasting["id"].as_str().expect("an id"));
    assert_eq!(server.native("DELETE", &path, None).status, 204);
    assert_problem(&server.native("DELETE", &path, None), 404, "not_found");
    assert_eq!(status(&lasting["access_token"]), 500);
    let bearer = format!("Bearer {}", person.token);
    let end = || server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], b"");
    assert_eq!(end().status, 204);
    assert_problem(&end(), 401, "unauthenticated");
}

#[test]
fn a_secret_is_set_verified_and_changed() {
    let server = Server::start();
    let person = Person::made(&server, "plain", &json!({}));
    let set = person.native("payment", &json!({ "secret": "资金密码 🔑" }));
    assert_eq!((set.status, set.json()), (201, json!({ "kind": "payment", "state": "active" })));
    let verified = person.native("payment/verify", &json!({ "secret": "资金密码 🔑" }));
    assert_eq!((verified.status, &verified.json()["verified"]), (200, &json!(true)));
    let change = person.native("payment/change", &json!({ "old": "资金密码 🔑", "new": "payment-2" }));
    assert_eq!((change.status, change.json()), (200, json!({ "kind": "payment", "state": "active" })));
    assert_eq!(person.is_payment_secret("payment-2"), [true; 3]);
    let login = person.native("login/verify", &json!({ "secret": LOGIN })).json();
    assert_eq!(
        login,
        json!({ "verified": true, "fresh_until": null, "hold_until": null }),
        "only the payment secret opens a window"
    );
}

#[test]
fn sixty_four_characters_are_taken_whole_and_the_last_of_them_counts() {
    let server = Server::start();
    // No two neighbours repeat or follow each other.
    for (name, first, of) in [("ascii", 0x21, 0x5E), ("beyond", 0x4E00, 0x5000)] {
        let at = |n: u32| char::from_u32(first + (n * n * 7 + n * 13) % of).expect("a character");
        let with_last = |n: u32| (0..63).chain([n]).map(at).collect::<String>();
        let person = Person::made(&server, name, &json!({ "payment": with_last(63) }));
        let verify = |secret: String| person.native("payment/verify", &json!({ "secret": secret }));
        for wrong in [with_last(64), (0..63).map(at).collect()] {
            assert_problem(&verify(wrong), 403, "secret_incorrect");
        }
        assert_eq!(verify(with_last(63)).status, 200, "{name}");
    }
}

#[test]
fn the_ask_frequency_is_read_and_chosen() {
    let server = Server::start();
    let person = Person::made(&server, "asked", &json!({ "payment": "payment-1" }));
    let path = format!("/v1/accounts/{}/ask-frequency", person.id);
    let read = || server.native("GET", &path, None).json();
    assert_eq!(read()["ask_frequency"], "hour", "after the first secret");
    for (choice, seconds) in [("day", json!(86_400)), ("hour", json!(3600)), ("every", Value::Null)] {
        let chosen = server.native("PUT", &path, Some(&json!({ "ask_frequency": choice }))).json();
        assert_eq!((&chosen["ask_frequency"], &chosen["remaining_s"]), (&json!(choice), &seconds));
        assert_eq!(
            (&chosen["window_open"], chosen["expires_at"].is_string()),
            (&json!(false), !seconds.is_null())
        );
    }
    let unknown = server.native("PUT", &path, Some(&json!({ "ask_frequency": "week" })));
    assert_problem(&unknown, 422, "invalid_parameter");
    assert_eq!(read()["ask_frequency"], "every");
}

#[test]
fn an_unlock_needs_a_reason_and_is_audited() {
    let server = Server::start();
    let person = Person::made(&server, "unlocked", &json!({ "payment": "payment-1" }));
    let path = format!("/v1/accounts/{}/unlock", person.id);
    for body in
        [json!({ "kind": "payment" }), json!({ "kind": "payment", "reason": " " }), json!({ "reason": "r" })]
    {
        assert_problem(&server.native("POST", &path, Some(&body)), 422, "invalid_parameter");
    }
    let unset = json!({ "kind": "query", "reason": "they called" });
    assert_problem(&server.native("POST", &path, Some(&unset)), 409, "secret_not_set");
    for _ in 0..5 {
        assert_eq!(person.native("payment/verify", &json!({ "secret": "wrong-one" })).status, 403);
    }
    let unlocked = server.native("POST", &path, Some(&json!({ "kind": "payment", "reason": "they called" })));
    assert_eq!((unlocked.status, &unlocked.json()["secrets"]["payment"]["state"]), (200, &json!("active")));
    let newest = person.events();
    assert_eq!((&newest[0]["type"], &newest[0]["cause"]), (&json!("hold_begun"), &json!("unlock")));
    assert_eq!(
        (&newest[1]["type"], &newest[1]["reason"]),
        (&json!("secret_unlocked"), &json!("they called"))
    );
    assert_eq!(newest[1]["actor"]["kind"], "app");
}

#[test]
fn erasure_leaves_nothing_but_a_trail_without_personal_data() {
    let server = Server::start();
    let person = Person::made(&server, "forgotten-name", &json!({ "payment": "payment-1" }));
    person.code("payment_reset");
    let path = format!("/v1/accounts/{}", person.id);
    let before = person.events().len();
    let erased = server.native("DELETE", &path, None);
    assert_eq!((erased.status, erased.body.len()), (204, 0));
    assert_problem(&server.native("GET", &path, None), 404, "not_found");
    assert_problem(&server.native("DELETE", &path, None), 404, "not_found");
    assert_problem(&person.native("payment/verify", &json!({ "secret": "payment-1" })), 404, "not_found");
    for query in ["username=forgotten-name", "mobile=13712345678", "wallet_addr=wallet-forgotten-name"] {
        assert_eq!(
            server.native("GET", &format!("/v1/accounts?{query}"), None).json()["data"],
            json!([]),
            "{query}"
        );
    }
    let login = json!({ "username": "forgotten-name", "login": LOGIN });
    assert_problem(&server.native("POST", "/v1/sessions", Some(&login)), 403, "secret_incorrect");
    assert_eq!(
        person.spark("validPayPassword", &[("payPassword", "payment-1")])["message"],
        "32038:密码不匹配"
    );
    let events = person.events();
    assert_eq!((events.len(), &events[0]["type"]), (before + 1, &json!("account_erased")));
    let trail = json!(events).to_string();
    for personal in ["forgotten-name", "13712345678", "5678"] {
        assert!(!trail.contains(personal), "{personal} is in the trail");
    }
    assert_ne!(Person::made(&server, "forgotten-name", &json!({})).id, person.id, "the names are free again");
}

#[test]
fn a_repeated_key_makes_one_account_and_shows_one_credential() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.says("/api_key"));
    let send = |method: &str, path: &str, key: &str, body: &Value| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        server.http.send(method, path, &headers, body.to_string().as_bytes())
    };
    let account = json!({ "secrets": { "query": "query-1" } });
    let id = send("POST", "/v1/accounts", "k-1", &account).json()["id"].clone();
    let payment = format!("/v1/accounts/{}/secrets/payment", id.as_str().expect("an id"));
    let rows = [
        ("POST", "/v1/accounts", "k-1", account, json!({})),
        (
            "POST",
            "/v1/apps",
            "k-2",
            json!({ "name": "one", "kind": "api" }),
            json!({ "name": "two", "kind": "api" }),
        ),
        ("PUT", payment.as_str(), "k-3", json!({ "secret": "payment-1" }), json!({ "secret": "payment-2" })),
    ];
    for (method, path, key, body, another) in rows {
        let answers = [(); 3].map(|()| send(method, path, key, &body));
        assert!(
            answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body),
            "{path}"
        );
        assert_eq!(answers[2].headers["idempotency-replayed"], "true", "{path}");
        assert_problem(&send(method, path, key, &another), 422, "idempotency_mismatch");
    }
    assert_problem(
        &send("PUT", &payment, "k-4", &json!({ "secret": "payment-1" })),
        409,
        "secret_already_set",
    );
    let endless = "k".repeat(256);
    for key in ["", "two words", &endless] {
        assert_problem(
            &send("POST", "/v1/apps", key, &json!({ "name": "x", "kind": "api" })),
            422,
            "invalid_parameter",
        );
    }
    let apps = server.every_page("/v1/apps?limit=200").iter().filter(|app| app["name"] == "one").count();
    assert_eq!(apps, 1);
    server.advance(86_400);
    let late = send("POST", "/v1/apps", "k-2", &json!({ "name": "one", "kind": "api" }));
    assert_eq!(
        (late.status, late.headers.get("idempotency-replayed")),
        (201, None),
        "a day later it is a new one"
    );
}
