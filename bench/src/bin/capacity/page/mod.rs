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
    let (waiting, waiting_pictures) = waiting::section(&usage, costs);
    let (writing, writing_pictures) = writing::section(&usage, costs);
    let (flood, flood_pictures) = flood::section(&usage, costs);
    let (failing, failing_pictures) = failing::section(&usage, costs);
    let sections = [
        sizes::section(&usage, costs),
        inputs::section(&usage, costs),
        formulas::section(&usage, costs),
        ladder::section(&usage, costs),
        waiting,
        writing,
        flood,
        failing,
        inputs::missing(),
    ];
    let pictures = [waiting_pictures, writing_pictures, flood_pictures, failing_pictures].concat();
    (sections.join("\n"), pictures)
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
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let aligned = (0..N).map(|place| if place == 0 { "---" } else { "--:" });
    let rule = aligned.fold("|".to_owned(), |line, cell| format!("{line}{cell}|")) + "\n";
    rows.into_iter().fold(row(head) + &rule, |table, cells| table + &row(cells))
}

#[cfg(test)]
mod tests;
