//! Sessions of a real OpenID provider, end to end: its tokens serve wherever one of ours does, and nothing that only looks
//! like one does.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::oidc_issuer::{AUDIENCE, Issuer};
use crate::server::Server;

const SECRET: &str = "its-payment";

/// A server that trusts this provider, with the account of `u-1`.
fn trusting(issuer: &Issuer, more: &[(&str, &str)]) -> Server {
    let mut settings = vec![
        ("COUNTERSIGN_OIDC__ISSUER", issuer.name.as_str()),
        ("COUNTERSIGN_OIDC__AUDIENCE", AUDIENCE),
        ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__NOT_LOGGED_IN_STATUS", "401"),
    ];
    settings.extend_from_slice(more);
    let server = Server::start_with(&settings);
    account(&server, "u-1");
    server
}

fn account(server: &Server, user_id: &str) -> String {
    let body = json!({"user_id": user_id, "secrets": {"payment": SECRET}});
    let made = server.native("POST", "/v1/accounts", Some(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// A call with a token as bearer.
fn by(server: &Server, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    by_with(server, token, method, path, body, &[])
}

fn by_with(
    server: &Server,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
    more: &[(&str, &str)],
) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
    headers.extend_from_slice(more);
    let body = body.map(Value::to_string).unwrap_or_default();
    server.http.send(method, path, &headers, body.as_bytes())
}

const PASS: &str = "/auth/user/bind/currency-pass";

fn pass(server: &Server, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    by(server, token, method, &format!("{PASS}{path}"), body)
}

/// Waits until the provider's keys are there: `status` is what a good token is answered with.
fn settled(server: &Server, token: &str) -> Answer {
    loop {
        let answer = pass(server, token, "GET", "/settings/status", None);
        if answer.status != 503 {
            return answer;
        }
    }
}

/// Asks for its health until it has logged that.
fn until_logged(server: &Server, words: &str) {
    while !server.log().contains(words) {
        assert_eq!(server.admin.send("GET", "/livez", &[], b"").status, 200);
    }
}

fn oas(server: &Server, token: &str, new: &str, old: Option<&str>) -> Answer {
    let mut body = json!({"withdrawPassword": BASE64.encode(new.as_bytes())});
    if let Some(old) = old {
        body["withdrawPasswordOrg"] = BASE64.encode(old.as_bytes()).into();
    }
    let headers = [("token", token), ("content-type", "application/json")];
    server.http.send("POST", "/oascchapi/usr/withdrawPassword", &headers, body.to_string().as_bytes())
}

fn code(answer: &Answer) -> (u16, u64) {
    (answer.status, answer.json()["exceptionCode"].as_u64().expect("a code"))
}

#[test]
fn a_provider_s_token_serves_where_ours_does_and_each_session_has_its_window() {
    let mut issuer = Issuer::start();
    let server = trusting(&issuer, &[]);
    let one = issuer.login("u-1", "s-1", &json!({}));
    let other = issuer.login("u-1", "s-2", &json!({}));
    assert_eq!(settled(&server, &one).status, 200);
    assert_eq!(pass(&server, &one, "GET", "/settings/3", None).text(), "successDay");
    let secret = json!({ "pass": SECRET });
    assert_eq!(pass(&server, &one, "POST", "/verify", Some(&secret)).text(), "true");
    let window = |token: &str| pass(&server, token, "GET", "/verify-by-status", None).text();
    assert_eq!((window(&one).as_str(), window(&other).as_str()), ("true", "false"));
    let fresh = issuer.login("u-1", "s-1", &json!({}));
    assert_eq!(window(&fresh), "true", "the same session, by a later token");
    // The other dialect, by the same session.
    assert_eq!(code(&oas(&server, &one, "another-one", Some(SECRET))), (200, 0));
    assert_eq!(window(&one), "false", "the secret that opened it is another now");
    assert_eq!(code(&oas(&server, &one, "whatever-it-is", Some("wrong-one"))), (411, 0));
    // Ended here, whatever the provider thinks.
    assert_eq!(by(&server, &one, "DELETE", "/v1/sessions/current", None).status, 204);
    assert_eq!(code(&oas(&server, &fresh, "whatever-it-is", None)), (408, 90005), "each of its tokens");
    assert_eq!(by(&server, &one, "DELETE", "/v1/sessions/current", None).status, 401);
    assert_eq!(pass(&server, &other, "GET", "/settings/status", None).status, 200);
    let trail = server.native("GET", "/v1/events?limit=100", None).json();
    let ended =
        trail["data"].as_array().expect("events").iter().find(|event| event["type"] == "session_ended");
    let ended = ended.expect("an event");
    assert_eq!(ended["actor"]["kind"], "session", "{ended}");
    assert!(!server.log().contains(one.split('.').nth(1).expect("claims")), "no token is in the log");
}

#[test]
fn nothing_that_only_looks_like_a_token_proves_anything() {
    let mut issuer = Issuer::start();
    // So that a token which is too long is read by us, and not by whoever reads heads.
    let server = trusting(&issuer, &[("COUNTERSIGN_SERVER__MAX_HEADER_BYTES", "65536")]);
    let good = issuer.login("u-1", "s-1", &json!({}));
    assert_eq!(settled(&server, &good).status, 200);
    let claims = issuer.claims(&json!({}));
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = issuer.sign(&claims, "at+jwt", algorithm);
        assert_eq!(pass(&server, &token, "GET", "/settings/status", None).status, 200, "{algorithm}");
    }
    let mut bad: Vec<(String, String)> = Vec::new();
    for how in ["none", "hs256", "stranger", "own_key"] {
        bad.push((how.to_owned(), issuer.forge(how)));
    }
    for typ in ["JWT", "logout+jwt", "receipt+jwt", ""] {
        bad.push((format!("typ {typ}"), issuer.sign(&claims, typ, "RS256")));
    }
    let now = claims["iat"].as_u64().expect("a second");
    for changes in [
        json!({"iss": "http://127.0.0.1:1"}),
        json!({"aud": "urn:example:other"}),
        json!({"aud": [AUDIENCE, "urn:example:other"], "client_id": null}),
        json!({"nbf": now + 3600}),
        json!({"iat": now + 3600, "exp": now + 7200}),
        json!({"sub": "nobody"}),
        json!({"sub": null}),
        json!({"exp": "never"}),
        json!({"filling": "x".repeat(20_000)}),
    ] {
        let changed = issuer.claims(&changes);
        let what: String = changes.to_string().chars().take(60).collect();
        bad.push((what, issuer.sign(&changed, "at+jwt", "ES256")));
    }
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
    bad.push(("another signature".to_owned(), format!("{signed}.{flipped}{}", &signature[1..])));
    let other = issuer.sign(&issuer.claims(&json!({"sub": "u-2"})), "at+jwt", "RS256");
    let payload = other.split('.').nth(1).expect("claims");
    let header = good.split('.').next().expect("a header");
    bad.push(("another's claims".to_owned(), format!("{header}.{payload}.{signature}")));
    bad.push(("no signature".to_owned(), format!("{signed}.")));
    bad.push(("dots".to_owned(), "..".to_owned()));
    for (what, token) in bad {
        let answer = oas(&server, &token, "whatever-it-is", None);
        assert_eq!(code(&answer), (408, 90005), "{what}");
        let answer = pass(&server, &token, "GET", "/settings/status", None);
        assert_eq!(answer.status, 401, "{what}");
    }
    let expired = issuer.claims(&json!({"iat": now - 600, "exp": now - 61}));
    let expired = issuer.sign(&expired, "at+jwt", "RS256");
    assert_eq!(code(&oas(&server, &expired, "whatever-it-is", None)), (408, 90003), "true once");
    assert_eq!(server.comparisons("payment"), 0);
}

#[test]
fn keys_are_fetched_again_kept_while_the_provider_is_away_and_never_trusted_elsewhere() {
    let mut issuer = Issuer::start();
    let server = trusting(&issuer, &[]);
    let before = issuer.login("u-1", "s-1", &json!({}));
    assert_eq!(settled(&server, &before).status, 200);
    issuer.go("rotate");
    let after = issuer.login("u-1", "s-1", &json!({}));
    let mut answer = pass(&server, &after, "GET", "/settings/status", None);
    while answer.status == 401 {
        answer = pass(&server, &after, "GET", "/settings/status", None);
    }
    assert_eq!(answer.status, 200, "a key that was not known was fetched");
    assert_eq!(
        pass(&server, &before, "GET", "/settings/status", None).status,
        401,
        "one that is gone is gone"
    );
    issuer.go("down");
    assert_eq!(pass(&server, &after, "GET", "/settings/status", None).status, 200, "known keys are kept");
    let folder = server.kill();
    let settings =
        [("COUNTERSIGN_OIDC__ISSUER", issuer.name.as_str()), ("COUNTERSIGN_OIDC__AUDIENCE", AUDIENCE)];
    let server = Server::start_on(folder, &settings);
    assert_eq!(pass(&server, &after, "GET", "/settings/status", None).status, 503, "nobody can tell");
    issuer.go("up");
    assert_eq!(settled(&server, &after).status, 200, "they are fetched as soon as it is there");
    for place in ["/large", "/elsewhere", "/nowhere"] {
        let url = format!("{}{place}", issuer.name);
        let server = trusting(&issuer, &[("COUNTERSIGN_OIDC__JWKS_URL", &url)]);
        until_logged(&server, "could not be fetched");
        assert_eq!(pass(&server, &after, "GET", "/settings/status", None).status, 503, "{place}");
    }
    let other = format!("{}/", issuer.name);
    let server = trusting(&issuer, &[("COUNTERSIGN_OIDC__ISSUER", &other)]);
    until_logged(&server, "names another issuer");
}

#[test]
fn a_person_approves_with_her_own_token_and_is_told_by_rfc_9470_what_is_missing() {
    let mut issuer = Issuer::start();
    let strict = [("COUNTERSIGN_OIDC__MAX_AGE_S", "300"), ("COUNTERSIGN_OIDC__ACR", "urn:strong")];
    let server = trusting(&issuer, &strict);
    let other = account(&server, "u-2");
    let found = server.native("GET", "/v1/accounts?user_id=u-1", None).json();
    let ann = found["data"][0]["id"].as_str().expect("an id").to_owned();
    let intent = |account: &str| {
        let body = json!({"account_id": account, "amount": "12.34", "currency": "EUR", "payee": "shop"});
        let made = server.native("POST", "/v1/intents", Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().expect("an id").to_owned()
    };
    let (hers, theirs) = (intent(&ann), intent(&other));
    let token = issuer.login("u-1", "s-1", &json!({"acr": "urn:strong"}));
    settled(&server, &token);
    let read = |id: &str| by(&server, &token, "GET", &format!("/v1/intents/{id}"), None);
    assert_eq!(read(&hers).json()["state"], "pending");
    assert_eq!(read(&theirs).status, 404, "another's is not there");
    let approve = |id: &str, body: &Value, more: &[(&str, &str)]| {
        by_with(&server, &token, "POST", &format!("/v1/intents/{id}/approve"), Some(body), more)
    };
    assert_eq!(approve(&theirs, &json!({"secret": SECRET}), &[]).status, 404);
    // What is missing: as a problem of ours, and as the standard says it.
    let ours = approve(&hers, &json!({}), &[]);
    assert_eq!((ours.status, ours.json()["code"].as_str()), (403, Some("secret_required")));
    let asked = approve(&hers, &json!({}), &[("prefer", "respond-async, Step-Up=\"rfc9470\"; x")]);
    assert_eq!(
        (asked.status, asked.json()["code"].as_str()),
        (401, Some("insufficient_user_authentication"))
    );
    assert_eq!(asked.json()["reason"], ours.json()["reason"]);
    let challenge = "Bearer error=\"insufficient_user_authentication\", error_description=\"The payment secret is needed \
        for this payment\", acr_values=\"urn:countersign:acr:secret\", max_age=\"0\"";
    assert_eq!(asked.headers["www-authenticate"], challenge);
    assert_eq!(asked.headers["preference-applied"], "step-up=rfc9470");
    // An idempotency key is heeded, and a person names no other address than the connection's.
    let wrong = json!({"secret": "wrong-one"});
    let headers = [("idempotency-key", "k-1"), ("countersign-client-address", "not an address")];
    let first = approve(&hers, &wrong, &headers);
    assert_eq!(
        (first.status, first.json()["remaining_attempts"].as_u64()),
        (403, Some(4)),
        "{}",
        first.text()
    );
    assert_eq!(approve(&hers, &wrong, &headers).text(), first.text());
    assert_eq!(server.comparisons("payment"), 1);
    let approved = approve(&hers, &json!({"secret": SECRET}), &[]);
    assert_eq!((approved.status, approved.json()["state"].as_str()), (200, Some("approved")));
    assert!(read(&hers).json()["receipt"].is_string());
    assert_eq!(
        by(&server, &token, "POST", &format!("/v1/intents/{hers}/consume"), Some(&json!({}))).status,
        401
    );
    // Who logged in too long ago, or not well enough, must do so again.
    let now = issuer.claims(&json!({}))["iat"].as_u64().expect("a second");
    for weak in [
        json!({"auth_time": now - 400}),
        json!({"auth_time": null}),
        json!({"acr": null}),
        json!({"acr": "urn:weak"}),
    ] {
        let claims = issuer.claims(&weak);
        let token = issuer.sign(&claims, "at+jwt", "ES256");
        let answer = by(&server, &token, "GET", &format!("/v1/intents/{hers}"), None);
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("insufficient_user_authentication")),
            "{weak}"
        );
        let challenge = &answer.headers["www-authenticate"];
        assert!(
            challenge.contains("acr_values=\"urn:strong\"") && challenge.contains("max_age=\"300\""),
            "{challenge}"
        );
        assert_eq!(code(&oas(&server, &token, "whatever-it-is", None)), (408, 90003), "{weak}");
    }
}

#[test]
fn a_token_of_ours_approves_too_and_where_no_provider_is_trusted_no_other_does() {
    let mut issuer = Issuer::start();
    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__NATIVE__STEP_UP", "rfc9470")]);
    let body = json!({"username": "ann", "user_id": "u-1", "secrets": {"login": "login-Passw0rd", "payment": SECRET}});
    let ann = server.native("POST", "/v1/accounts", Some(&body)).json();
    let login = json!({"username": "ann", "login": "login-Passw0rd"});
    let session = server.native("POST", "/v1/sessions", Some(&login)).json();
    let token = session["access_token"].as_str().expect("a token");
    let new = json!({"account_id": ann["id"], "amount": "1", "currency": "EUR", "payee": "shop"});
    let intent = server.native("POST", "/v1/intents", Some(&new)).json();
    let path = format!("/v1/intents/{}/approve", intent["id"].as_str().expect("an id"));
    let theirs = issuer.login("u-1", "s-1", &json!({}));
    assert_eq!(by(&server, &theirs, "POST", &path, Some(&json!({"secret": SECRET}))).status, 401);
    let asked = by(&server, token, "POST", &path, None);
    assert_eq!(
        (asked.status, asked.headers.get("preference-applied")),
        (401, None),
        "always, by the setting"
    );
    assert!(asked.headers["www-authenticate"].contains("insufficient_user_authentication"));
    assert_eq!(server.native("POST", &path, None).status, 401, "whoever asks");
    let approved = by(&server, token, "POST", &path, Some(&json!({"secret": SECRET})));
    assert_eq!(approved.json()["state"], "approved", "{}", approved.text());
}

#[test]
fn a_platform_ends_a_provider_s_session_by_the_id_that_the_trail_tells_and_its_account() {
    let mut issuer = Issuer::start();
    let server = trusting(&issuer, &[]);
    let token = issuer.login("u-1", "s-1", &json!({}));
    let other = issuer.login("u-1", "s-2", &json!({}));
    assert_eq!(settled(&server, &token).status, 200);
    assert_eq!(pass(&server, &token, "GET", "/settings/3", None).text(), "successDay");
    for token in [&token, &other] {
        assert_eq!(pass(&server, token, "POST", "/verify", Some(&json!({ "pass": SECRET }))).text(), "true");
    }
    let stranger = account(&server, "u-2");
    let account = server.native("GET", "/v1/accounts?user_id=u-1", None).json()["data"][0]["id"].clone();
    let account = account.as_str().expect("an id");
    let trail = server.events(account);
    let verified: Vec<&Value> = trail.iter().filter(|event| event["type"] == "secret_verified").collect();
    let session = verified[1]["actor"]["id"].as_str().expect("a session");
    let end = |query: &str| server.native("DELETE", &format!("/v1/sessions/{session}{query}"), None).status;
    assert_eq!(end(""), 404, "its name leads nowhere");
    assert_eq!(end("?account_id=acct_1"), 422);
    assert_eq!(
        end(&format!("?account_id={stranger}")),
        204,
        "it is not known to be no session of that account"
    );
    assert_eq!(
        pass(&server, &token, "GET", "/verify-by-status", None).text(),
        "true",
        "and nothing of hers ends"
    );
    assert_eq!((end(&format!("?account_id={account}")), end(&format!("?account_id={account}"))), (204, 404));
    let fresh = issuer.login("u-1", "s-1", &json!({}));
    for token in [&token, &fresh] {
        assert_eq!(pass(&server, token, "GET", "/settings/status", None).status, 401, "each of its tokens");
    }
    assert_eq!(pass(&server, &other, "GET", "/verify-by-status", None).text(), "true");
    let ended = &server.events(account)[0];
    assert_eq!((&ended["type"], &ended["session_id"]), (&json!("session_ended"), &json!(session)));
    assert_eq!(ended["actor"]["kind"], "app", "{ended}");
    // Where no provider is trusted there are no such sessions.
    let plain = Server::start();
    let path = format!("/v1/sessions/{session}?account_id={}", plain.says("/account/id"));
    assert_eq!(plain.native("DELETE", &path, None).status, 404);
}
