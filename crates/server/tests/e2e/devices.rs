//! Known devices from outside: the header, the cookie, and that a stranger does not lock the owner out.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::{LOGIN, Person};

const RIGHT: &str = "the-right-1";
const HEADER: &str = "countersign-device";
const NEW: [(&str, &str); 1] = [(HEADER, "new")];
const COOKIES: [(&str, &str); 2] =
    [("COUNTERSIGN_DIALECTS__CURRENCY_PASS__DEVICE_TOKEN", "cookie"), ("COUNTERSIGN_LOG", "trace")];

fn verify(person: &Person<'_>, secret: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    person.server.native_with("POST", &path, headers, &json!({ "secret": secret }))
}

fn token(answer: &Answer) -> Option<String> {
    answer.headers.get(HEADER).cloned()
}

/// Wrong guesses without a token until the account is locked.
fn lock_out(person: &Person<'_>) {
    for n in 0..5 {
        assert_eq!(verify(person, &format!("wrong-guess-{n}"), &NEW).status, 403);
    }
    assert_eq!(verify(person, RIGHT, &NEW).status, 423, "whoever has no token");
}

#[test]
fn the_header_brings_a_token_with_every_success_and_with_nothing_else() {
    let server = Server::start_with(&[("COUNTERSIGN_LOG", "trace")]);
    let person = Person::made(&server, "headed", &json!({ "payment": RIGHT }));
    assert_eq!(token(&verify(&person, "wrong-guess", &NEW)), None);
    assert_eq!(token(&verify(&person, RIGHT, &[])), None, "nobody asked");
    let login = |secret: &str| {
        let body = json!({ "username": person.username, "login": secret });
        server.native_with("POST", "/v1/sessions", &NEW, &body)
    };
    assert_eq!(token(&login("wrong-guess")), None);
    let of_login = token(&login(LOGIN)).expect("a token for the login secret");
    let change = format!("/v1/accounts/{}/secrets/payment/change", person.id);
    let changed = server.native_with("POST", &change, &NEW, &json!({ "old": RIGHT, "new": "the-next-1" }));
    let of_change = token(&changed).expect("a token for who changes");
    let of_verify = token(&verify(&person, "the-next-1", &NEW)).expect("a token for who verifies");
    let tokens = [of_login, of_change, of_verify];
    let again = token(&verify(&person, "the-next-1", &[(HEADER, &tokens[1])]));
    assert_eq!(again.as_ref(), Some(&tokens[1]), "a known device keeps its token");
    let made_known = || server.events(&person.id).iter().filter(|e| e["type"] == "device_remembered").count();
    assert_eq!(made_known(), 3);
    let (log, metrics) = (server.log(), server.admin.send("GET", "/metrics", &[], b"").text());
    assert!(log.contains("answered"), "it tells of the requests");
    let data = server.folder.path().join("data");
    let mut left_behind = vec![log.into_bytes(), metrics.into_bytes()];
    for entry in std::fs::read_dir(data).expect("the data folder") {
        left_behind.push(std::fs::read(entry.expect("an entry").path()).expect("its bytes"));
    }
    for token in &tokens {
        let text = token.as_bytes();
        let found = left_behind.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text));
        assert!(!found, "a token is in the log, the metrics or the data");
    }
}

#[test]
fn the_owner_goes_on_by_token_while_strangers_have_locked_the_account_also_after_a_restart() {
    let server = Server::start();
    let person = Person::made(&server, "owned", &json!({ "payment": RIGHT }));
    let owned = token(&verify(&person, RIGHT, &NEW)).expect("a token");
    let stolen_from_another = {
        let other = Person::made(&server, "other", &json!({ "payment": RIGHT }));
        token(&verify(&other, RIGHT, &NEW)).expect("a token")
    };
    lock_out(&person);
    let by_token = [(HEADER, owned.as_str())];
    assert_eq!(verify(&person, RIGHT, &by_token).status, 200);
    assert_eq!(verify(&person, RIGHT, &[(HEADER, &stolen_from_another)]).status, 423);
    assert_eq!(verify(&person, RIGHT, &NEW).status, 423, "the owner's success has given strangers nothing");
    let (id, folder) = (person.id.clone(), server.kill());
    let server = Server::start_on(folder, &[]);
    let path = format!("/v1/accounts/{id}/secrets/payment/verify");
    let guess = |headers: &[(&str, &str)], secret: &str| {
        server.native_with("POST", &path, headers, &json!({ "secret": secret }))
    };
    assert_eq!(guess(&NEW, RIGHT).status, 423);
    for left in (0..3).rev() {
        let missed = guess(&by_token, "wrong-guess");
        assert_eq!((missed.status, missed.json()["remaining_attempts"].as_u64()), (403, Some(left)));
    }
    let locked = guess(&by_token, RIGHT);
    assert_eq!((locked.status, &locked.json()["code"]), (423, &json!("secret_locked")));
    assert!(locked.headers.contains_key("retry-after"));
    server.advance(900);
    assert_eq!(guess(&by_token, RIGHT).status, 200);
}

#[test]
fn a_legacy_dialect_may_keep_the_token_in_a_cookie() {
    let server = Server::start_with(&COOKIES);
    let person = Person::made(&server, "baked", &json!({ "payment": RIGHT }));
    let verify_with = |secret: &str, cookie: Option<&str>| {
        let bearer = format!("Bearer {}", person.token);
        let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        headers.extend(cookie.map(|cookie| ("cookie", cookie)));
        let body: Value = json!({ "pass": secret });
        server.http.send(
            "POST",
            "/auth/user/bind/currency-pass/verify",
            &headers,
            body.to_string().as_bytes(),
        )
    };
    let wrong = verify_with("wrong-guess", None);
    assert_eq!((wrong.text().as_str(), wrong.headers.get("set-cookie")), ("false", None));
    let right = verify_with(RIGHT, None);
    assert_eq!(right.text(), "true");
    let set = &right.headers["set-cookie"];
    let (cookie, rules) = set.split_once("; ").expect("a cookie with rules");
    assert!(cookie.starts_with("__Host-countersign-device=csd_"), "{set}");
    for rule in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age="] {
        assert!(rules.contains(rule), "{set}");
    }
    lock_out(&person);
    assert_eq!(verify_with(RIGHT, None).status, 423);
    let among_others = format!("theme=dark; {cookie}; lang=zh");
    assert_eq!(verify_with(RIGHT, Some(&among_others)).text(), "true", "the owner's browser");
    let forged = format!("{}A", &cookie[..cookie.len() - 1]);
    let forged = if forged == cookie { format!("{}B", &cookie[..cookie.len() - 1]) } else { forged };
    assert_eq!(verify_with(RIGHT, Some(&forged)).status, 423);
    let token = cookie.split_once('=').expect("a value").1;
    assert!(!server.log().contains(token), "the cookie is in the log");
}
