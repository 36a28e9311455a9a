//! What people read when a call fails, in English and in simplified and traditional Chinese.

pub(super) mod fault;

use countersign_domain::lang::Lang;

pub(super) use self::fault::of_fault;
use super::wire::problem::ProblemCode;

/// A few words that name the problem, the same for every occurrence (RFC 9457, section 3.1.3).
pub(super) fn title(code: ProblemCode, lang: Lang) -> &'static str {
    pick(lang, row(code).1)
}

/// One sentence about this occurrence; `about` is a number or a word that belongs to it.
pub(super) fn detail(code: ProblemCode, lang: Lang, about: &str) -> String {
    pick(lang, row(code).2).replace("{}", about)
}

/// What follows the detail of a wrong secret, where one more miss blocks it. No wait helps then, so that the person had
/// better stop guessing (Commission Delegated Regulation (EU) 2018/389, article 4(4), asks for it).
pub(super) const fn last_guess_left(lang: Lang) -> &'static str {
    pick(
        lang,
        [
            " One more wrong attempt blocks it until it is reset.",
            "再输错一次，密码将被锁定，须重置后才能使用。",
            "再輸錯一次，密碼將被鎖定，須重設後才能使用。",
        ],
    )
}

/// Instead of the detail of a missing scope, where it is one that nobody is given through this API.
pub(super) fn only_by_operator(lang: Lang, scope: &str) -> String {
    let text = pick(
        lang,
        [
            "An operator gives the scope {}, on the command line: countersign apps create --scopes {}.",
            "{} 权限只能由运维人员在命令行授予：countersign apps create --scopes {}。",
            "{} 權限只能由維運人員在命令列授予：countersign apps create --scopes {}。",
        ],
    );
    text.replace("{}", scope)
}

const fn pick(lang: Lang, [en, cn, tw]: [&'static str; 3]) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::ZhCn => cn,
        Lang::ZhTw => tw,
    }
}

/// A problem's title and detail in each language. `{}` stands for what belongs to the occurrence.
type Row = (ProblemCode, [&'static str; 3], [&'static str; 3]);

/// The row of a problem. Every code has one; the test below sees to it.
fn row(code: ProblemCode) -> &'static Row {
    ROWS.iter().find(|row| row.0 == code).unwrap_or(&ROWS[0])
}

static ROWS: [Row; 43] = [
    (
        ProblemCode::MalformedRequest,
        ["Malformed request", "请求格式错误", "請求格式錯誤"],
        ["The request cannot be read: {}.", "无法读取请求（{}）。", "無法讀取請求（{}）。"],
    ),
    (
        ProblemCode::InvalidParameter,
        ["Invalid parameter", "参数无效", "參數無效"],
        ["Missing or not allowed: {}.", "缺少或不被接受的参数：{}。", "缺少或不被接受的參數：{}。"],
    ),
    (
        ProblemCode::SecretTooShort,
        ["Secret too short", "密码过短", "密碼過短"],
        [
            "The new secret must have at least {} characters.",
            "新密码至少需要 {} 个字符。",
            "新密碼至少需要 {} 個字元。",
        ],
    ),
    (
        ProblemCode::SecretTooLong,
        ["Secret too long", "密码过长", "密碼過長"],
        [
            "The new secret may have at most {} characters.",
            "新密码最多 {} 个字符。",
            "新密碼最多 {} 個字元。",
        ],
    ),
    (
        ProblemCode::SecretTooCommon,
        ["Secret too common", "密码过于常见", "密碼過於常見"],
        [
            "The new secret is one that everybody tries first.",
            "新密码过于常见，容易被猜中。",
            "新密碼過於常見，容易被猜中。",
        ],
    ),
    (
        ProblemCode::SecretSameAsLogin,
        ["Same as the login secret", "与登录密码相同", "與登入密碼相同"],
        [
            "The payment secret must differ from the login secret.",
            "支付密码不能与登录密码相同。",
            "支付密碼不能與登入密碼相同。",
        ],
    ),
    (
        ProblemCode::SecretUnchanged,
        ["Secret unchanged", "密码未改变", "密碼未改變"],
        ["The new secret is the old one.", "新密码与旧密码相同。", "新密碼與舊密碼相同。"],
    ),
    (
        ProblemCode::IdempotencyMismatch,
        ["Idempotency key reused", "幂等键被重复使用", "冪等鍵被重複使用"],
        [
            "This Idempotency-Key was used for another request.",
            "此 Idempotency-Key 已用于另一个请求。",
            "此 Idempotency-Key 已用於另一個請求。",
        ],
    ),
    (
        ProblemCode::Unauthenticated,
        ["Not authenticated", "未通过身份验证", "未通過身分驗證"],
        ["A valid bearer credential is needed.", "需要有效的 Bearer 凭证。", "需要有效的 Bearer 憑證。"],
    ),
    (
        ProblemCode::InsufficientUserAuthentication,
        ["Log in again", "请重新登录", "請重新登入"],
        [
            "The login was too long ago, or is not strong enough for this.",
            "登录时间过久，或登录方式的安全级别不足。",
            "登入時間過久，或登入方式的安全等級不足。",
        ],
    ),
    (
        ProblemCode::Forbidden,
        ["Forbidden", "没有权限", "沒有權限"],
        ["This key lacks the scope {}.", "此密钥没有 {} 权限。", "此金鑰沒有 {} 權限。"],
    ),
    (
        ProblemCode::SecretIncorrect,
        ["Secret incorrect", "密码错误", "密碼錯誤"],
        ["The secret is not right.", "密码不正确。", "密碼不正確。"],
    ),
    (
        ProblemCode::CodeIncorrect,
        ["Code incorrect", "验证码错误", "驗證碼錯誤"],
        [
            "The code is wrong, was used or was never sent.",
            "验证码错误、已使用或从未发送。",
            "驗證碼錯誤、已使用或從未傳送。",
        ],
    ),
    (
        ProblemCode::NotFound,
        ["Not found", "未找到", "找不到"],
        ["There is nothing of that name.", "没有这个名称的资源。", "沒有這個名稱的資源。"],
    ),
    (
        ProblemCode::MethodNotAllowed,
        ["Method not allowed", "不支持该方法", "不支援該方法"],
        ["This path takes {}.", "此路径只接受 {}。", "此路徑只接受 {}。"],
    ),
    (
        ProblemCode::SecretNotSet,
        ["Secret not set", "密码尚未设置", "密碼尚未設定"],
        ["There is no secret of that kind yet.", "尚未设置该类密码。", "尚未設定該類密碼。"],
    ),
    (
        ProblemCode::SecretAlreadySet,
        ["Secret already set", "密码已设置", "密碼已設定"],
        [
            "There is a secret of that kind; change or reset it.",
            "已设置该类密码，请修改或重置。",
            "已設定該類密碼，請修改或重設。",
        ],
    ),
    (
        ProblemCode::IdentifierTaken,
        ["Identifier taken", "标识已被占用", "識別已被使用"],
        ["Another account already has this {}.", "另一账户已使用此 {}。", "另一帳戶已使用此 {}。"],
    ),
    (
        ProblemCode::IdempotencyConflict,
        ["Request still running", "请求仍在处理中", "請求仍在處理中"],
        [
            "A request with this Idempotency-Key is not finished.",
            "使用此 Idempotency-Key 的请求尚未完成。",
            "使用此 Idempotency-Key 的請求尚未完成。",
        ],
    ),
    (
        ProblemCode::CodeExpired,
        ["Code expired", "验证码已过期", "驗證碼已過期"],
        [
            "The code's time is over; ask for another.",
            "验证码已过期，请重新获取。",
            "驗證碼已過期，請重新取得。",
        ],
    ),
    (
        ProblemCode::BodyTooLarge,
        ["Body too large", "请求体过大", "請求主體過大"],
        ["The body may have at most {} bytes.", "请求体最多 {} 字节。", "請求主體最多 {} 位元組。"],
    ),
    (
        ProblemCode::UnsupportedMediaType,
        ["Unsupported media type", "不支持的媒体类型", "不支援的媒體類型"],
        [
            "The body must be application/json in UTF-8.",
            "请求体须为 UTF-8 编码的 application/json。",
            "請求主體須為 UTF-8 編碼的 application/json。",
        ],
    ),
    (
        ProblemCode::SecretLocked,
        ["Secret locked", "密码已锁定", "密碼已鎖定"],
        [
            "There were too many wrong guesses; nothing was compared.",
            "错误次数过多，密码已锁定；本次未作比较。",
            "錯誤次數過多，密碼已鎖定；本次未作比較。",
        ],
    ),
    (
        ProblemCode::RateLimited,
        ["Too many requests", "请求过于频繁", "請求過於頻繁"],
        ["Try again in {} s.", "请在 {} 秒后重试。", "請在 {} 秒後重試。"],
    ),
    (
        ProblemCode::InternalError,
        ["Internal error", "系统内部错误", "系統內部錯誤"],
        [
            "The fault is ours; give the request_id to the operator.",
            "系统出错，请将 request_id 告知管理员。",
            "系統出錯，請將 request_id 告知管理員。",
        ],
    ),
    (
        ProblemCode::Overloaded,
        ["Overloaded", "系统繁忙", "系統忙碌"],
        [
            "Nothing was charged. Try again in {} s.",
            "未计入任何次数，请在 {} 秒后重试。",
            "未計入任何次數，請在 {} 秒後重試。",
        ],
    ),
    (
        ProblemCode::Unavailable,
        ["Unavailable", "服务暂不可用", "服務暫不可用"],
        [
            "The database cannot be reached. Try again in {} s, with the same idempotency key: what was begun may be done.",
            "暂时无法连接数据库，请在 {} 秒后以相同的幂等键重试：已开始的操作可能已完成。",
            "暫時無法連線資料庫，請在 {} 秒後以相同的冪等鍵重試：已開始的操作可能已完成。",
        ],
    ),
    (
        ProblemCode::ReadOnly,
        ["Read-only", "只读", "唯讀"],
        [
            "Nothing is written for a while, and nothing was done. Try again in {} s.",
            "系统暂时只读，未执行任何操作，请在 {} 秒后重试。",
            "系統暫時唯讀，未執行任何操作，請在 {} 秒後重試。",
        ],
    ),
    (
        ProblemCode::IntentConsumed,
        ["Intent consumed", "交易授权已使用", "交易授權已使用"],
        ["This approval was used already.", "此授权已被使用。", "此授權已被使用。"],
    ),
    (
        ProblemCode::IntentVoided,
        ["Intent void", "交易授权已失效", "交易授權已失效"],
        [
            "What this intent rested on has changed; create a new one.",
            "此交易的授权条件已改变，请重新发起。",
            "此交易的授權條件已改變，請重新發起。",
        ],
    ),
    (
        ProblemCode::IntentNotApproved,
        ["Intent not approved", "交易未获授权", "交易未獲授權"],
        ["This intent is not approved.", "此交易尚未获得授权。", "此交易尚未獲得授權。"],
    ),
    (
        ProblemCode::IntentAlreadyApproved,
        ["Intent already approved", "交易已获授权", "交易已獲授權"],
        ["This intent is approved already.", "此交易已获得授权。", "此交易已獲得授權。"],
    ),
    (
        ProblemCode::IntentCancelled,
        ["Intent cancelled", "交易已取消", "交易已取消"],
        ["This intent was cancelled.", "此交易已取消。", "此交易已取消。"],
    ),
    (
        ProblemCode::DigestMismatch,
        ["Digest mismatch", "交易摘要不符", "交易摘要不符"],
        [
            "Something else was approved; this intent is void now.",
            "与已授权的内容不一致，此授权现已失效。",
            "與已授權的內容不一致，此授權現已失效。",
        ],
    ),
    (
        ProblemCode::NotOnHold,
        ["Not on hold", "未处于暂停期", "未處於暫停期"],
        ["Payments of this account do not rest.", "此账户的支付未被暂停。", "此帳戶的支付未被暫停。"],
    ),
    (
        ProblemCode::IntentExpired,
        ["Intent expired", "交易已过期", "交易已過期"],
        [
            "The intent's time is over; create a new one.",
            "交易已过期，请重新发起。",
            "交易已過期，請重新發起。",
        ],
    ),
    (
        ProblemCode::SecretRequired,
        ["Secret required", "需要输入密码", "需要輸入密碼"],
        ["The person must be asked for the secret.", "需要用户输入支付密码。", "需要使用者輸入支付密碼。"],
    ),
    (
        ProblemCode::CodeRequired,
        ["Code required", "需要验证码", "需要驗證碼"],
        [
            "The secret alone is not enough for this payment.",
            "此笔支付仅凭密码不足以授权。",
            "此筆支付僅憑密碼不足以授權。",
        ],
    ),
    (
        ProblemCode::FactorsIncorrect,
        ["Secret or code incorrect", "密码或验证码错误", "密碼或驗證碼錯誤"],
        ["The secret or the code is not right, or neither.", "密码或验证码不正确。", "密碼或驗證碼不正確。"],
    ),
    (
        ProblemCode::KeyTooYoung,
        ["Key too young", "密钥创建过晚", "金鑰建立過晚"],
        [
            "This key was made after the hold began; it takes two that are older.",
            "此密钥创建于暂停之后；须由两个更早的密钥共同解除。",
            "此金鑰建立於暫停之後；須由兩個更早的金鑰共同解除。",
        ],
    ),
    (
        ProblemCode::LimitExceeded,
        ["Limit exceeded", "超出限额", "超出限額"],
        ["The policy approves no more today.", "超出今日可授权的金额。", "超出今日可授權的金額。"],
    ),
    (
        ProblemCode::PaymentsOnHold,
        ["Payments on hold", "支付已暂停", "支付已暫停"],
        [
            "Payments of this account rest; try again in {} s.",
            "此账户的支付已暂停，请在 {} 秒后重试。",
            "此帳戶的支付已暫停，請在 {} 秒後重試。",
        ],
    ),
    (
        ProblemCode::WebhookLimit,
        ["Too many webhooks", "Webhook 过多", "Webhook 過多"],
        [
            "There are {} webhooks, and no more may be. Delete one first.",
            "已有 {} 个 Webhook，达到上限；请先删除一个。",
            "已有 {} 個 Webhook，達到上限；請先刪除一個。",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use countersign_domain::app::{AppKind, Scope};
    use countersign_domain::ask::AskFrequency;
    use countersign_domain::code::Purpose;
    use countersign_domain::intent::StageName;
    use countersign_domain::secret::Kind;
    use countersign_domain::webhook::Scheme;

    use super::*;

    #[test]
    fn every_problem_has_its_texts() {
        assert_eq!(ROWS.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            assert!(ROWS.iter().any(|row| row.0 == code), "{code:?}");
        }
        for (code, titles, details) in &ROWS {
            let holes = details.map(|text| text.matches("{}").count());
            assert!(holes[0] == holes[1] && holes[1] == holes[2], "{code:?}");
            assert!(titles.iter().chain(details).all(|text| !text.is_empty()), "{code:?}");
        }
    }

    #[test]
    fn the_lists_are_those_of_the_domain() {
        assert_eq!(fault::KINDS, Kind::ALL.map(Kind::as_str).join(", "));
        assert_eq!(fault::INTENT_STATES, StageName::ALL.map(StageName::as_str).join(", "));
        assert_eq!(fault::FREQUENCIES, AskFrequency::ALL.map(AskFrequency::as_str).join(", "));
        assert_eq!(fault::PURPOSES, Purpose::OF_ACCOUNTS.map(Purpose::as_str).join(", "));
        assert_eq!(fault::APP_KINDS, AppKind::ALL.map(AppKind::as_str).join(", "));
        assert_eq!(fault::SCHEMES, Scheme::ALL.map(Scheme::as_str).join(", "));
        assert_eq!(fault::SCOPES, Scope::ALL.map(Scope::as_str).join(", "));
    }
}
