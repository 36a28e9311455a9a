use countersign_domain::calling::{Dialled, Prefix};
use countersign_domain::id::{AccountId, CodeId};
use countersign_domain::identifier::Mobile;
use countersign_domain::time::Timestamp;

use super::*;

const SETTING: &str = "aliyun.templates";

fn parse(usual: Option<&str>, lines: &[&str], params: &[&str]) -> Result<Templates, SenderSetupError> {
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    Templates::parse(SETTING, (usual, &owned(lines)), (&owned(params), 6), (Lang::En, 5))
}

fn message(payee: Option<&str>) -> Message {
    let to = Mobile::parse("13800000001").expect("a number");
    Message {
        id: CodeId::from_bytes([1; 16]),
        account: AccountId::from_bytes([2; 16]),
        dialled: Dialled::of(&to, &Prefix::parse("+86").expect("a prefix")),
        to,
        code: SecretText::new("493817".to_owned()),
        purpose: if payee.is_some() { Purpose::PaymentApprove } else { Purpose::PaymentReset },
        text: SecretText::new("a text".to_owned()),
        payment: payee.map(|payee| PaymentTold {
            amount: "12.34".to_owned(),
            currency: "CNY".to_owned(),
            payee: payee.to_owned(),
        }),
        sent_at: Timestamp::from_secs(0),
    }
}

fn filled(params: &[&str], payee: Option<&str>) -> Vec<String> {
    let templates = parse(Some("U"), &[], params).expect("templates");
    templates.filled(&message(payee)).iter().map(|param| param.expose().to_owned()).collect()
}

#[test]
fn the_purpose_and_the_language_choose_and_the_code_is_filled_in() {
    let lines = ["payment_reset zh-CN C", "payment_reset en E", "login_reset L"];
    let templates = parse(Some("U"), &lines, &["code={code}"]).expect("templates");
    let chosen = [Purpose::PaymentReset, Purpose::LoginReset, Purpose::QueryReset];
    assert_eq!(chosen.map(|purpose| templates.of(purpose)), ["E", "L", "U"]);
    assert_eq!(filled(&["code={code}", "m={minutes}"], None), ["code=493817", "m=5"]);
}

#[test]
fn a_payment_is_named_where_there_is_one_and_nothing_in_it_is_taken_for_a_piece() {
    let params = ["{code}", "{currency} {amount}", "{payee}", "{minutes}"];
    assert_eq!(filled(&params, None), ["493817", "5"]);
    assert_eq!(filled(&params, Some("茶 Co")), ["493817", "CNY 12.34", "茶 Co", "5"]);
    assert_eq!(filled(&params, Some("{code}")), ["493817", "CNY 12.34", "{code}", "5"]);
}

#[test]
fn a_payee_is_cut_by_its_characters_and_nothing_else_is() {
    for (payee, expected) in [("六个字的名字", "六个字的名字"), ("六个字的名字茶", "六个字的名…"), ("", "")]
    {
        assert_eq!(
            filled(&["{code}", "{payee}", "{currency} {amount}"], Some(payee))[1..],
            [expected, "CNY 12.34"]
        );
    }
}

#[test]
fn what_is_missing_or_stands_for_nothing_is_said_at_the_start() {
    let code = &["{code}"][..];
    for (usual, lines, params) in [
        (None, &["payment_reset E"][..], code),
        (Some("U"), &["payment_reset"], code),
        (Some("U"), &["payment U"], code),
        (Some("U"), &["payment_reset en U x"], code),
        (Some("U"), &[], &["{minutes}"]),
        (Some("U"), &[], &["{code} for {payee}"]),
        (Some("U"), &[], &["{code}", "{sum}"]),
        (Some("U"), &[], &["{code}", "{payee"]),
        (Some("U"), &[], &["{code}", "{}"]),
    ] {
        assert!(parse(usual, lines, params).is_err(), "{lines:?} {params:?}");
    }
}
