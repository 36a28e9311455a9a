//! Every endpoint of every dialect, asked in every wrong way, with secrets in whatever is sent.

use serde_json::json;

use crate::client::{Answer, percent};
use crate::server::Server;
use crate::story::Person;

/// In place of every secret, code, key or cipher in a body.
const WRONG: &str = "canary-Wrong-3HyG-9sLq";
/// In place of every token, key or MAC that proves the caller.
const UNPROVEN: &str = "canary-Unproven-6TbN-2wEv";

/// How a caller proves itself.
#[derive(Clone, Copy)]
enum Proof {
    Key,
    Bearer,
    Token,
    Parameter,
    Hawk,
}

struct Endpoint {
    method: &'static str,
    path: String,
    proof: Proof,
    media_type: &'static str,
    body: String,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Gives all answers, each with its status, and names what they must not hold.
pub(super) fn spoil(server: &Server, canaries: &mut Vec<(String, String)>) -> Vec<(u16, String)> {
    canaries.push(("a wrong secret".to_owned(), WRONG.to_owned()));
    canaries.push(("a wrong proof".to_owned(), UNPROVEN.to_owned()));
    let person = Person::new(server);
    canaries.push(("the demo's access token".to_owned(), person.token.clone()));
    canaries.push(("the demo's accessToken".to_owned(), person.spark.clone()));
    let mut told = Vec::new();
    for endpoint in endpoints(server) {
        let body = endpoint.body.as_bytes();
        let half = &body[..body.len().saturating_sub(2)];
        let not_utf8 = [half, b"\xff\"}".as_slice()].concat();
        let too_large = [body, vec![b' '; 1024 * 1024 + 1].as_slice()].concat();
        let query = format!("?{}", percent(&endpoint.body));
        let right = proof(&person, endpoint.proof, None);
        let wrong = proof(&person, endpoint.proof, Some(UNPROVEN));
        let ways: [(&str, &Proven, &str, &[u8]); 7] = [
            ("", &right, endpoint.media_type, body),
            ("", &wrong, endpoint.media_type, body),
            ("", &right, endpoint.media_type, half),
            ("", &right, endpoint.media_type, &not_utf8),
            ("", &right, "text/plain", body),
            ("", &right, endpoint.media_type, &too_large),
            (&query, &right, endpoint.media_type, b""),
        ];
        for (query, proven, media_type, body) in ways {
            let answer = send(server, &endpoint, query, proven, media_type, body);
            told.push((
                answer.status,
                format!(
                    "{} {}: {} {:?} {}",
                    endpoint.method,
                    endpoint.path,
                    answer.status,
                    answer.headers,
                    answer.text()
                ),
            ));
        }
    }
    told
}

/// A header, and what stands in front of the parameters.
type Proven = (Option<(&'static str, String)>, String);

fn proof(person: &Person<'_>, proof: Proof, instead: Option<&str>) -> Proven {
    let header = |name, text| (Some((name, text)), String::new());
    match proof {
        Proof::Key => {
            header("authorization", format!("Bearer {}", instead.unwrap_or(person.server.says("/api_key"))))
        }
        Proof::Bearer => header("authorization", format!("Bearer {}", instead.unwrap_or(&person.token))),
        Proof::Token => header("token", instead.unwrap_or(&person.token).to_owned()),
        Proof::Parameter => (None, format!("accessToken={}", instead.unwrap_or(&person.spark))),
        Proof::Hawk => {
            let (id, mac) = (person.server.says("/hawk/id"), instead.unwrap_or("bWFj"));
            let text = format!("Hawk id=\"{id}\", ts=\"1\", nonce=\"{mac}\", hash=\"{mac}\", mac=\"{mac}\"");
            header("authorization", text)
        }
    }
}

fn send(
    server: &Server,
    endpoint: &Endpoint,
    query: &str,
    (header, parameters): &Proven,
    media_type: &str,
    body: &[u8],
) -> Answer {
    let mut headers = vec![("content-type", media_type)];
    headers.extend(header.as_ref().map(|(name, value)| (*name, value.as_str())));
    let joint = if query.is_empty() { "?" } else { "&" };
    let query = if parameters.is_empty() { query.to_owned() } else { format!("{query}{joint}{parameters}") };
    // A GET has no body; what it would hold goes into the query instead.
    let (query, body) = match (endpoint.method, query.is_empty()) {
        ("GET", true) => (format!("?{}", endpoint.body), &b""[..]),
        ("GET", false) => (format!("{query}&{}", endpoint.body), &b""[..]),
        _ => (query, body),
    };
    server.http.send(endpoint.method, &format!("{}{query}", endpoint.path), &headers, body)
}

fn endpoints(server: &Server) -> Vec<Endpoint> {
    let mut all = native(server);
    let json = |method, path: &str, proof, body: serde_json::Value| Endpoint {
        method,
        path: path.to_owned(),
        proof,
        media_type: JSON,
        body: body.to_string(),
    };
    let pass = "/auth/user/bind/currency-pass";
    all.extend([
        json("POST", "/oascchapi/usr/withdrawPassword", Proof::Token, json!({ "withdrawPassword": WRONG, "withdrawPasswordOrg": WRONG })),
        json("POST", pass, Proof::Bearer, json!({ "pass": WRONG })),
        json("PUT", &format!("{pass}/change"), Proof::Bearer, json!({ "oldPass": WRONG, "newPass": WRONG })),
        json("POST", &format!("{pass}/verify"), Proof::Bearer, json!({ "pass": WRONG })),
        json("GET", &format!("{pass}/settings/status"), Proof::Bearer, json!("")),
        json("GET", &format!("{pass}/settings/2"), Proof::Bearer, json!("")),
        json("GET", &format!("{pass}/verify-by-status"), Proof::Bearer, json!("")),
        json(
            "POST",
            "/api/WebInterface/Agent/ChangePayPassword",
            Proof::Hawk,
            json!({ "username": "watched", "mobile": "18926374051", "verifycode": WRONG, "newpassword": WRONG }),
        ),
        json(
            "POST",
            "/api/Agent/Ent/Password/ResetPwd",
            Proof::Hawk,
            json!({ "agentid": 77, "usercode": 78, "verifycode": WRONG, "newpwd": WRONG }),
        ),
    ]);
    // JSON in the query of a GET is no request target; it is sent as an empty parameter.
    for endpoint in all.iter_mut().filter(|endpoint| endpoint.method == "GET") {
        endpoint.body = format!("pass={WRONG}");
    }
    let spark = [
        ("validPassword", "password"),
        ("modifyPassword", "oldPassword"),
        ("validPayPassword", "payPassword"),
        ("updatePayPassword", "oldPayPassword"),
        ("setPayPassword", "password"),
        ("resetPassword", "unknown"),
        ("resetPayPassword", "unknown"),
    ];
    for (call, member) in spark {
        for method in ["GET", "POST"] {
            // No wallet of that name, so that a reset makes no secret that would have to be looked for.
            let body = format!(
                "walletAddr=nobodys&{member}={WRONG}&newPassword={WRONG}&newPayPassword={WRONG}&payPassword={WRONG}"
            );
            let body = if member == "payPassword" {
                format!("walletAddr=nobodys&payPassword={WRONG}")
            } else {
                body
            };
            let path = format!("/v1/wallet/{call}");
            all.push(Endpoint { method, path, proof: Proof::Parameter, media_type: FORM, body });
        }
    }
    let body = format!("appid={UNPROVEN}&appsecret={WRONG}");
    for method in ["GET", "POST"] {
        let path = "/v1/app/access".to_owned();
        all.push(Endpoint { method, path, proof: Proof::Parameter, media_type: FORM, body: body.clone() });
    }
    all
}

fn native(server: &Server) -> Vec<Endpoint> {
    let account = format!("/v1/accounts/{}", server.says("/account/id"));
    let of = |path: &str| format!("{account}{path}");
    let rows = [
        (
            "POST",
            "/v1/accounts".to_owned(),
            json!({ "mobiles": [WRONG], "secrets": { "payment": WRONG, "pin": WRONG } }),
        ),
        ("GET", "/v1/accounts".to_owned(), json!({})),
        ("GET", account.clone(), json!({})),
        ("DELETE", "/v1/accounts/acct_0".to_owned(), json!({ "secret": WRONG })),
        ("PUT", of("/secrets/login"), json!({ "secret": WRONG })),
        ("POST", of("/secrets/login/change"), json!({ "old": WRONG, "new": WRONG })),
        ("POST", of("/secrets/login/change"), json!({ "old": WRONG, "new": "canary-Wrong-3HyG" })),
        ("POST", of("/secrets/login/verify"), json!({ "secret": WRONG })),
        ("POST", of("/secrets/login/reset"), json!({ "code": WRONG, "new": WRONG })),
        ("POST", of("/unlock"), json!({ "kind": WRONG, "reason": "" })),
        ("PUT", of("/ask-frequency"), json!({ "ask_frequency": WRONG })),
        ("POST", of("/codes"), json!({ "purpose": WRONG, "mobile": WRONG })),
        ("POST", "/v1/sessions".to_owned(), json!({ "username": "watched", "login": WRONG })),
        ("DELETE", "/v1/sessions/current".to_owned(), json!({ "token": WRONG })),
        ("POST", "/v1/apps".to_owned(), json!({ "name": "watched", "kind": WRONG, "scopes": [WRONG] })),
        ("GET", "/v1/apps".to_owned(), json!({})),
        ("GET", "/v1/events".to_owned(), json!({})),
        ("POST", "/v1/dev/clock".to_owned(), json!({ "advance_s": WRONG })),
        ("POST", "/v1/nothing-like-this".to_owned(), json!({ "secret": WRONG })),
        ("PATCH", account.clone(), json!({ "secret": WRONG })),
    ];
    let endpoint = |(method, path, body): (&'static str, String, serde_json::Value)| Endpoint {
        method,
        path,
        proof: Proof::Key,
        media_type: JSON,
        body: body.to_string(),
    };
    rows.into_iter().map(endpoint).collect()
}
