//! How far an import is: a bar for a person, a line now and then for a log.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output;

/// Lines of the import from one line of the log to the next.
const EVERY: u64 = 100_000;

/// How far it is.
pub(super) struct Progress {
    bar: ProgressBar,
    total: Option<u64>,
    terminal: bool,
}

impl Progress {
    pub(super) fn new(total: Option<u64>, terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = if total.is_some() {
            "{wide_bar} {human_pos}/{human_len} lines  {per_sec}  {eta}"
        } else {
            "{spinner} {human_pos} lines  {per_sec}"
        };
        let style = ProgressStyle::with_template(template);
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())), total, terminal }
    }

    /// So many lines are done, up to this one.
    pub(super) fn reached(&self, line: u64) {
        let before = self.bar.position();
        self.bar.set_position(line);
        if !self.terminal && before / EVERY != line / EVERY {
            match self.total {
                Some(total) => output::tell(&format!("{line} of {total} lines")),
                None => output::tell(&format!("{line} lines")),
            }
        }
    }

    /// Tells of one line.
    pub(super) fn tell(&self, line: u64, words: &str) {
        self.bar.suspend(|| output::tell(&format!("line {line}: {words}")));
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
