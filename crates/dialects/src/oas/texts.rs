//! Texts for people, in the three languages. Those in simplified Chinese are document 000's where it has them.

use countersign_domain::lang::Lang;

/// What is said.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Done,
    NoToken,
    TokenExpired,
    TokenUnknown,
    Incorrect,
    Missing,
    NotBase64,
    Unreadable,
    TooCommon,
    SameAsLogin,
    Unchanged,
    MethodNotAllowed,
    BodyTooLarge,
    UnsupportedMediaType,
    NotFound,
    Fault,
}

/// The text in that language.
pub(super) const fn text(text: Text, lang: Lang) -> &'static str {
    let (zh_cn, zh_tw, en) = match text {
        Text::Done => ("密码设定成功", "密碼設定成功", "The password has been set"),
        Text::NoToken => (
            "Header中没有token可验证，请确认",
            "Header中沒有token可驗證，請確認",
            "There is no token in the header",
        ),
        Text::TokenExpired => ("Request Timeout", "Request Timeout", "Request Timeout"),
        Text::TokenUnknown => ("请重新登入", "請重新登入", "Please log in again"),
        Text::Incorrect => {
            ("旧资金密码错误，请确认", "舊資金密碼錯誤，請確認", "The old withdraw password is wrong")
        }
        Text::Missing => ("请输入资金密码", "請輸入資金密碼", "Please enter a withdraw password"),
        Text::NotBase64 => (
            "资金密码须以Base64编码传送",
            "資金密碼須以Base64編碼傳送",
            "The withdraw password must be sent as Base64",
        ),
        Text::Unreadable => ("请求内容无法读取", "請求內容無法讀取", "The request cannot be read"),
        Text::TooCommon => (
            "资金密码过于简单，请更换",
            "資金密碼過於簡單，請更換",
            "This withdraw password is too easy to guess",
        ),
        Text::SameAsLogin => (
            "资金密码不能与登录密码相同",
            "資金密碼不能與登入密碼相同",
            "The withdraw password must differ from the login password",
        ),
        Text::Unchanged => (
            "新资金密码不能与旧资金密码相同",
            "新資金密碼不能與舊資金密碼相同",
            "The new withdraw password must differ from the old one",
        ),
        Text::MethodNotAllowed => ("不支持该请求方法", "不支援該請求方法", "This method is not supported"),
        Text::BodyTooLarge => ("请求内容过大", "請求內容過大", "The request is too large"),
        Text::UnsupportedMediaType => {
            ("不支持该内容类型", "不支援該內容類型", "This content type is not supported")
        }
        Text::NotFound => ("找不到该接口", "找不到該介面", "There is no such endpoint"),
        Text::Fault => (
            "系统问题，请联络管理员",
            "系統問題，請聯絡管理員",
            "System error, please contact the administrator",
        ),
    };
    chosen(lang, zh_cn, zh_tw, en)
}

/// Too short: fewer than `least` characters.
pub(super) fn too_short(least: usize, lang: Lang) -> String {
    match lang {
        Lang::ZhCn => format!("资金密码长度不能少于{least}个字符"),
        Lang::ZhTw => format!("資金密碼長度不能少於{least}個字元"),
        Lang::En => format!("The withdraw password must have at least {least} characters"),
    }
}

/// Too long: more than `most` characters.
pub(super) fn too_long(most: usize, lang: Lang) -> String {
    match lang {
        Lang::ZhCn => format!("资金密码长度不能超过{most}个字符"),
        Lang::ZhTw => format!("資金密碼長度不能超過{most}個字元"),
        Lang::En => format!("The withdraw password must have at most {most} characters"),
    }
}

/// Locked, with the seconds left, or `None` when waiting does not help.
pub(super) fn locked(seconds: Option<i64>, lang: Lang) -> String {
    let Some(seconds) = seconds else {
        return chosen(
            lang,
            "资金密码已锁定，请联络客服",
            "資金密碼已鎖定，請聯絡客服",
            "The withdraw password is locked, please contact customer service",
        )
        .to_owned();
    };
    let left = time_left(seconds, lang);
    match lang {
        Lang::ZhCn => format!("资金密码已锁定，请于{left}后再试"),
        Lang::ZhTw => format!("資金密碼已鎖定，請於{left}後再試"),
        Lang::En => format!("The withdraw password is locked, please try again in {left}"),
    }
}

/// A length of time in its two largest units, each rounded so that whoever waits has waited long enough.
fn time_left(seconds: i64, lang: Lang) -> String {
    if seconds < 60 {
        return unit(seconds.max(1), ("秒", "秒", "second"), lang);
    }
    let minutes = (seconds + 59) / 60;
    let parts = if minutes < 60 {
        [None, Some((minutes, ("分钟", "分鐘", "minute")))]
    } else if minutes < 24 * 60 {
        [Some((minutes / 60, ("小时", "小時", "hour"))), Some((minutes % 60, ("分钟", "分鐘", "minute")))]
    } else {
        let hours = (minutes + 59) / 60;
        [Some((hours / 24, ("天", "天", "day"))), Some((hours % 24, ("小时", "小時", "hour")))]
    };
    let joint = if lang == Lang::En { " " } else { "" };
    let spoken = parts.into_iter().flatten().filter(|(count, _)| *count > 0);
    spoken.map(|(count, names)| unit(count, names, lang)).collect::<Vec<_>>().join(joint)
}

fn unit(count: i64, (zh_cn, zh_tw, en): (&str, &str, &str), lang: Lang) -> String {
    match lang {
        Lang::ZhCn => format!("{count}{zh_cn}"),
        Lang::ZhTw => format!("{count}{zh_tw}"),
        Lang::En if count == 1 => format!("1 {en}"),
        Lang::En => format!("{count} {en}s"),
    }
}

const fn chosen(lang: Lang, zh_cn: &'static str, zh_tw: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::ZhCn => zh_cn,
        Lang::ZhTw => zh_tw,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_spoken_in_two_units_and_never_too_short() {
        let cases = [
            (0, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (3600, "1 hour"),
            (3601, "1 hour 1 minute"),
            (86_399, "1 day"),
            (90_001, "1 day 2 hours"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(time_left(seconds, Lang::En), expected);
        }
        assert_eq!(time_left(7260, Lang::ZhCn), "2小时1分钟");
        assert_eq!(time_left(90_000, Lang::ZhTw), "1天1小時");
    }
}
