//! What stands in the way of an intent, or of the end of a hold.

use super::Row;
use crate::native::wire::problem::ProblemCode;

pub(super) static ROWS: [Row; 14] = [
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
];
