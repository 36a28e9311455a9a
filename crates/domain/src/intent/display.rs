//! The text that the person must see before approving: what is digested, in three languages.

use super::Transaction;
use crate::lang::Lang;

/// The transaction in that language.
///
/// One line for each thing, because no thing can contain the end of a line: what is in one cannot pass for another.
#[must_use]
pub fn display(transaction: &Transaction, lang: Lang) -> String {
    let Transaction { amount, currency, payee, payee_id: _, reference, memo, details: _ } = transaction;
    let words = words(lang);
    let mut text = format!("{}{} {}", words.pay, currency.code, amount.as_str());
    let rest =
        [(words.payee, Some(payee)), (words.reference, reference.as_ref()), (words.memo, memo.as_ref())];
    for (word, line) in rest {
        if let Some(line) = line {
            text.push('\n');
            text.push_str(word);
            text.push_str(line.as_str());
        }
    }
    text
}

struct Words {
    pay: &'static str,
    payee: &'static str,
    reference: &'static str,
    memo: &'static str,
}

const fn words(lang: Lang) -> Words {
    match lang {
        Lang::En => Words { pay: "Pay: ", payee: "To: ", reference: "Reference: ", memo: "Memo: " },
        Lang::ZhCn => {
            Words { pay: "付款：", payee: "收款方：", reference: "参考号：", memo: "备注：" }
        }
        Lang::ZhTw => {
            Words { pay: "付款：", payee: "收款方：", reference: "參考編號：", memo: "備註：" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Line;
    use super::*;
    use crate::money::{Amount, Currency, CurrencyCode};

    #[test]
    fn every_language_shows_every_field_on_a_line_of_its_own() {
        let currency = Currency::iso(CurrencyCode::parse("CNY").expect("a code")).expect("a currency");
        let transaction = Transaction {
            amount: Amount::parse("12.34", currency).expect("an amount"),
            currency,
            payee: Line::parse("张三").expect("a line"),
            payee_id: None,
            reference: None,
            memo: Line::parse("dinner"),
            details: None,
        };
        assert_eq!(display(&transaction, Lang::En), "Pay: CNY 12.34\nTo: 张三\nMemo: dinner");
        assert_eq!(display(&transaction, Lang::ZhCn), "付款：CNY 12.34\n收款方：张三\n备注：dinner");
        let whole = Transaction { reference: Line::parse("A-1"), ..transaction };
        assert_eq!(display(&whole, Lang::ZhTw), "付款：CNY 12.34\n收款方：张三\n參考編號：A-1\n備註：dinner");
    }
}
