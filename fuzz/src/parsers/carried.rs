//! A line of an import: no value of it is told, and no kind of secret comes twice.

use std::collections::BTreeSet;

use countersign_dialects::native::carried;

use super::texts;
use crate::dialects::{blurred, contains};
use crate::{CANARY, Outcome};

pub(crate) fn run(input: &[u8]) -> Outcome {
    match carried::read(input, true) {
        Ok(read) => {
            let hashed = read.verifiers.iter().map(|(kind, _)| *kind);
            let kinds: Vec<_> = read.account.secrets.iter().map(|(kind, _)| *kind).chain(hashed).collect();
            let different: BTreeSet<_> = kinds.iter().copied().collect();
            assert_eq!(different.len(), kinds.len(), "two secrets of one kind");
            Outcome::of((kinds, read.account.mobiles.len(), read.account.wallet.is_some()))
        }
        Err(why) => {
            // A member's name is told if it is a word, as in every answer; the canary is none, because it has digits.
            assert!(!contains(why.as_bytes(), CANARY), "a value is told: {why}");
            Outcome::of(blurred(&why))
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"username":"anna","user_id":"1","mobiles":["13812345678"],"secrets":{"payment":"canaryCANARY0123456789"}}"#,
        r#"{"agentid":1001,"usercode":"2007","secrets":{"login":{"upper_md5":"E10ADC3949BA59ABBE56E057F20F883E"}}}"#,
        r#"{"username":"anna","secrets":{"query":{"phc":"canaryCANARY0123456789","input":"plain"}}}"#,
        r#"{"spark":{"appid":"app_7zzzzzzzzzzzzzzzzzzzzzzzzz","wallet_addr":"a","user_id":"7"},"secrets":{}}"#,
        r#"{"secrets":{"payment":{"phc":"canaryCANARY0123456789","input":"legacy_digest","upper_md5":"x"}}}"#,
    ])
}
