//! `Authorization: Hawk …` on its first line, `Server-Authorization` on its second, a body after them.

use countersign_crypto::hawk::{
    Algorithm, Credentials, HawkHeader, Request, answer_authorization, authenticate,
    confirm_server_authorization,
};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};

use super::lines;
use crate::Outcome;

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";
const BODY: &[u8] = b"{\"agentid\":1,\"usercode\":2,\"verifycode\":\"493817\",\"newpwd\":\"AAAA\"}";
/// The one header that is good here, from the crypto crate's known answers.
const GOOD: &str = "Hawk id=\"public-app\", ts=\"1353832234\", nonce=\"j4h3g2\", \
    hash=\"JqcMtCfMo2LAj/+7pf4PWXcedE/KiKw3oBx0c2S50Xo=\", mac=\"5bv9GNhCtYzUiVVgOvfowMQ5Z0xoKX2paEz0ixmyveE=\"";

pub(crate) fn run(input: &[u8]) -> Outcome {
    let [sent, answered, body] = lines(input).map(String::from_utf8_lossy);
    let header = match HawkHeader::parse(&sent) {
        Ok(header) => header,
        Err(error) => {
            // What is said to the caller must fit a header.
            assert!(error.www_authenticate().bytes().all(|c| matches!(c, b' '..=b'~')));
            return Outcome::of(error.reason());
        }
    };
    let texts = [Some(&header.id), Some(&header.nonce), Some(&header.mac), header.ext.as_ref()];
    for text in texts.into_iter().flatten() {
        assert!(text.bytes().all(|c| matches!(c, b' '..=b'~') && !matches!(c, b'"' | b'\\')), "{text}");
    }
    let key = SecretText::new(KEY.to_owned());
    let request = Request {
        method: "POST",
        resource: "/api/Agent/Ent/Password/ResetPwd",
        host: "127.0.0.1",
        port: 8080,
        content_type: Some("application/json; charset=utf-8"),
        body: body.as_bytes(),
    };
    let now = Timestamp::from_secs(1_353_832_234);
    let skew = Span::from_secs(60);
    let proven = authenticate(&request, &header, &key, Algorithm::Sha256, now, skew);
    // Whoever does not know the key can only send the known answer again, and nothing else under the same MAC. The id
    // is not under it: it names the key.
    if proven.is_ok() {
        let good = HawkHeader::parse(GOOD).expect("the known answer");
        let good = HawkHeader { id: header.id.clone(), ..good };
        assert!(header == good && body.as_bytes() == BODY, "forged: {sent} {body}");
    }
    let signed = answer_authorization(&request, &header, &key, Algorithm::Sha256, None, b"{}");
    let credentials = Credentials { id: &header.id, key: &key, algorithm: Algorithm::Sha256 };
    let confirmed = confirm_server_authorization(&credentials, &request, &header, &answered, None, b"{}");
    assert!(!confirmed, "a forged answer passes: {answered}");
    Outcome::of((proven.map(|_| ()).map_err(|error| error.reason()), signed.is_some(), header.ext.is_some()))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let rest = [
        "Hawk mac=\"XIJRsMl/4oL+nn+vKoeVZPdCHXB4yJkNnBbTbHFZUYE=\", hash=\"f9cDF/TDm7TkYRLnGwRMfeDzT6LixQVLvrIKhh0vgmM=\", \
         ext=\"response-specific\"",
        "Hawk mac=\"\", hash=\"\"",
    ];
    let headers = [
        GOOD,
        "hawk mac=\"m\",ext=\"\" , nonce=\"n\",\tts=\"1\", id=\"a b\"",
        "Hawk id=\"dh37fgj492je\", ts=\"1353832234\", nonce=\"j4h3g2\", ext=\"some-app-ext-data\", \
         mac=\"6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE=\", app=\"a\", dlg=\"d\"",
    ];
    let body = String::from_utf8_lossy(BODY);
    let pairs = headers.iter().flat_map(|header| rest.map(|rest| (header, rest)));
    pairs.map(|(header, rest)| format!("{header}\n{rest}\n{body}").into_bytes()).collect()
}
