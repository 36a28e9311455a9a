//! The rules. Each has statements that it must catch, and some that it must not.

use crate::shapes::SHAPES;
use crate::statement::Statement;
use crate::words::WORDS;

/// One rule; its name is a row of the decision's table.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// What in a statement breaks the rule.
    pub(crate) offence: fn(&Statement) -> Option<String>,
    pub(crate) bad: &'static [&'static str],
    pub(crate) good: &'static [&'static str],
}

/// All of them: what no statement says, and what each must be like.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    WORDS.iter().chain(SHAPES)
}

/// The first of these words, or rows of words, that the statement says.
pub(crate) fn says(statement: &Statement, forbidden: &[&str]) -> Option<String> {
    let said = |words: &str| statement.has(&words.split(' ').collect::<Vec<_>>());
    forbidden.iter().find(|words| said(words)).map(|words| (*words).to_owned())
}
