//! The page, in Markdown, and its pictures.

mod failing;
mod flood;
mod formulas;
mod held;
mod inputs;
mod ladder;
mod sizes;
mod waiting;
mod writing;

use crate::costs::Costs;
use crate::plan::Plan;
use crate::usage::Usage;

/// A picture's file, beside the page in `capacity/`, and itself.
pub(crate) type Picture = (&'static str, String);

/// The whole page and its pictures, the same every time.
pub(crate) fn page(costs: &Costs) -> (String, Vec<Picture>) {
    let usage = Usage::ASSUMED;
    let words = |words: String| (words, Vec::new());
    let sections = [
        words(sizes::section(&usage, costs)),
        words(inputs::section(&usage, costs)),
        words(formulas::section(&usage, costs)),
        words(ladder::section(&usage, costs)),
        waiting::section(&usage, costs),
        writing::section(&usage, costs),
        flood::section(&usage, costs),
        failing::section(&usage, costs),
        words(inputs::missing()),
    ];
    let (page, pictures): (Vec<String>, Vec<Vec<Picture>>) = sections.into_iter().unzip();
    (page.join("\n"), pictures.concat())
}

/// What is printed for one use: the rows of the page, how full a primary is, and the formulas with its numbers.
pub(crate) fn answer(usage: &Usage, costs: &Costs) -> String {
    let plan = Plan::of(usage, costs);
    [
        sizes::table(&[(*usage, plan)]),
        sizes::database(&[(*usage, plan)]),
        sizes::fullness(&[(*usage, plan)]),
        inputs::assumptions(usage),
        formulas::worked(usage, costs),
    ]
    .join("\n")
}

/// A line of a table.
fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    cells.into_iter().fold("|".to_owned(), |line, cell| format!("{line} {} |", cell.as_ref())) + "\n"
}

/// A table, its first column left and the others right.
fn table<'a, R>(head: impl AsRef<[&'a str]>, rows: impl IntoIterator<Item = R>) -> String
where
    R: IntoIterator<Item = String>,
{
    let head = head.as_ref();
    let rule = head.iter().enumerate().map(|(place, _)| if place == 0 { "---" } else { "--:" });
    let rule = rule.fold("|".to_owned(), |line, cell| format!("{line}{cell}|")) + "\n";
    rows.into_iter().fold(row(head) + &rule, |table, cells| table + &row(cells))
}

#[cfg(test)]
mod tests;
