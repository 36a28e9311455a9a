//! A line of an import: the body that creates an account, with secrets that another system has hashed.
//!
//! A secret is a text, or an object: `{"phc": …, "input": "plain" | "legacy_digest"}` for one that was hashed with
//! Argon2id, `{"upper_md5": …}` for one of which only that digest was kept.

use countersign_domain::carried::{Carried, CarriedVerifier};
use countersign_domain::command::{NewAccount, NewSecret, NewWallet};
use countersign_domain::lang::Lang;
use countersign_domain::secret::{Input, Kind, LegacyDigest, Presented, SecretText};

use super::SECRET_CHARS;
use super::json::Json;
use super::members::{Bad, Members, Read};
use super::texts::of_fault;
use super::wire::new_account;
use super::wire::values::{secret, word};
use crate::rejection::{Fault, Invalid, Rejection};

const INPUTS: &str = "plain, legacy_digest";
const DIGESTS: &str = "32 characters of 0-9 and A-F";

/// Reads one line. Where `refuse_common` says so, a secret that everybody tries first is refused later on.
///
/// # Errors
/// What is wrong with it, in words that repeat nothing of its values.
pub fn read(line: &[u8], refuse_common: bool) -> Result<Carried, String> {
    Json::parse(line)
        .and_then(Members::of_json)
        .and_then(|body| carried(body, refuse_common))
        .map_err(|rejection| in_words(&rejection))
}

/// One first secret.
enum First {
    Presented(Presented),
    Hashed(CarriedVerifier),
}

fn carried(mut body: Members, refuse_common: bool) -> Result<Carried, Rejection> {
    let firsts =
        body.nested("secrets", |secrets| Some(Kind::ALL.map(|kind| (kind, first(secrets, kind.as_str())))));
    // What is left of the body is that of an account without secrets.
    let read = new_account::NewAccount::read(body)?;
    let agent = read.agent();
    let wallet = read.spark.map(|spark| NewWallet {
        app: spark.appid,
        addr: spark.wallet_addr,
        user_id: spark.user_id,
    });
    let (username, user_id, mobiles) = (read.username, read.user_id, read.mobiles);
    let mut account = NewAccount { username, user_id, agent, mobiles, wallet, secrets: Vec::new() };
    let mut verifiers = Vec::new();
    for (kind, first) in firsts.into_iter().flatten() {
        match first {
            None => {}
            Some(First::Hashed(verifier)) => verifiers.push((kind, verifier)),
            Some(First::Presented(presented)) => {
                account.secrets.push((kind, NewSecret { presented, chars: SECRET_CHARS, refuse_common }));
            }
        }
    }
    Ok(Carried { account, verifiers })
}

fn first(secrets: &mut Members, name: &str) -> Option<First> {
    if !secrets.is_object(name) {
        return secrets.optional(name, text).map(|text| First::Presented(Presented::Plain(text)));
    }
    secrets.nested(name, |members| {
        if members.has("upper_md5") {
            return members.required("upper_md5", digest).map(|d| First::Presented(Presented::Digest(d)));
        }
        let phc = members.required("phc", secret);
        let input = members.required("input", word(input, INPUTS));
        Some(First::Hashed(CarriedVerifier { phc: phc?, input: input? }))
    })
}

fn text(json: Json) -> Read<SecretText> {
    secret(json).map_err(|_| Bad::Type("a string or an object"))
}

fn digest(json: Json) -> Read<LegacyDigest> {
    LegacyDigest::parse(secret(json)?.expose().as_bytes()).ok_or(Bad::Value(Fault::NotAllowed(DIGESTS)))
}

fn input(text: &str) -> Option<Input> {
    match text {
        "plain" => Some(Input::Plain),
        "legacy_digest" => Some(Input::LegacyDigest),
        _ => None,
    }
}

fn in_words(rejection: &Rejection) -> String {
    match rejection {
        // A line is one line: only the column says where in it.
        Rejection::Malformed(words) => words.replace(" at line 1,", " at").replace("the body", "the line"),
        Rejection::Invalid(faults) => {
            let one = |wrong: &Invalid| format!("{}: {}", wrong.member, of_fault(&wrong.fault, Lang::En).1);
            faults.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        // A line is not a request: it is turned away for what it says, and for nothing else.
        Rejection::NotFound
        | Rejection::MethodNotAllowed(_)
        | Rejection::BodyTooLarge(_)
        | Rejection::UnsupportedMediaType(_)
        | Rejection::NoCredential
        | Rejection::Unproven(_)
        | Rejection::Forbidden(_)
        | Rejection::OnlyByOperator(_)
        | Rejection::Hawk(_)
        | Rejection::Undecryptable
        | Rejection::Replayed
        | Rejection::IdempotencyMismatch
        | Rejection::IdempotencyRunning => "it is no account".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$BwcHBwcHBwc$CQkJCQkJCQkJCQkJCQkJCQ";

    fn line(secrets: &str) -> Result<Carried, String> {
        read(
            format!(r#"{{"username":"anna","mobiles":["13812345678"],"secrets":{secrets}}}"#).as_bytes(),
            true,
        )
    }

    fn why(text: &str) -> String {
        read(text.as_bytes(), true).err().unwrap_or_default()
    }

    #[test]
    fn reads_every_form_of_a_secret() {
        let digest = "E10ADC3949BA59ABBE56E057F20F883E";
        let carried = line(&format!(
            r#"{{"login":{{"upper_md5":"{digest}"}},"payment":{{"phc":"{PHC}","input":"plain"}},"query":"493817"}}"#
        ));
        let Ok(Carried { account, verifiers }) = carried else { panic!("an account") };
        assert_eq!(account.username.as_ref().map(countersign_domain::identifier::Name::as_str), Some("anna"));
        assert_eq!(account.mobiles.len(), 1);
        let presented: Vec<_> = account.secrets.iter().map(|(kind, new)| (*kind, &new.presented)).collect();
        assert!(matches!(
            presented[..],
            [(Kind::Login, Presented::Digest(_)), (Kind::Query, Presented::Plain(_))]
        ));
        let [(Kind::Payment, verifier)] = &verifiers[..] else { panic!("one that is hashed") };
        assert!(verifier.phc.expose() == PHC && verifier.input == Input::Plain);
    }

    #[test]
    fn tells_what_is_wrong_and_repeats_no_value() {
        assert_eq!(why("{"), "not JSON at column 1");
        assert_eq!(why("[]"), "the line must be a JSON object");
        assert_eq!(why(r#"{"username":7}"#), "username must be a string");
        assert_eq!(why(r#"{"agentid":7}"#), "usercode: it is needed");
        assert_eq!(why(r#"{"secrets":{"pin":"493817"}}"#), "secrets.pin: there is no such member here");
        assert_eq!(why(r#"{"secrets":{"payment":7}}"#), "secrets.payment must be a string or an object");
        let canary = |secret: &str| line(&format!(r#"{{"payment":{secret}}}"#)).err().unwrap_or_default();
        assert_eq!(canary(r#"{"phc":"canary"}"#), "secrets.payment.input: it is needed");
        assert_eq!(
            canary(r#"{"phc":"canary","input":"canary"}"#),
            "secrets.payment.input: one of: plain, legacy_digest"
        );
        assert_eq!(
            canary(r#"{"upper_md5":"canary"}"#),
            "secrets.payment.upper_md5: one of: 32 characters of 0-9 and A-F"
        );
        assert_eq!(
            canary(&format!(r#"{{"upper_md5":"{}","phc":"canary"}}"#, "A".repeat(32))),
            "secrets.payment.phc: there is no such member here"
        );
    }
}
