//! One `psql` that stays connected, so that a test can hold a transaction open.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};

/// A connection by which a test says one thing after another. It ends when this is dropped.
#[derive(Debug)]
pub struct Session {
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Session {
    /// Of a `psql` that was started with pipes.
    pub(crate) fn of(mut psql: Child) -> Option<Self> {
        let (input, output) = (psql.stdin.take()?, BufReader::new(psql.stdout.take()?));
        Some(Self { psql, input, output })
    }

    /// Runs SQL, and waits for the line that its last statement answers with.
    ///
    /// # Errors
    /// `psql` ended before.
    pub fn say(&mut self, sql: &str, answer: &str) -> Result<(), String> {
        writeln!(self.input, "{sql}")
            .and_then(|()| self.input.flush())
            .map_err(|error| format!("psql: {error}"))?;
        let mut line = String::new();
        while line.trim_end() != answer {
            line.clear();
            match self.output.read_line(&mut line) {
                Ok(1..) => {}
                Ok(_) => return Err("psql ended".to_owned()),
                Err(error) => return Err(format!("psql: {error}")),
            }
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.psql.kill().ok();
        self.psql.wait().ok();
    }
}
