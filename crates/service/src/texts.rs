//! What a person reads in a message.

use countersign_domain::code::Purpose;
use countersign_domain::intent::Transaction;
use countersign_domain::lang::Lang;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Span;

use crate::service::Settings;

/// The text of a code message: whose it is, what it is for, how long it lasts, and not to pass it on.
pub(crate) fn code_message(settings: &Settings, code: &SecretText, purpose: Purpose) -> SecretText {
    let minutes = minutes(settings.policy.codes.life);
    let (brand, code, what) = (&settings.brand, code.expose(), purpose_words(purpose, settings.message_lang));
    SecretText::new(match settings.message_lang {
        Lang::En => format!(
            "[{brand}] {code} is your code to {what}. It is valid for {minutes} minutes. Never give it to anyone, \
             our staff included."
        ),
        Lang::ZhCn => format!(
            "【{brand}】验证码{code}，用于{what}，{minutes}分钟内有效。请勿告知任何人，包括我们的工作人员。"
        ),
        Lang::ZhTw => format!(
            "【{brand}】驗證碼{code}，用於{what}，{minutes}分鐘內有效。請勿告知任何人，包括我們的工作人員。"
        ),
    })
}

/// The text of a code that approves an intent: the code, then the amount that it is bound to, and the payee last of all, where
/// nothing follows that its words could speak for.
pub(crate) fn intent_message(
    settings: &Settings,
    code: &SecretText,
    transaction: &Transaction,
) -> SecretText {
    let minutes = minutes(settings.policy.codes.life);
    let (brand, code) = (&settings.brand, code.expose());
    let (currency, amount) = (transaction.currency.code, transaction.amount.as_str());
    let payee = transaction.payee.as_str();
    SecretText::new(match settings.message_lang {
        Lang::En => format!(
            "[{brand}] {code} is your code to pay {currency} {amount}. It is valid for {minutes} minutes. Never give it to \
             anyone, our staff included. To: {payee}"
        ),
        Lang::ZhCn => format!(
            "【{brand}】验证码{code}，用于支付{currency} {amount}，{minutes}分钟内有效。请勿告知任何人，包括我们的工作人员。收款方：{payee}"
        ),
        Lang::ZhTw => format!(
            "【{brand}】驗證碼{code}，用於支付{currency} {amount}，{minutes}分鐘內有效。請勿告知任何人，包括我們的工作人員。收款方：{payee}"
        ),
    })
}

/// Whole minutes that a code is valid, as senders' templates say them too: what was begun counts, so never none.
const fn minutes(life: Span) -> i64 {
    (life.secs_ceil() + 59) / 60
}

const fn purpose_words(purpose: Purpose, lang: Lang) -> &'static str {
    match (purpose, lang) {
        (Purpose::PaymentReset, Lang::En) => "reset your payment password",
        (Purpose::PaymentReset, Lang::ZhCn) => "重置支付密码",
        (Purpose::PaymentReset, Lang::ZhTw) => "重設支付密碼",
        (Purpose::LoginReset, Lang::En) => "reset your login password",
        (Purpose::LoginReset, Lang::ZhCn) => "重置登录密码",
        (Purpose::LoginReset, Lang::ZhTw) => "重設登入密碼",
        (Purpose::QueryReset, Lang::En) => "reset your query password",
        (Purpose::QueryReset, Lang::ZhCn) => "重置查询密码",
        (Purpose::QueryReset, Lang::ZhTw) => "重設查詢密碼",
        (Purpose::PaymentChange, Lang::En) => "change your payment password",
        (Purpose::PaymentChange, Lang::ZhCn) => "修改支付密码",
        (Purpose::PaymentChange, Lang::ZhTw) => "修改支付密碼",
        (Purpose::PaymentApprove, Lang::En) => "approve a payment",
        (Purpose::PaymentApprove, Lang::ZhCn) => "确认支付",
        (Purpose::PaymentApprove, Lang::ZhTw) => "確認支付",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_life_is_said_to_be_of_no_minutes() {
        for (seconds, said) in [(1, 1), (59, 1), (60, 1), (61, 2), (300, 5)] {
            assert_eq!(minutes(Span::from_secs(seconds)), said, "{seconds}");
        }
    }
}
