//! What `tour` decides: whose mobile, which code, which cipher, and every `errcode` of WIRE.md.

use countersign_crypto::legacy::Profile;
use countersign_domain::secret::SecretText;
use serde_json::{Value, json};

use crate::aspnet::JSON;
use crate::legacy::{LOGIN, OLD, Person, TOUR, USUAL, errcode};
use crate::server::Server;
use crate::wire_tour::{NOBODY, post_json, with};

const WRONG_CODE: &str = "验证码错误或已过期，或用户信息不符";

type Choose<'a> = &'a dyn Fn(&Person<'_>) -> String;

#[test]
fn the_mobile_is_a_whole_number_or_its_tail_of_either_phone() {
    let server = Server::start();
    let tail = |text: &str, digits: usize| text[text.len() - digits..].to_owned();
    let rows: [(&str, Choose<'_>, i64); 8] = [
        ("all eleven digits", &|p| p.mobile.clone(), 0),
        ("four digits", &|p| tail(&p.mobile, 4), 0),
        ("seven digits", &|p| tail(&p.mobile, 7), 0),
        // The second phone was given with +86 and separators.
        ("the second phone", &|p| format!("139{:08}", p.usercode), 0),
        ("the second phone's tail", &|p| tail(&format!("{:08}", p.usercode), 5), 0),
        ("three digits", &|p| tail(&p.mobile, 3), 2),
        ("another's", &|_| "13700000000".to_owned(), 2),
        ("its beginning", &|p| p.mobile[..6].to_owned(), 2),
    ];
    for (what, mobile, expected) in rows {
        let person = Person::new(&server);
        let body = with(&person.tour("by-mobile"), "mobile", mobile(&person).into());
        let answer = post_json(&server, &body);
        let errmsg = if expected == 0 { "" } else { WRONG_CODE };
        assert_eq!((errcode(&answer), &answer.json()["errmsg"]), (expected, &json!(errmsg)), "{what}");
        assert_eq!(person.verify("payment", "by-mobile") == 200, expected == 0, "{what}");
    }
}

#[test]
fn every_errcode_has_its_case() {
    let server = Server::start_with(&[
        ("COUNTERSIGN_DIALECTS__TOUR__COMMON_SECRETS", "refuse"),
        ("COUNTERSIGN_POLICY__GUESSES__SAME_AS_LOGIN_DAY", "2"),
    ]);
    let mut person = Person::new(&server);
    let right = person.tour("a-good-new-1");
    let cipher = |new: &str| json!(person.newpassword(USUAL, new));
    let rows = [
        ("damaged", with(&right, "newpassword", "AAAA".into()), 1, "新密码无法解密，请重新登录后再试"),
        (
            "another's key",
            with(&right, "newpassword", Person::new(&server).newpassword(USUAL, "x").into()),
            1,
            "新密码无法解密，请重新登录后再试",
        ),
        ("wrong code", with(&right, "verifycode", "x".into()), 2, WRONG_CODE),
        ("nobody", with(&right, "username", "no-such-user".into()), 4, NOBODY),
        ("common", with(&right, "newpassword", cipher("123456")), 6, "新密码不符合安全要求，请更换"),
        ("as login", with(&right, "newpassword", cipher(LOGIN)), 6, "新密码不符合安全要求，请更换"),
        ("as login", with(&right, "newpassword", cipher(LOGIN)), 6, "新密码不符合安全要求，请更换"),
        (
            "asked too often",
            with(&right, "newpassword", cipher(LOGIN)),
            5,
            "错误次数过多，密码已锁定，请稍后再试",
        ),
    ];
    for (what, body, number, errmsg) in rows {
        let answer = post_json(&server, &body);
        assert_eq!(answer.json(), json!({ "errcode": number, "errmsg": errmsg, "tag": null }), "{what}");
        assert_eq!(answer.headers.contains_key("retry-after"), number == 5, "{what}");
    }
    assert_eq!(person.verify("payment", OLD), 200, "nothing of that changed anything");
    person.sign_out();
    assert_eq!(errcode(&post_json(&server, &right)), 4, "as for nobody");
    person.sign_in(LOGIN);
    let english = [("content-type", JSON), ("accept-language", "en")];
    let wrong = with(&person.tour("x"), "verifycode", "x".into()).to_string();
    let answer = server.http.send("POST", TOUR, &english, wrong.as_bytes());
    assert!(answer.text().contains("The verification code is wrong"), "{}", answer.text());
}

#[test]
fn every_cipher_profile_opens_unless_a_setting_names_fewer() {
    let server = Server::start();
    let only = Server::start_with(&[(
        "COUNTERSIGN_DIALECTS__TOUR__CIPHER_PROFILES",
        r#"["hmac_sha256_self+cbc_key_iv", "sha256+ecb"]"#,
    )]);
    for profile in Profile::ALL {
        let (all, few) = (Person::new(&server), Person::new(&only));
        let send = |person: &Person<'_>| {
            let body =
                with(&person.tour(""), "newpassword", person.newpassword(profile, "by-profile").into());
            errcode(&post_json(person.server, &body))
        };
        assert_eq!((send(&all), all.verify("payment", "by-profile")), (0, 200), "{profile}");
        let named = ["hmac_sha256_self+cbc_key_iv", "sha256+ecb"].contains(&profile.to_string().as_str());
        assert_eq!(send(&few), i64::from(!named), "{profile}");
    }
}

#[test]
fn a_code_is_good_once_and_only_a_request_that_reaches_it_spends_it() {
    let server = Server::start();
    let (person, other) = (Person::new(&server), Person::new(&server));
    let right = person.tour("spent-once");
    for _ in 0..6 {
        // More often than a code may be wrong.
        assert_eq!(errcode(&other.signer().json(&right)), 4, "signed by a session of somebody else");
        let mut stranger = person.signer();
        stranger.key = SecretText::new("wrong".to_owned());
        assert_eq!(stranger.json(&right).status, 401);
        assert_eq!(post_json(&server, &with(&right, "mobile", Value::Null)).status, 400);
        assert_eq!(errcode(&post_json(&server, &with(&right, "newpassword", "AAAA".into()))), 1);
        assert_eq!(errcode(&post_json(&server, &with(&right, "mobile", "123".into()))), 2, "nobody's number");
    }
    assert_eq!(errcode(&post_json(&server, &right)), 0);
    assert_eq!(errcode(&post_json(&server, &right)), 2, "a code is good once");
    let again = person.tour("guessed-out");
    for _ in 0..5 {
        assert_eq!(errcode(&post_json(&server, &with(&again, "verifycode", "x".into()))), 2);
    }
    assert_eq!(errcode(&post_json(&server, &again)), 2, "nor is the right one after five wrong ones");
    let old = Person::new(&server).tour("too-late");
    server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 301 })));
    assert_eq!(errcode(&post_json(&server, &old)), 2, "nor an old one");
}

#[test]
fn a_locked_payment_secret_is_reset_and_the_lock_ends() {
    let server = Server::start();
    let person = Person::new(&server);
    let guesses: Vec<u16> = (0..6).map(|_| person.verify("payment", "wrong-guess")).collect();
    assert_eq!(guesses, [403, 403, 403, 403, 403, 423]);
    assert_eq!(person.verify("payment", OLD), 423);
    assert_eq!(errcode(&post_json(&server, &person.tour("after-the-lock"))), 0);
    assert_eq!(person.verify("payment", "after-the-lock"), 200);
}
