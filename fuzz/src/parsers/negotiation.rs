//! Who answers in what format and language: `Accept`, `Accept-Language`, `Content-Type`, `lang`, a line each.

use countersign_dialects::Answer;
use countersign_dialects::raw::{Authority, RawRequest};
use countersign_domain::lang::Lang;
use http::{HeaderMap, HeaderValue, Method, header};

use super::{lines, texts};
use crate::dialects::{NOW, registry};
use crate::words::answers;
use crate::words::dialects::NAMES;
use crate::{Outcome, answer};

pub(crate) fn run(input: &[u8]) -> Outcome {
    let values: [&[u8]; 4] = lines(input);
    let names = [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE];
    let names = names.into_iter().chain([header::HeaderName::from_static("lang")]);
    let headers: HeaderMap = names
        .zip(values)
        .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value).ok()?)))
        .collect();
    let mut spoken = vec![];
    for (name, told) in NAMES.iter().flat_map(|name| ["Locked 60 5", "Fault"].map(|told| (*name, told))) {
        let registry = registry(name, b"null");
        let dialect = registry.iter().next().expect("a dialect");
        let endpoint = &dialect.endpoints()[0];
        let raw = RawRequest {
            method: Method::POST,
            path: endpoint.path.to_owned(),
            query: None,
            headers: headers.clone(),
            body: Vec::new(),
            endpoint: 0,
            params: Vec::new(),
            request_id: "req_vector".to_owned(),
            authority: Authority { host: "example.com".to_owned(), port: 80 },
        };
        let told = answers::told(told, NOW);
        let response = dialect.seal(&raw, None, told.answer(), NOW);
        answer::check(&response);
        let fault = dialect.seal(&raw, None, Answer::Fault, NOW);
        answer::check(&fault);
        spoken.push((response.status.as_u16(), response.headers.get(header::CONTENT_TYPE).cloned()));
    }
    let header = String::from_utf8_lossy(values[1]);
    let known = [Lang::En, Lang::ZhCn, Lang::ZhTw];
    let chosen = known.map(|otherwise| Lang::negotiate(&header, otherwise).tag());
    assert!(chosen.iter().all(|tag| *tag == chosen[0]) || chosen == known.map(Lang::tag), "{chosen:?}");
    Outcome::of((spoken, chosen, Lang::parse_tag(&header).map(Lang::tag)))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "*/*\nzh-TW,zh;q=0.9,en;q=0.8\napplication/json; charset=utf-8\nzh_CN",
        "text/*, application/xml;q=0.5\nen-US\ntext/xml\nen",
        "application/bson;q=0.123, application/json;q=0\n*;q=0.1, zh-Hant-HK;q=1.000\napplication/bson\nzh_TW",
        "text/xml;q=1.0001\nzh;q=65.5\napplication/x-www-form-urlencoded;charset=\"gbk\"\nZH_tw",
        "\n\n\n",
    ])
}
