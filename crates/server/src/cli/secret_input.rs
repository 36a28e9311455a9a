//! How secrets get in: by the environment, by files that it names, or by standard input. Never by a flag.

use std::io::{BufRead, stdin};
use std::path::Path;

use countersign_domain::secret::SecretText;

use crate::cli::{Failure, output};
use crate::config::{Environment, read_file};

/// A secret that a subcommand needs.
#[derive(Clone, Copy)]
pub(crate) struct Needed {
    /// The environment variable; with `_FILE` at its end it names a file.
    pub(crate) variable: &'static str,
    /// What it is, for the person who is asked.
    pub(crate) what: &'static str,
}

/// Reads all of them from the environment; if none is there, all from standard input, a line each, in order.
///
/// # Errors
/// Some are there and others are not; a file cannot be read; standard input ends too early; one is empty.
pub(crate) fn read(environment: &Environment, needed: &[Needed]) -> Result<Vec<SecretText>, Failure> {
    let found: Vec<_> =
        needed.iter().map(|one| from_environment(environment, one)).collect::<Result<_, _>>()?;
    if found.iter().all(Option::is_none) {
        return needed.iter().map(from_stdin).collect();
    }
    let pairs = needed.iter().zip(found);
    pairs.map(|(one, secret)| secret.ok_or_else(|| missing(one, needed))).collect()
}

/// Whether any of them is in the environment.
pub(crate) fn any_in(environment: &Environment, needed: &[Needed]) -> bool {
    needed.iter().any(|one| {
        environment.value(one.variable).is_some() || environment.value(&file_variable(one)).is_some()
    })
}

fn from_environment(environment: &Environment, needed: &Needed) -> Result<Option<SecretText>, Failure> {
    let (variable, file) = (needed.variable, file_variable(needed));
    let text = match (environment.value(variable), environment.value(&file)) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Failure::Usage(format!("{variable} and {file} are both set; unset one")));
        }
        (Some(text), None) => text.to_owned(),
        (None, Some(path)) => read_file(Path::new(path))
            .map_err(|problem| Failure::Usage(format!("{file} names {path}: {problem}")))?,
    };
    not_empty(text, needed).map(Some)
}

fn from_stdin(needed: &Needed) -> Result<SecretText, Failure> {
    if output::asks_a_person() {
        output::tell(&format!("Type the {} (it will be visible; or set {}):", needed.what, needed.variable));
    }
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::Failed(format!("standard input cannot be read: {error}")))?;
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    not_empty(line, needed)
}

fn not_empty(text: String, needed: &Needed) -> Result<SecretText, Failure> {
    if text.is_empty() {
        let Needed { variable, what } = needed;
        let words =
            format!("the {what} is empty; give it by {variable}, by {variable}_FILE, or on standard input");
        return Err(Failure::Usage(words));
    }
    Ok(SecretText::new(text))
}

fn missing(one: &Needed, all: &[Needed]) -> Failure {
    let names: Vec<_> = all.iter().map(|one| one.variable).collect();
    Failure::Usage(format!(
        "{} is not set; set all of {}, or none of them to give them on standard input, a line each",
        one.variable,
        names.join(", ")
    ))
}

fn file_variable(needed: &Needed) -> String {
    format!("{}_FILE", needed.variable)
}
