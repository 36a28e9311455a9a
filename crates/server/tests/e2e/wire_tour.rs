//! Document 001 and its page in WIRE.md, row by row, against the real program.

use serde_json::{Value, json};

use crate::aspnet::{BSON, FORM, JSON, NEGOTIATED, Typed, XML, bson, form, invalid, result, xml};
use crate::client::Answer;
use crate::legacy::{OLD, Person, TOUR, errcode};
use crate::server::Server;

const ROOT: &str = "NewPasswordWithVerifyCodeParm";
const NAMESPACE: &str = "Tour.V5.Parm.WebInterface";
pub(crate) const NOBODY: &str = "登录已失效，请重新登录";

type Write<'a> = &'a dyn Fn(&Value) -> Vec<u8>;

fn post(server: &Server, media: &str, body: &[u8]) -> Answer {
    server.http.send("POST", TOUR, &[("content-type", media)], body)
}

pub(crate) fn post_json(server: &Server, body: &Value) -> Answer {
    post(server, JSON, body.to_string().as_bytes())
}

/// The four members as pairs, in the order of the document.
fn pairs(body: &Value) -> [(&str, &str); 4] {
    ["newpassword", "verifycode", "mobile", "username"]
        .map(|name| (name, body[name].as_str().unwrap_or_default()))
}

pub(crate) fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

#[test]
fn a_secret_is_set_in_every_format_and_read_back() {
    let server = Server::start();
    let json = |body: &Value| body.to_string().into_bytes();
    let in_bson = |body: &Value| bson(&pairs(body).map(|(name, value)| (name, Typed::Text(value))));
    let reversed = |body: &Value| {
        let mut pairs = pairs(body);
        pairs.reverse();
        xml(NAMESPACE, ROOT, &pairs)
    };
    let utf16 = |body: &Value| -> Vec<u8> {
        [0xFEFF].into_iter().chain(body.to_string().encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let in_xml = |body: &Value| xml(NAMESPACE, ROOT, &pairs(body));
    let in_form = |body: &Value| form(&pairs(body));
    let formats: [(&str, Write<'_>); 9] = [
        ("application/json", &json),
        ("text/json; charset=utf-8", &json),
        ("application/json; charset=utf-16", &utf16),
        ("application/xml", &in_xml),
        ("text/xml", &in_xml),
        ("application/xml; charset=\"UTF-8\"", &reversed),
        ("application/x-www-form-urlencoded", &in_form),
        ("application/bson", &in_bson),
        ("Application/BSON", &in_bson),
    ];
    for (n, (media, write)) in formats.into_iter().enumerate() {
        let person = Person::new(&server);
        let new = format!("新支付密码-{n}");
        let answer = post(&server, media, &write(&person.tour(&new)));
        let name = media.split(';').next().map(str::to_ascii_lowercase).expect("a type");
        let answered = if name == FORM { JSON } else { name.as_str() };
        assert_eq!(answer.headers["content-type"], format!("{answered}; charset=utf-8"), "{media}");
        assert_eq!((answer.status, &answer.body), (200, &result(answered, 0, "")), "{media}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!((person.verify("payment", &new), person.verify("payment", OLD)), (200, 403), "{media}");
    }
}

#[test]
fn accept_decides_what_is_written_and_never_that_nothing_is() {
    let server = Server::start();
    let members =
        [("newpassword", "x"), ("verifycode", "1"), ("mobile", "1234"), ("username", "nobody-at-all")];
    for (accept, media, expected) in NEGOTIATED {
        let body = match media.rsplit('/').next() {
            Some("json") => json!({ "newpassword": "x", "verifycode": "1", "mobile": "1234", "username": "nobody-at-all" })
                .to_string()
                .into_bytes(),
            Some("xml") => xml(NAMESPACE, ROOT, &members),
            Some("bson") => bson(&members.map(|(name, value)| (name, Typed::Text(value)))),
            _ => form(&members),
        };
        let mut headers = vec![("content-type", media)];
        headers.extend((!accept.is_empty()).then_some(("accept", accept)));
        let answer = server.http.send("POST", TOUR, &headers, &body);
        assert_eq!(
            answer.headers["content-type"],
            format!("{expected}; charset=utf-8"),
            "{accept} | {media}"
        );
        assert_eq!((answer.status, &answer.body), (200, &result(expected, 4, NOBODY)), "{accept} | {media}");
        let invalid = server.http.send("POST", TOUR, &headers, b"\xFF");
        assert_eq!(invalid.status, 400, "{media}");
        assert_eq!(invalid.headers["content-type"], answer.headers["content-type"], "{accept} | {media}");
    }
}

#[test]
fn another_media_type_is_415_in_the_words_of_the_framework() {
    let server = Server::start();
    let quoted = |media: &str| {
        format!("The request entity's media type '{media}' is not supported for this resource.")
    };
    let rows = [
        ("text/plain", "text/plain"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("application/octet-stream", "application/octet-stream"),
        ("multipart/form-data; boundary=x", "multipart/form-data"),
        ("application/problem+json", "application/problem+json"),
        ("json", "json"),
    ];
    for (media, named) in rows {
        let answer = post(&server, media, b"{}");
        assert_eq!((answer.status, answer.json()), (415, json!({ "Message": quoted(named) })), "{media}");
        let headers = [("content-type", media), ("accept", XML)];
        let answer = server.http.send("POST", TOUR, &headers, b"{}");
        let expected = format!("<Error><Message>{}</Message></Error>", quoted(named));
        assert_eq!(answer.text(), expected, "{media}");
    }
}

#[test]
fn what_is_missing_or_too_long_is_400_with_its_model_state() {
    let server = Server::start();
    let whole = json!({ "newpassword": "n", "verifycode": "v", "mobile": "m", "username": "u" });
    let required = |name: &str| format!("The {name} field is required.");
    let too_long = |name: &str, most: usize| {
        format!("The field {name} must be a string or array type with a maximum length of '{most}'.")
    };
    let mut rows: Vec<(&str, Value, String)> = Vec::new();
    for (name, most) in [("newpassword", 64), ("verifycode", 6), ("mobile", 11), ("username", 30)] {
        rows.push((name, Value::Null, required(name)));
        rows.push((name, "".into(), required(name)));
        rows.push((name, "  ".into(), required(name)));
        rows.push((name, "x".repeat(most + 1).into(), too_long(name, most)));
        // Counted in UTF-16: half as many of these are as long.
        rows.push((name, "😀".repeat(most / 2 + 1).into(), too_long(name, most)));
    }
    for (name, value, error) in rows {
        let body = with(&whole, name, value);
        let key = format!("parm.{name}");
        let written: [(&str, Vec<u8>); 4] = [
            (JSON, body.to_string().into_bytes()),
            (XML, xml(NAMESPACE, ROOT, &pairs(&body))),
            (BSON, bson(&pairs(&body).map(|(name, value)| (name, Typed::Text(value))))),
            (FORM, form(&pairs(&body))),
        ];
        for (media, bytes) in written {
            let answer = post(&server, media, &bytes);
            let expected = invalid(if media == FORM { JSON } else { media }, &key, &error);
            assert_eq!(
                (answer.status, answer.text()),
                (400, String::from_utf8_lossy(&expected).into_owned())
            );
        }
    }
    for body in [&b"{}"[..], b"null", br#"{"Other":1}"#, b""] {
        let all: serde_json::Map<_, _> = ["newpassword", "verifycode", "mobile", "username"]
            .map(|name| (format!("parm.{name}"), json!([required(name)])))
            .into_iter()
            .collect();
        let answer = post(&server, JSON, body);
        assert_eq!(answer.json(), json!({ "Message": "The request is invalid.", "ModelState": all }));
    }
    let longest = json!({ "newpassword": "x".repeat(64), "verifycode": "😀😀😀", "mobile": "12345678901",
        "username": "x".repeat(30) });
    assert_eq!(errcode(&post_json(&server, &longest)), 4, "every member as long as it may be");
}

#[test]
fn names_in_any_case_numbers_unknown_members_and_nil_are_taken() {
    let server = Server::start();
    let person = Person::new(&server);
    let right = person.tour("taken-anyhow");
    let members = pairs(&right);
    let nil = |name: &str| {
        let mut members = members.to_vec();
        members.retain(|(known, _)| *known != name);
        members.push(("", "<username i:nil=\"true\"/>"));
        xml(NAMESPACE, ROOT, &members)
    };
    let answer = post(&server, XML, &nil("username"));
    assert_eq!(answer.text().matches("<parm.username>The username field is required.<").count(), 1);
    let number: i64 = person.mobile.parse().expect("digits");
    let float: Value = serde_json::from_str(&format!("{number}.0")).expect("JSON");
    let rows = [
        (
            "/API/webinterface/AGENT/changepaypassword",
            json!({ "NewPassword": right["newpassword"],
            "VERIFYCODE": right["verifycode"], "mObile": number, "UserName": right["username"],
            "tag": null, "more": { "deep": [1, { "deeper": "x" }] } }),
        ),
        (TOUR, with(&person.tour("taken-anyhow"), "mobile", float)),
    ];
    for (path, body) in rows {
        let body = with(
            &body,
            if path == TOUR { "verifycode" } else { "VERIFYCODE" },
            person.code("payment_change").into(),
        );
        let answer = server.http.send("POST", path, &[("content-type", JSON)], body.to_string().as_bytes());
        assert_eq!(errcode(&answer), 0, "{path} {body}");
    }
    let again = person.tour("taken-as-xml");
    let mut members = pairs(&again).to_vec();
    members.insert(1, ("", "<extra><username>somebody</username></extra><nothing i:nil=\"true\"/>"));
    assert_eq!(post(&server, XML, &xml(NAMESPACE, ROOT, &members)).body, result(XML, 0, ""));
    assert_eq!(person.verify("payment", "taken-as-xml"), 200);
    for (namespace, root) in [("Flowmeter", ROOT), (NAMESPACE, "AgentResetPwdParm"), ("", ROOT)] {
        assert_eq!(post(&server, XML, &xml(namespace, root, &members)).status, 400, "{namespace} {root}");
    }
}
