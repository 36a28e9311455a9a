//! Texts for people, in the three languages.

use countersign_domain::lang::Lang;

/// What is said.
#[derive(Clone, Copy)]
pub(super) enum Text {
    NotLoggedIn,
    UserGone,
    Empty,
    BadRate,
    Unreadable,
    TooShort(usize),
    TooLong(usize),
    TooCommon,
    SameAsLogin,
    /// Locked for so many seconds, or until a reset or an operator helps.
    Locked(Option<i64>),
    /// Payments rest for so many seconds.
    OnHold(i64),
    MethodNotAllowed,
    BodyTooLarge,
    UnsupportedMediaType,
    NotFound,
    Overloaded,
    Fault,
}

/// The text in that language.
pub(super) fn text(text: Text, lang: Lang) -> String {
    match text {
        Text::TooShort(least) => match lang {
            Lang::ZhCn => format!("资金密码长度不够，至少{least}个字符"),
            Lang::ZhTw => format!("資金密碼長度不夠，至少{least}個字元"),
            Lang::En => format!("The fund password needs at least {least} characters"),
        },
        Text::TooLong(most) => match lang {
            Lang::ZhCn => format!("资金密码过长，最多{most}个字符"),
            Lang::ZhTw => format!("資金密碼過長，最多{most}個字元"),
            Lang::En => format!("The fund password may have at most {most} characters"),
        },
        Text::Locked(Some(seconds)) => match lang {
            Lang::ZhCn => format!("资金密码已锁定，请于{seconds}秒后再试"),
            Lang::ZhTw => format!("資金密碼已鎖定，請於{seconds}秒後再試"),
            Lang::En => format!("The fund password is locked, try again in {seconds} seconds"),
        },
        Text::OnHold(seconds) => match lang {
            Lang::ZhCn => format!("资金支付已暂停，请于{seconds}秒后再试"),
            Lang::ZhTw => format!("資金支付已暫停，請於{seconds}秒後再試"),
            Lang::En => format!("Payments are on hold, try again in {seconds} seconds"),
        },
        Text::Locked(None) => chosen(
            lang,
            "资金密码已锁定，请联系客服",
            "資金密碼已鎖定，請聯繫客服",
            "The fund password is locked, please contact customer service",
        ),
        Text::NotLoggedIn => {
            chosen(lang, "当前用户没有登录", "目前使用者沒有登入", "The current user is not logged in")
        }
        Text::UserGone => chosen(lang, "用户找不到", "找不到使用者", "The user cannot be found"),
        Text::Empty => {
            chosen(lang, "资金密码不能为空", "資金密碼不能為空", "The fund password must not be empty")
        }
        Text::BadRate => chosen(
            lang,
            "rate 不对，只能是 1、2 或 3",
            "rate 不對，只能是 1、2 或 3",
            "rate must be 1, 2 or 3",
        ),
        Text::Unreadable => {
            chosen(lang, "请求内容无法读取", "請求內容無法讀取", "The request cannot be read")
        }
        Text::TooCommon => {
            chosen(lang, "资金密码过于简单", "資金密碼過於簡單", "This fund password is too easy to guess")
        }
        Text::SameAsLogin => chosen(
            lang,
            "资金密码不能和登录密码相同",
            "資金密碼不能和登入密碼相同",
            "The fund password must differ from the login password",
        ),
        Text::MethodNotAllowed => {
            chosen(lang, "不支持该请求方法", "不支援該請求方法", "This method is not supported")
        }
        Text::BodyTooLarge => chosen(lang, "请求内容过大", "請求內容過大", "The request is too large"),
        Text::UnsupportedMediaType => {
            chosen(lang, "请求内容须为 JSON", "請求內容須為 JSON", "The request's body must be JSON")
        }
        Text::NotFound => chosen(lang, "找不到该接口", "找不到該介面", "There is no such endpoint"),
        Text::Overloaded => chosen(
            lang,
            "系统繁忙，请稍后再试",
            "系統繁忙，請稍後再試",
            "The system is busy, try again later",
        ),
        Text::Fault => chosen(lang, "系统异常", "系統異常", "System error"),
    }
}

fn chosen(lang: Lang, zh_cn: &str, zh_tw: &str, en: &str) -> String {
    match lang {
        Lang::ZhCn => zh_cn,
        Lang::ZhTw => zh_tw,
        Lang::En => en,
    }
    .to_owned()
}
