//! What can be wrong with a member beyond being absent or too long. Those that list the values to be taken are the
//! same in every language.

use countersign_domain::lang::Lang;
use countersign_domain::webhook::guard::Denied;

use super::pick;
use crate::rejection::Fault;

/// The word for machines and the words for people about what is wrong with a member.
pub(in crate::native) fn of_fault(fault: &Fault, lang: Lang) -> (&'static str, String) {
    match fault {
        Fault::Required => ("required", pick(lang, ["it is needed", "不能缺少", "不能缺少"]).to_owned()),
        Fault::TooLong(most) => {
            ("too_long", pick(lang, ["at most {}", "最多 {}", "最多 {}"]).replace("{}", &most.to_string()))
        }
        Fault::NotAllowed(words) => match ALL.iter().find(|(english, ..)| english == words) {
            Some((english, code, cn, tw)) => (code, pick(lang, [english, cn, tw]).to_owned()),
            None => ("not_allowed", pick(lang, ["one of: {}", "须为：{}", "須為：{}"]).replace("{}", words)),
        },
    }
}

pub(in crate::native) const UNKNOWN: &str = "there is no such member here";
pub(in crate::native) const OUT_OF_RANGE: &str = "the number is out of range";
pub(in crate::native) const CONTROL: &str = "it has control characters";
pub(in crate::native) const NO_MOBILE: &str = "it is not a mobile number of 4 to 15 digits";
pub(in crate::native) const NO_TIME: &str = "it is not a time such as 2026-01-31T08:00:00Z";
pub(in crate::native) const NO_ID: &str = "it is not an id of that kind of record";
pub(in crate::native) const NO_INTEGER: &str = "it is not a whole number";
pub(in crate::native) const ONE_FILTER: &str = "accounts are found by one identifier at a time";
pub(in crate::native) const NO_KEY: &str = "it must have 1 to 255 visible ASCII characters, once";
pub(in crate::native) const NO_ADDRESS: &str = "it must be one IPv4 or IPv6 address, once";
pub(in crate::native) const NOT_THEIRS: &str = "the account has no such mobile number";
pub(in crate::native) const NO_SUCH_APP: &str = "there is no such app";
pub(in crate::native) const NO_CURRENCY: &str = "it is not the code of a currency that is dealt in";
pub(in crate::native) const NO_AMOUNT: &str = "it is not an amount above zero in plain digits";
pub(in crate::native) const TOO_FINE: &str = "the currency has fewer digits after the point";
pub(in crate::native) const NO_LINE: &str = "it has characters that break, hide or reorder the line";
pub(in crate::native) const NOT_CANONICAL: &str =
    "it is nested too deeply, or has a number that a double does not hold";
pub(in crate::native) const KINDS: &str = "login, payment, query";
pub(in crate::native) const INTENT_STATES: &str = "pending, approved, consumed, cancelled, expired, voided";
pub(in crate::native) const FREQUENCIES: &str = "every, hour, day";
pub(in crate::native) const PURPOSES: &str = "payment_reset, login_reset, query_reset, payment_change";
pub(in crate::native) const APP_KINDS: &str = "api, spark, hawk";
pub(in crate::native) const SCOPES: &str = "accounts:read, accounts:write, secrets:verify, secrets:write, \
    sessions:write, codes:write, intents:write, events:read, apps:write, holds:write, webhooks:write";
pub(in crate::native) const SCHEMES: &str = "v1, v1a";
pub(in crate::native) const NO_TYPE: &str = "it is not the type of an event";
pub(in crate::native) const NO_PLACE: &str = "it is not a place in the feed";
pub(in crate::native) const NO_MOMENT: &str = "it is neither a place in the feed nor a time (RFC 3339)";
pub(in crate::native) const NO_URL: &str =
    "it is not https://host[:port][/path] without user name and fragment";
pub(in crate::native) const NOT_HTTPS: &str = "it must be https";
pub(in crate::native) const NOT_THIS_PORT: &str = "this port may not be called";
pub(in crate::native) const NOT_PUBLIC: &str = "this address is not public";

/// Why a webhook may not go there, in words.
pub(in crate::native) const fn of_denied(why: Denied) -> &'static str {
    match why {
        Denied::NotAUrl => NO_URL,
        Denied::NotEncrypted => NOT_HTTPS,
        Denied::Port => NOT_THIS_PORT,
        Denied::Address(_) => NOT_PUBLIC,
    }
}

/// Each but the lists, with the word for machines and its translations.
pub(super) const ALL: [(&str, &str, &str, &str); 24] = [
    (UNKNOWN, "unknown_member", "此处没有这个成员", "此處沒有這個成員"),
    (OUT_OF_RANGE, "out_of_range", "数值超出范围", "數值超出範圍"),
    (CONTROL, "not_allowed", "含有控制字符", "含有控制字元"),
    (NO_MOBILE, "not_allowed", "不是 4 至 15 位数字的手机号码", "不是 4 至 15 位數字的手機號碼"),
    (NO_ID, "not_allowed", "不是该类记录的编号", "不是該類記錄的編號"),
    (NO_INTEGER, "not_allowed", "不是整数", "不是整數"),
    (ONE_FILTER, "not_allowed", "一次只能按一种标识查找账户", "一次只能按一種識別查找帳戶"),
    (
        NO_KEY,
        "not_allowed",
        "须为 1 至 255 个可见 ASCII 字符，且只出现一次",
        "須為 1 至 255 個可見 ASCII 字元，且只出現一次",
    ),
    (
        NO_ADDRESS,
        "not_allowed",
        "须为一个 IPv4 或 IPv6 地址，且只出现一次",
        "須為一個 IPv4 或 IPv6 位址，且只出現一次",
    ),
    (NOT_THEIRS, "not_allowed", "该账户没有这个手机号码", "該帳戶沒有這個手機號碼"),
    (NO_TIME, "not_allowed", "不是 2026-01-31T08:00:00Z 这样的时间", "不是 2026-01-31T08:00:00Z 這樣的時間"),
    (NO_CURRENCY, "not_allowed", "不是受支持的币种代码", "不是受支援的幣別代碼"),
    (NO_AMOUNT, "not_allowed", "不是大于零的十进制金额", "不是大於零的十進位金額"),
    (TOO_FINE, "not_allowed", "小数位数超过该币种的位数", "小數位數超過該幣別的位數"),
    (NO_LINE, "not_allowed", "含有换行、隐藏或改变文字顺序的字符", "含有換行、隱藏或改變文字順序的字元"),
    (
        NOT_CANONICAL,
        "not_allowed",
        "嵌套过深，或含有双精度浮点数无法准确表示的数值",
        "巢狀過深，或含有雙精度浮點數無法準確表示的數值",
    ),
    (NO_SUCH_APP, "not_allowed", "没有这个应用", "沒有這個應用程式"),
    (NO_TYPE, "not_allowed", "不是事件类型", "不是事件類型"),
    (NO_PLACE, "not_allowed", "不是事件流中的位置", "不是事件流中的位置"),
    (
        NO_MOMENT,
        "not_allowed",
        "既不是事件流中的位置，也不是时间（RFC 3339）",
        "既不是事件流中的位置，也不是時間（RFC 3339）",
    ),
    (
        NO_URL,
        "not_allowed",
        "须为 https://主机[:端口][/路径]，不含用户名和片段",
        "須為 https://主機[:連接埠][/路徑]，不含使用者名稱和片段",
    ),
    (NOT_HTTPS, "not_allowed", "须使用 https", "須使用 https"),
    (NOT_THIS_PORT, "not_allowed", "不允许访问该端口", "不允許存取該連接埠"),
    (NOT_PUBLIC, "not_allowed", "该地址不是公网地址", "該位址不是公網位址"),
];
