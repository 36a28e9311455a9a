//! The tale of a history: one line for each step that mattered, and a fingerprint of all of them.

use std::fmt::Write as _;

/// What is told while a history runs.
pub struct Story {
    lines: Option<Vec<String>>,
    fingerprint: u64,
    buffer: String,
}

impl Story {
    /// A story that keeps its lines, or only their fingerprint if that is asked for, or nothing.
    #[must_use]
    pub const fn new(told: Told) -> Self {
        let lines = if matches!(told, Told::Lines) { Some(Vec::new()) } else { None };
        let fingerprint = if matches!(told, Told::Nothing) { 0 } else { 0xcbf2_9ce4_8422_2325 };
        Self { lines, fingerprint, buffer: String::new() }
    }

    /// Tells what happened at that step, by that clock.
    pub fn tell(&mut self, step: u32, clock: i64, what: core::fmt::Arguments<'_>) {
        if self.fingerprint == 0 {
            return;
        }
        self.buffer.clear();
        let seconds = clock.div_euclid(1000);
        let _ = write!(self.buffer, "{step:>5}  {seconds}.{:03}  {what}", clock.rem_euclid(1000));
        // FNV-1a (RFC 9923): equal stories have equal fingerprints, which is all that is asked of it.
        for byte in self.buffer.bytes() {
            self.fingerprint = (self.fingerprint ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(self.buffer.clone());
        }
    }

    /// The fingerprint of everything that was told.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The lines, if they were kept.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}

/// How much of a story is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Nothing, which is fastest.
    Nothing,
    /// A fingerprint.
    Fingerprint,
    /// Every line, and the fingerprint.
    Lines,
}
