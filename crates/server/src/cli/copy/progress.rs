//! How far a copy is: a bar for a person, a line now and then for a log.

use core::cell::Cell;

use countersign_store::copy::{self, Stage};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output;

/// The fewest rows from one line of the log to the next.
const EVERY: u64 = 100_000;
/// The most lines of the log.
const LINES: u64 = 20;

/// How far it is.
pub(super) struct Progress {
    bar: ProgressBar,
    terminal: bool,
    /// The rows of the last line of the log.
    last: Cell<u64>,
}

impl Progress {
    pub(super) fn new(terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} rows  {per_sec}  {eta}");
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, terminal, last: Cell::new(0) }
    }

    /// So many rows are done. Each is read twice: where it comes from, and where it went.
    pub(super) fn reached(&self, copy::Progress { table, stage, done, of }: copy::Progress) {
        let words = match stage {
            Stage::Copying => "copying",
            Stage::Checking => "checking",
        };
        self.bar.set_length(of);
        self.bar.set_position(done);
        if self.terminal {
            self.bar.set_message(format!("{words} {table:<13}"));
        } else if done - self.last.get() >= EVERY.max(of / LINES) {
            self.last.set(done);
            let (rate, left) = (self.bar.per_sec(), HumanDuration(self.bar.eta()));
            output::tell(&format!(
                "{words} {table}: {done} of {of} rows read, {rate:.0} a second, {left} left"
            ));
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
