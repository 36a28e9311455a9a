//! What of an intent is digested.

use countersign_domain::id::IntentId;
use countersign_domain::intent::{Line, Transaction, display};
use countersign_domain::lang::Lang;
use countersign_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{NotCanonical, canonicalize};

/// The kind of what is digested, so that no other document of ours can have the same digest.
const KIND: &str = "countersign.intent.v1";

/// The canonical form of everything that an approval of this intent binds: the transaction, the text that its person sees in
/// each language, whose it is, and until when.
///
/// # Errors
///
/// As [`canonicalize`]: never for details that were canonical already and lie no deeper than one level less.
pub fn canonical(
    id: IntentId,
    transaction: &Transaction,
    expires_at: Timestamp,
) -> Result<String, NotCanonical> {
    let Transaction { amount, currency, payee, payee_id, reference, memo, details } = transaction;
    let text = |text: &str| Value::String(text.to_owned());
    let shown = [Lang::En, Lang::ZhCn, Lang::ZhTw];
    let shown = shown.map(|lang| (lang.tag().to_owned(), Value::String(display(transaction, lang))));
    let mut document = Map::from_iter([
        ("kind".to_owned(), text(KIND)),
        ("id".to_owned(), text(&id.to_string())),
        ("account_id".to_owned(), text(&id.account().to_string())),
        ("amount".to_owned(), text(amount.as_str())),
        ("currency".to_owned(), text(currency.code.as_str())),
        ("payee".to_owned(), text(payee.as_str())),
        ("display".to_owned(), Value::Object(Map::from_iter(shown))),
        ("expires_at_ms".to_owned(), Value::from(expires_at.millis())),
    ]);
    let lines = [("payee_id", payee_id.as_ref()), ("reference", reference.as_ref()), ("memo", memo.as_ref())];
    for (name, line) in lines {
        document.extend(line.map(|line: &Line| (name.to_owned(), text(line.as_str()))));
    }
    if let Some(details) = details {
        let details = serde_json::from_str(details.as_str()).map_err(|_| NotCanonical::Json)?;
        document.insert("details".to_owned(), details);
    }
    canonicalize(&Value::Object(document))
}

#[cfg(test)]
mod tests {
    use countersign_domain::id::AccountId;
    use countersign_domain::intent::Details;
    use countersign_domain::money::{Amount, Currency, CurrencyCode};

    use super::*;
    use crate::canonical::{digest, digest_text};

    #[test]
    fn everything_that_is_approved_is_digested() {
        let currency = Currency::iso(CurrencyCode::parse("CNY").expect("a code")).expect("a currency");
        let transaction = Transaction {
            amount: Amount::parse("12.34", currency).expect("an amount"),
            currency,
            payee: Line::parse("张三").expect("a line"),
            payee_id: None,
            reference: None,
            memo: None,
            details: None,
        };
        let id = IntentId::new(AccountId::from_bytes([1; 16]), [2; 10]);
        let at = Timestamp::from_secs(1_700_000_000);
        let text = canonical(id, &transaction, at).expect("canonical");
        assert_eq!(
            text,
            "{\"account_id\":\"acct_01040g2081040g2081040g2081\",\"amount\":\"12.34\",\"currency\":\"CNY\",\
             \"display\":{\"en\":\"Pay: CNY 12.34\\nTo: 张三\",\"zh-CN\":\"付款：CNY 12.34\\n收款方：张三\",\
             \"zh-TW\":\"付款：CNY 12.34\\n收款方：张三\"},\"expires_at_ms\":1700000000000,\
             \"id\":\"int_01040g2081040g2081040g2081081040g2081040g2\",\"kind\":\"countersign.intent.v1\",\
             \"payee\":\"张三\"}"
        );
        let mut seen = vec![digest_text(&digest(&text))];
        let others = [
            Transaction { payee: Line::parse("张四").expect("a line"), ..transaction.clone() },
            Transaction {
                amount: Amount::parse("12.35", currency).expect("an amount"),
                ..transaction.clone()
            },
            Transaction { memo: Line::parse("a"), ..transaction.clone() },
            Transaction { reference: Line::parse("a"), ..transaction.clone() },
            Transaction { payee_id: Line::parse("a"), ..transaction.clone() },
            Transaction { details: Details::of_canonical("{\"a\":1}".to_owned()), ..transaction.clone() },
        ];
        for other in &others {
            seen.push(digest_text(&digest(&canonical(id, other, at).expect("canonical"))));
        }
        seen.push(digest_text(&digest(
            &canonical(id, &transaction, at + countersign_domain::time::Span::from_millis(1))
                .expect("canonical"),
        )));
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}
