//! What people read when a call fails, in English and in simplified and traditional Chinese.

pub(super) mod fault;
mod payments;
mod requests;
mod secrets;

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
    rows().find(|row| row.0 == code).unwrap_or(&requests::ROWS[0])
}

/// Every row, by what it speaks of.
fn rows() -> impl Iterator<Item = &'static Row> {
    requests::ROWS.iter().chain(&secrets::ROWS).chain(&payments::ROWS)
}

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
        assert_eq!(rows().count(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            assert!(rows().any(|row| row.0 == code), "{code:?}");
        }
        for (code, titles, details) in rows() {
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
