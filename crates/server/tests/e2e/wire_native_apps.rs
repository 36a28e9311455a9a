//! The native API end to end: apps, their credentials and their scopes.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::wire_native_errors::assert_problem;

/// Each scope with a call that needs it, for an account that is not there.
const CALLS: [(&str, &str, &str); 16] = [
    ("accounts:read", "GET", "/v1/accounts"),
    ("accounts:read", "GET", "/v1/accounts/acct_0"),
    ("accounts:read", "GET", "/v1/accounts/acct_0/ask-frequency"),
    ("accounts:write", "POST", "/v1/accounts"),
    ("accounts:write", "DELETE", "/v1/accounts/acct_0"),
    ("accounts:write", "POST", "/v1/accounts/acct_0/unlock"),
    ("accounts:write", "PUT", "/v1/accounts/acct_0/ask-frequency"),
    ("secrets:verify", "POST", "/v1/accounts/acct_0/secrets/payment/verify"),
    ("secrets:write", "PUT", "/v1/accounts/acct_0/secrets/payment"),
    ("secrets:write", "POST", "/v1/accounts/acct_0/secrets/payment/change"),
    ("secrets:write", "POST", "/v1/accounts/acct_0/secrets/payment/reset"),
    ("secrets:write", "POST", "/v1/accounts/acct_0/secrets/payment/disable"),
    ("sessions:write", "POST", "/v1/sessions"),
    ("codes:write", "POST", "/v1/accounts/acct_0/codes"),
    ("events:read", "GET", "/v1/events"),
    ("apps:write", "GET", "/v1/apps"),
];

const SCOPES: [&str; 9] = [
    "accounts:read",
    "accounts:write",
    "secrets:verify",
    "secrets:write",
    "sessions:write",
    "codes:write",
    "intents:write",
    "events:read",
    "apps:write",
];

fn created(server: &Server, body: &Value) -> Value {
    let answer = server.native("POST", "/v1/apps", Some(body));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn call(server: &Server, key: &str, method: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body: &[u8] = if matches!(method, "GET" | "DELETE") { b"" } else { b"{}" };
    server.http.send(method, path, &headers, body)
}

#[test]
fn a_scope_opens_its_calls_and_no_other() {
    let server = Server::start();
    for scope in SCOPES {
        let app = created(&server, &json!({ "name": scope, "kind": "api", "scopes": [scope] }));
        let key = app["api_key"].as_str().expect("a key");
        for (needed, method, path) in CALLS {
            let answer = call(&server, key, method, path);
            if needed == scope {
                assert!(!matches!(answer.status, 401 | 403), "{scope}: {method} {path} {}", answer.text());
            } else {
                let problem = assert_problem(&answer, 403, "forbidden");
                assert!(
                    problem["detail"].as_str().is_some_and(|detail| detail.contains(needed)),
                    "{problem}"
                );
            }
        }
    }
}

#[test]
fn without_scopes_an_app_has_all_but_apps_write_and_with_an_empty_list_none() {
    let server = Server::start();
    let usual = created(&server, &json!({ "name": "usual", "kind": "api" }));
    assert_eq!(usual["scopes"], json!(SCOPES[..8]));
    let none = created(&server, &json!({ "name": "none", "kind": "api", "scopes": [] }));
    assert_eq!(none["scopes"], json!([]));
    for (needed, method, path) in CALLS {
        let forbidden =
            |app: &Value| call(&server, app["api_key"].as_str().expect("a key"), method, path).status == 403;
        assert_eq!((forbidden(&usual), forbidden(&none)), (needed == "apps:write", true), "{method} {path}");
    }
}

#[test]
fn no_app_gives_what_it_lacks_and_none_gives_what_ends_holds() {
    let server = Server::start();
    let maker = created(
        &server,
        &json!({ "name": "maker", "kind": "api", "scopes": ["apps:write", "accounts:read"] }),
    );
    let key = maker["api_key"].as_str().expect("a key");
    let make = |key: &str, scopes: &Value| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({ "name": "made", "kind": "api", "scopes": scopes }).to_string();
        server.http.send("POST", "/v1/apps", &headers, body.as_bytes())
    };
    assert_eq!(make(key, &json!(["accounts:read", "apps:write"])).status, 201);
    let refused = assert_problem(&make(key, &json!(["accounts:write"])), 403, "forbidden");
    assert_eq!(refused["detail"], "This key lacks the scope accounts:write.");
    assert_problem(&make(key, &Value::Null), 403, "forbidden");
    let operators = server.operators_key("all", "all");
    for key in [server.says("/api_key"), key, &operators] {
        let refused = assert_problem(&make(key, &json!(["holds:write"])), 403, "forbidden");
        assert!(
            refused["detail"].as_str().is_some_and(|detail| detail.contains("countersign apps create")),
            "{refused}"
        );
    }
}

#[test]
fn a_credential_is_shown_once_and_worth_nothing_after_its_app_is_gone() {
    let server = Server::start();
    let kinds = [
        ("api", vec!["api_key"]),
        ("spark", vec!["appid", "appsecret"]),
        ("hawk", vec!["hawk_id", "hawk_key"]),
    ];
    for (kind, shown) in kinds {
        let app = created(&server, &json!({ "name": format!("the {kind} one"), "kind": kind }));
        let id = app["id"].as_str().expect("an id");
        assert!(id.starts_with("app_"), "{id}");
        assert!(shown.iter().all(|member| app[member].is_string()), "{app}");
        let listed = server.every_page("/v1/apps?limit=200").into_iter().find(|listed| listed["id"] == id);
        let listed = listed.expect("it is listed");
        assert_eq!((&listed["name"], &listed["kind"]), (&json!(format!("the {kind} one")), &json!(kind)));
        for credential in ["api_key", "appsecret", "hawk_key"] {
            assert!(listed.get(credential).is_none(), "{listed}");
        }
        let delete = || server.native("DELETE", &format!("/v1/apps/{id}"), None);
        let alive = || match kind {
            "api" => {
                call(&server, app["api_key"].as_str().expect("a key"), "GET", "/v1/accounts").status == 200
            }
            "spark" => {
                let members = ["appid", "appsecret"].map(|name| (name, app[name].as_str().expect("text")));
                server.http.form("/v1/app/access", &members).json()["success"] == true
            }
            _ => server.every_page("/v1/apps?limit=200").iter().any(|listed| listed["id"] == id),
        };
        assert!(alive(), "{kind}");
        assert_eq!(delete().status, 204);
        assert!(!alive(), "{kind}");
        assert_problem(&delete(), 404, "not_found");
    }
    for body in [
        json!({ "kind": "api" }),
        json!({ "name": "x", "kind": "pin" }),
        json!({ "name": "x", "kind": "api", "scopes": ["all"] }),
    ] {
        assert_problem(&server.native("POST", "/v1/apps", Some(&body)), 422, "invalid_parameter");
    }
}
