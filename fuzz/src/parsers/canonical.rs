//! JSON texts that are to be digested.

use countersign_crypto::canonical::{canonicalize, digest, digest_text};
use serde_json::Value;

use super::texts;
use crate::Outcome;

pub(crate) fn run(input: &[u8]) -> Outcome {
    let Ok(text) = core::str::from_utf8(input) else { return Outcome::of(()) };
    let form = canonicalize(text);
    if let Ok(form) = &form {
        assert_eq!(canonicalize(form).as_ref(), Ok(form), "a form is its own form");
        let value: Value = serde_json::from_str(text).expect("what has a form is JSON");
        assert_eq!(canonicalize(&value).as_ref(), Ok(form), "by the text or by the value");
        let again: Value = serde_json::from_str(form).expect("a form is JSON");
        assert_eq!(serde_json::from_str::<Value>(&again.to_string()).expect("JSON"), again);
        assert_eq!(digest_text(&digest(form)).len(), 43);
    }
    Outcome::of(form.map(|form| form.len().min(40)))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter","1":"One","\ud83d\ude00":"Grinning Face"}"#,
        r#"{"a":1,"a":2}"#,
        "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
        "[9007199254740993,-0,5e-324,1.7976931348623157e308,1e400]",
        r#""\ud83d""#,
    ])
}
