//! Ids and identifiers: what is read is written the same again, and is one of a kind.

use countersign_domain::app::{AppKind, Scope};
use countersign_domain::ask::AskFrequency;
use countersign_domain::id::{AccountId, AppId, CodeId, EventId, SessionId};
use countersign_domain::identifier::{Mobile, MobileTail, Name, TenantId};
use countersign_domain::secret::{Kind, LegacyDigest};

use super::texts;
use crate::Outcome;

pub(crate) fn run(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let ids = [
        AccountId::parse(&text).map(|id| id.to_string()),
        AppId::parse(&text).map(|id| id.to_string()),
        SessionId::parse(&text).map(|id| id.to_string()),
        CodeId::parse(&text).map(|id| id.to_string()),
        EventId::parse(&text).map(|id| id.to_string()),
        TenantId::parse(&text).map(|id| id.as_str().to_owned()),
        Name::parse(&text).map(|name| name.as_str().to_owned()),
        Kind::parse(&text).map(|kind| kind.as_str().to_owned()),
    ];
    for id in ids.iter().flatten() {
        assert_eq!(*id, text, "read and written differently");
    }
    let mobile = Mobile::parse(&text);
    if let Some(mobile) = &mobile {
        assert!(Mobile::parse(mobile.expose()).is_some_and(|again| again.expose() == mobile.expose()));
        // As it is sealed, it must be read back, with its country.
        let again = Mobile::parse(mobile.as_given());
        assert!(again.is_some_and(|again| again.as_given() == mobile.as_given() && again == *mobile));
        let (masked, whole) = (mobile.masked(), mobile.expose());
        assert!(masked.contains('*') && masked != whole, "a mask that shows all");
    }
    let tail = MobileTail::parse(&text);
    let digest = LegacyDigest::parse(input);
    let ends = mobile.as_ref().zip(tail.as_ref()).map(|(mobile, tail)| mobile.ends_with(tail));
    let words = (
        AppKind::parse(&text).is_some(),
        Scope::parse(&text).is_some(),
        AskFrequency::parse(&text).is_some(),
    );
    let read = ids.each_ref().map(Option::is_some);
    Outcome::of((read, mobile.is_some(), tail.is_some(), digest.is_some(), ends, words))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "acct_51m6gt38d1m6gt38d1m6gt38d1",
        "app_7zzzzzzzzzzzzzzzzzzzzzzzzz",
        "ses_00000000000000000000000000",
        "code_51m6gt38d1m6gt38d1m6gt38d1",
        "evt_51m6gt38d1m6gt38d1m6gt38d1",
        "+8613812345678",
        "13812345678",
        "5678",
        "default",
        "demo-user@example.com",
        "secrets:verify",
        "payment",
        "hour",
        "E10ADC3949BA59ABBE56E057F20F883E",
    ])
}
