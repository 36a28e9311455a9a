//! What stands in the way of a secret or a code, or of an account.

use super::Row;
use crate::native::wire::problem::ProblemCode;

pub(super) static ROWS: [Row; 13] = [
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
        ProblemCode::CodeExpired,
        ["Code expired", "验证码已过期", "驗證碼已過期"],
        [
            "The code's time is over; ask for another.",
            "验证码已过期，请重新获取。",
            "驗證碼已過期，請重新取得。",
        ],
    ),
    (
        ProblemCode::SecretLocked,
        ["Secret locked", "密码已锁定", "密碼已鎖定"],
        [
            "The secret is locked; nothing was compared.",
            "密码已锁定；本次未作比较。",
            "密碼已鎖定；本次未作比較。",
        ],
    ),
    (
        ProblemCode::SecretDisabled,
        ["Secret disabled", "密码已停用", "密碼已停用"],
        [
            "This secret was disabled as compromised; only a reset brings it back.",
            "该密码因可能泄露已被停用，须重置后才能使用。",
            "該密碼因可能外洩已被停用，須重設後才能使用。",
        ],
    ),
];
