//! The only writers: data to standard output, words to standard error.

use core::fmt::Write as _;
use std::io::{self, IsTerminal, Write, stderr, stdin, stdout};

use clap::ValueEnum;

use crate::cli::{Done, Failure};

/// Form of the data on standard output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Writes data, and a line break if it has none at its end.
///
/// # Errors
/// Standard output cannot be written. A reader that has seen enough (`| head`) is no error.
pub fn data(text: &str) -> Done {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut out = stdout().lock();
    let written = write!(out, "{text}{end}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output cannot be written: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Tells something that is not data. That nobody can be told is not worth failing for.
pub fn tell(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Tells what went wrong.
pub fn complain(text: &str) {
    tell(&format!("countersign: {text}"));
}

/// Rows in columns. Those that `words` names are set to the left, all others, being numbers, to the right.
pub(crate) fn columns(rows: &[Vec<String>], words: &[usize]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = if words.contains(&column) {
                write!(line, "  {cell:width$}")
            } else {
                write!(line, "  {cell:>width$}")
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Whether a person is at the other end of standard input.
pub(crate) fn asks_a_person() -> bool {
    stdin().is_terminal()
}

/// Whether a person is at the other end of standard error, who likes to see something move. A file or a log does not.
pub(crate) fn tells_a_person() -> bool {
    stderr().is_terminal()
}

/// Whether output may be coloured (no-color.org): unless `NO_COLOR` is there and not empty.
#[must_use]
pub fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
