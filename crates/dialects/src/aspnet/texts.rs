//! What people read in `errmsg`, with the number that goes with it.

use countersign_domain::lang::Lang;

/// A business result that is not success. The numbers are ours and documented; the documents fix only 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    /// The ciphertext cannot be opened.
    Undecryptable,
    /// It cannot be done, for a reason that the caller cannot mend.
    NotPossible,
    /// Code wrong or expired, user unknown, or mobile of another: one text, so that nobody learns which.
    CodeIncorrect,
    /// No live session can have made the request.
    NoLiveSession,
    /// The secret is locked.
    Locked,
    /// Too many in too short a time.
    TooMany,
    /// The new secret is against the policy.
    AgainstPolicy,
}

impl Text {
    /// `errcode`.
    pub(crate) const fn errcode(self) -> i32 {
        match self {
            Self::Undecryptable | Self::NotPossible => 1,
            Self::CodeIncorrect => 2,
            Self::NoLiveSession => 4,
            Self::Locked | Self::TooMany => 5,
            Self::AgainstPolicy => 6,
        }
    }

    /// `errmsg`.
    pub(crate) const fn errmsg(self, lang: Lang) -> &'static str {
        let [cn, tw, en] = self.translations();
        match lang {
            Lang::ZhCn => cn,
            Lang::ZhTw => tw,
            Lang::En => en,
        }
    }

    const fn translations(self) -> [&'static str; 3] {
        match self {
            Self::Undecryptable => [
                "新密码无法解密，请重新登录后再试",
                "新密碼無法解密，請重新登入後再試",
                "The new password could not be decrypted. Sign in again and retry.",
            ],
            Self::NotPossible => [
                "操作无法完成，请联系客服",
                "操作無法完成，請聯絡客服",
                "This cannot be done. Please contact support.",
            ],
            Self::CodeIncorrect => [
                "验证码错误或已过期，或用户信息不符",
                "驗證碼錯誤或已過期，或使用者資料不符",
                "The verification code is wrong or has expired, or the user's details do not match.",
            ],
            Self::NoLiveSession => [
                "登录已失效，请重新登录",
                "登入已失效，請重新登入",
                "You are not signed in. Please sign in again.",
            ],
            Self::Locked => [
                "错误次数过多，密码已锁定，请稍后再试",
                "錯誤次數過多，密碼已鎖定，請稍後再試",
                "Too many wrong attempts. The password is locked; please try again later.",
            ],
            Self::TooMany => [
                "操作过于频繁，请稍后再试",
                "操作過於頻繁，請稍後再試",
                "Too many requests. Please try again later.",
            ],
            Self::AgainstPolicy => [
                "新密码不符合安全要求，请更换",
                "新密碼不符合安全要求，請更換",
                "The new password does not meet the requirements. Please choose another.",
            ],
        }
    }
}
