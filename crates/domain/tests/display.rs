//! The text that a person sees says one transaction only: amount, currency and payee can be read back from it.

use countersign_domain::intent::{Line, Transaction, display};
use countersign_domain::lang::Lang;
use countersign_domain::money::{Amount, Currency, CurrencyCode};
use proptest::prelude::*;

/// The words before each thing, in the order of the lines.
const WORDS: [(Lang, [&str; 4]); 3] = [
    (Lang::En, ["Pay: ", "To: ", "Reference: ", "Memo: "]),
    (Lang::ZhCn, ["付款：", "收款方：", "参考号：", "备注："]),
    (Lang::ZhTw, ["付款：", "收款方：", "參考編號：", "備註："]),
];

/// What ends a line in any reader: the mandatory breaks of Unicode Standard Annex 14.
const BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

#[derive(PartialEq, Eq, Debug)]
struct Shown {
    currency: String,
    amount: String,
    payee: String,
    reference: Option<String>,
    memo: Option<String>,
}

/// Reads a display text as its rules say: amount first, payee second, then what else there is.
fn read(text: &str, [pay, payee, reference, memo]: [&str; 4]) -> Option<Shown> {
    let mut lines = text.split(BREAKS).peekable();
    let (currency, amount) = lines.next()?.strip_prefix(pay)?.split_once(' ')?;
    let payee = lines.next()?.strip_prefix(payee)?;
    let reference =
        lines.next_if(|line| line.starts_with(reference)).and_then(|it| it.strip_prefix(reference));
    let memo = lines.next_if(|line| line.starts_with(memo)).and_then(|it| it.strip_prefix(memo));
    let owned = |text: Option<&str>| text.map(str::to_owned);
    lines.next().is_none().then(|| Shown {
        currency: currency.to_owned(),
        amount: amount.to_owned(),
        payee: payee.to_owned(),
        reference: owned(reference),
        memo: owned(memo),
    })
}

/// Texts that try to pass for another line, and any others.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(
            WORDS.iter().flat_map(|(_, words)| *words).map(str::to_owned).collect::<Vec<_>>()
        ),
        prop::sample::select(BREAKS.iter().map(char::to_string).collect::<Vec<_>>()),
        prop::sample::select(vec![" ", "\u{3000}", "\u{301}", "\u{202E}", "CNY 0.01", "\u{200D}"])
            .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[a-z ]{1,6}",
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

fn line() -> impl Strategy<Value = Line> {
    text().prop_filter_map("no line", |text| Line::parse(&text))
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, max_local_rejects: 1_000_000, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn the_transaction_can_be_read_back_from_what_the_person_sees(
        payee in line(),
        reference in prop::option::of(line()),
        memo in prop::option::of(line()),
        units in 1..1_000_000_u32,
    ) {
        let currency = Currency::iso(CurrencyCode::parse("CNY").expect("a code")).expect("a currency");
        let amount = Amount::parse(&format!("{}.{:02}", units / 100, units % 100), currency).expect("an amount");
        let shown = |line: &Line| line.as_str().to_owned();
        let expected = Shown {
            currency: "CNY".to_owned(),
            amount: amount.as_str().to_owned(),
            payee: shown(&payee),
            reference: reference.as_ref().map(shown),
            memo: memo.as_ref().map(shown),
        };
        let transaction = Transaction { amount, currency, payee, payee_id: None, reference, memo, details: None };
        for (lang, words) in WORDS {
            let text = display(&transaction, lang);
            let read = read(&text, words);
            prop_assert_eq!(read.as_ref(), Some(&expected), "{:?}", text);
        }
    }

    #[test]
    fn no_line_has_blanks_by_which_it_could_reach_into_the_next(text in text()) {
        if let Some(line) = Line::parse(&text) {
            let blanks: Vec<bool> = line.as_str().chars().map(char::is_whitespace).collect();
            prop_assert!(!blanks.windows(2).any(|pair| pair[0] && pair[1]));
            prop_assert_eq!((blanks.first(), blanks.last()), (Some(&false), Some(&false)));
        }
    }
}
