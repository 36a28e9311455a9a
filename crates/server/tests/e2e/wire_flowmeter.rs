//! Document 004 and its page in WIRE.md, row by row, against the real program. Every request is signed.

use countersign_crypto::legacy::Profile;
use countersign_domain::secret::SecretText;
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use serde_json::{Value, json};

use crate::aspnet::{BSON, FORM, JSON, NEGOTIATED, Typed, XML, bson, form, invalid, result, xml};
use crate::legacy::{FLOWMETER, LOGIN, OLD, Person, Signer, USUAL, errcode, newpwd};
use crate::server::Server;

const ROOT: &str = "AgentResetPwdParm";
const NAMES: [&str; 4] = ["agentid", "usercode", "verifycode", "newpwd"];
const WRONG_CODE: &str = "验证码错误或已过期，或用户信息不符";

type Write<'a> = &'a dyn Fn(&Value) -> Vec<u8>;

/// The members as text.
fn texts(body: &Value) -> [(&'static str, String); 4] {
    NAMES.map(|name| (name, body[name].as_str().map_or_else(|| body[name].to_string(), str::to_owned)))
}

fn in_xml(namespace: &str, body: &Value) -> Vec<u8> {
    let texts = texts(body);
    xml(namespace, ROOT, &texts.each_ref().map(|(name, text)| (*name, text.as_str())))
}

fn in_form(body: &Value) -> Vec<u8> {
    let texts = texts(body);
    form(&texts.each_ref().map(|(name, text)| (*name, text.as_str())))
}

/// With the numbers as this type.
fn in_bson<'a>(body: &'a Value, number: impl Fn(&'a Value) -> Typed<'a>) -> Vec<u8> {
    bson(&NAMES.map(|name| match &body[name] {
        Value::String(text) => (name, Typed::Text(text)),
        value => (name, number(value)),
    }))
}

fn integer(value: &Value) -> i64 {
    value.as_i64().expect("an integer")
}

fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

#[test]
fn a_login_secret_is_reset_in_every_format_and_however_numbers_are_written() {
    let server = Server::start();
    let app = Signer::of_app(&server);
    let formats: [(&str, Write<'_>); 11] = [
        ("application/json", &|body| body.to_string().into_bytes()),
        ("text/json", &|body| {
            with(body, "agentid", texts(body)[0].1.clone().into()).to_string().into_bytes()
        }),
        ("application/json", &|body| {
            // As JavaScript writes a large number that it was given as one.
            with(body, "agentid", json!(5e9)).to_string().into_bytes()
        }),
        ("application/xml", &|body| in_xml("Flowmeter", body)),
        ("text/xml; charset=utf-8", &|body| in_xml("Dosimeter", body)),
        ("application/x-www-form-urlencoded", &in_form),
        ("application/bson", &|body| in_bson(body, |value| Typed::Int64(integer(value)))),
        #[allow(clippy::cast_precision_loss, reason = "the numbers are far below 2^53")]
        ("application/bson", &|body| in_bson(body, |value| Typed::Double(integer(value) as f64))),
        ("application/bson", &|body| {
            in_bson(body, |value| {
                i32::try_from(integer(value)).map_or_else(|_| Typed::Int64(integer(value)), Typed::Int32)
            })
        }),
        ("application/bson", &|body| {
            let numbers = texts(body);
            bson(&numbers.each_ref().map(|(name, text)| (*name, Typed::Text(text))))
        }),
        ("application/json", &|body| {
            let upper = NAMES.map(|name| (name.to_uppercase(), body[name].clone()));
            let mut upper: serde_json::Map<_, _> = upper.into_iter().collect();
            upper.insert("more".to_owned(), json!({ "deep": [null] }));
            Value::Object(upper).to_string().into_bytes()
        }),
    ];
    for (n, (media, write)) in formats.into_iter().enumerate() {
        let person = Person::new(&server);
        let new = format!("新登录密码-{n}");
        let answer = app.send(media, &write(&person.flowmeter("login_reset", &new)));
        let name = media.split(';').next().expect("a type");
        let answered = if name == FORM { JSON } else { name };
        assert_eq!(
            (answer.status, answer.text()),
            (200, String::from_utf8_lossy(&result(answered, 0, "")).into_owned()),
            "{n} {media}"
        );
        assert_eq!(answer.headers["content-type"], format!("{answered}; charset=utf-8"));
        assert_eq!((person.verify("login", &new), person.verify("login", LOGIN)), (200, 403), "{n} {media}");
        assert_eq!(person.verify("payment", OLD), 200, "only the login secret");
    }
}

#[test]
fn accept_decides_what_is_written_and_the_path_has_no_case() {
    let server = Server::start();
    let body = json!({ "agentid": 1, "usercode": 2, "verifycode": "1", "newpwd": "x" });
    let app = Signer { path: "/API/agent/ENT/password/resetpwd", ..Signer::of_app(&server) };
    for (accept, media, expected) in NEGOTIATED {
        let bytes = match media.rsplit('/').next() {
            Some("json") => body.to_string().into_bytes(),
            Some("xml") => in_xml("Flowmeter", &body),
            Some("bson") => in_bson(&body, |value| Typed::Int64(integer(value))),
            _ => in_form(&body),
        };
        let header = app.header(media, &bytes);
        let mut headers = vec![("authorization", header.as_str()), ("content-type", media)];
        headers.extend((!accept.is_empty()).then_some(("accept", accept)));
        let answer = server.http.send("POST", app.path, &headers, &bytes);
        assert_eq!(
            answer.headers["content-type"],
            format!("{expected}; charset=utf-8"),
            "{accept} | {media}"
        );
        let undecryptable = result(expected, 1, "新密码无法解密，请重新登录后再试");
        assert_eq!((answer.status, &answer.body), (200, &undecryptable), "{accept} | {media}");
        assert!(app.confirms(&header, &answer), "{accept} | {media}");
    }
}

#[test]
fn what_is_missing_too_long_or_no_integer_is_400_with_its_model_state() {
    let server = Server::start();
    let app = Signer::of_app(&server);
    let whole = json!({ "agentid": 1, "usercode": 2, "verifycode": "v", "newpwd": "n" });
    let too_long = |name: &str, most: usize| {
        format!("The field {name} must be a string or array type with a maximum length of '{most}'.")
    };
    let mut rows = vec![
        ("agentid", json!(1.5), "The value is not valid for agentid.".to_owned()),
        ("agentid", json!("9223372036854775808"), "The value is not valid for agentid.".to_owned()),
        ("usercode", json!("two"), "The value is not valid for usercode.".to_owned()),
        ("usercode", json!([2]), "The value is not valid for usercode.".to_owned()),
        ("verifycode", json!("1234567"), too_long("verifycode", 6)),
        ("verifycode", json!("😀😀😀😀"), too_long("verifycode", 6)),
        ("newpwd", json!("x".repeat(129)), too_long("newpwd", 128)),
    ];
    for name in NAMES {
        rows.push((name, Value::Null, format!("The {name} field is required.")));
        rows.push((name, "".into(), format!("The {name} field is required.")));
    }
    for (name, value, error) in rows {
        let bytes = with(&whole, name, value.clone()).to_string();
        for accept in [JSON, XML, BSON] {
            let header = app.header(JSON, bytes.as_bytes());
            let headers = [("authorization", header.as_str()), ("content-type", JSON), ("accept", accept)];
            let answer = server.http.send("POST", FLOWMETER, &headers, bytes.as_bytes());
            let expected = invalid(accept, &format!("parm.{name}"), &error);
            assert_eq!((answer.status, &answer.body), (400, &expected), "{bytes} {}", answer.text());
            assert!(app.confirms(&header, &answer), "{bytes}");
        }
    }
    let longest = json!({ "agentid": i64::MIN, "usercode": i64::MAX, "verifycode": "😀😀😀", "newpwd": "x".repeat(128) });
    assert_eq!(errcode(&app.json(&longest)), 1, "every member as long as it may be");
}

#[test]
fn every_errcode_has_its_case_and_nobody_learns_who_exists() {
    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__FLOWMETER__COMMON_SECRETS", "refuse")]);
    let app = Signer::of_app(&server);
    let person = Person::new(&server);
    let right = person.flowmeter("login_reset", "a-good-new-1");
    let code = right["verifycode"].as_str().expect("a code");
    let cipher = |code: &str, new: &str| json!(BASE64.encode(&newpwd(USUAL, code, new)));
    let wrong = with(&with(&right, "verifycode", "x".into()), "newpwd", cipher("x", "new"));
    let rows = [
        ("damaged", with(&right, "newpwd", "AAAA".into()), 1, "新密码无法解密，请重新登录后再试"),
        ("of another code", with(&right, "verifycode", "000".into()), 1, "新密码无法解密，请重新登录后再试"),
        ("wrong code", wrong.clone(), 2, WRONG_CODE),
        ("nobody", with(&right, "usercode", 999_999.into()), 2, WRONG_CODE),
        ("nobody and wrong", with(&wrong, "agentid", 1.into()), 2, WRONG_CODE),
        ("common", with(&right, "newpwd", cipher(code, "123456")), 6, "新密码不符合安全要求，请更换"),
        ("right", right.clone(), 0, ""),
        ("again", right.clone(), 2, WRONG_CODE),
    ];
    for (what, body, number, errmsg) in rows {
        let answer = app.json(&body);
        assert_eq!(answer.json(), json!({ "errcode": number, "errmsg": errmsg, "tag": null }), "{what}");
    }
    assert_eq!(person.verify("login", "a-good-new-1"), 200);
}

#[test]
fn every_cipher_profile_opens_in_base64_and_in_hex() {
    let server = Server::start();
    let app = Signer::of_app(&server);
    for profile in Profile::ALL {
        let person = Person::new(&server);
        for write in [
            |raw: &[u8]| BASE64.encode(raw),
            |raw: &[u8]| HEXLOWER.encode(raw),
            |raw: &[u8]| HEXUPPER.encode(raw),
        ] {
            let code = person.code("login_reset");
            let body = json!({ "agentid": person.agentid, "usercode": person.usercode, "verifycode": code,
                "newpwd": write(&newpwd(profile, &code, "by-profile")) });
            assert_eq!(errcode(&app.json(&body)), 0, "{profile}");
        }
        assert_eq!(person.verify("login", "by-profile"), 200, "{profile}");
    }
    let only =
        Server::start_with(&[("COUNTERSIGN_DIALECTS__FLOWMETER__CIPHER_PROFILES", "sha256+cbc_zero_iv")]);
    let person = Person::new(&only);
    assert_eq!(errcode(&Signer::of_app(&only).json(&person.flowmeter("login_reset", "not-by-ecb"))), 1);
}

#[test]
fn a_setting_makes_the_payment_secret_the_one_that_is_reset() {
    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__FLOWMETER__TARGET", "payment")]);
    let app = Signer::of_app(&server);
    let person = Person::new(&server);
    assert_eq!(
        errcode(&app.json(&person.flowmeter("login_reset", "by-the-wrong-code"))),
        2,
        "another purpose"
    );
    assert_eq!(errcode(&app.json(&person.flowmeter("payment_reset", "new-payment-1"))), 0);
    assert_eq!((person.verify("payment", "new-payment-1"), person.verify("login", LOGIN)), (200, 200));
}

#[test]
fn a_code_is_not_spent_by_a_request_that_does_not_reach_it() {
    let server = Server::start();
    let app = Signer::of_app(&server);
    let person = Person::new(&server);
    let right = person.flowmeter("login_reset", "spent-once");
    let stranger = Signer { key: SecretText::new("wrong".to_owned()), ..app.clone() };
    for _ in 0..6 {
        // More often than a code may be wrong.
        assert_eq!(stranger.json(&right).status, 401);
        assert_eq!(app.json(&with(&right, "newpwd", Value::Null)).status, 400);
        assert_eq!(errcode(&app.json(&with(&right, "newpwd", "AAAA".into()))), 1);
    }
    assert_eq!(errcode(&app.json(&right)), 0);
    let session = server.http.send("GET", "/auth/user/bind/currency-pass/settings/status", &[], b"");
    assert_ne!(session.status, 200, "nobody is nobody");
}
