//! Where a value came from, and what is wrong with one.

use core::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A preset of that name chose it.
    Preset(&'static str),
    /// The subcommand itself, such as `dev`.
    Command(&'static str),
    /// A line of the configuration file.
    File(PathBuf, usize),
    /// A file that the configuration file names for this one secret.
    SecretFile(PathBuf, PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A file that an environment variable names.
    EnvironmentFile(String, PathBuf),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(name) => write!(f, "preset {name}"),
            Self::Command(name) => write!(f, "countersign {name}"),
            Self::File(path, line) => write!(f, "file {}, line {line}", path.display()),
            Self::SecretFile(secret, path, line) => {
                write!(f, "file {}, named by file {}, line {line}", secret.display(), path.display())
            }
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::EnvironmentFile(name, path) => {
                write!(f, "file {}, named by environment {name}", path.display())
            }
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Everything that is wrong with a configuration. Never holds the value of a secret.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// Each problem, in a sentence that says what to do.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// With a single problem.
    pub(super) fn one(problem: String) -> Self {
        Self { problems: vec![problem] }
    }

    /// `Err` if there is any problem.
    pub(super) fn check(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}
