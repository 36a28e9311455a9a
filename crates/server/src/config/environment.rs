//! The layer of environment variables.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::catalog::{Catalog, Key, path_of, variable};
use crate::config::layer::{Layer, no_such_setting};
use crate::config::origin::Origin;

/// The short name of `log.filter`.
const LOG: &str = "COUNTERSIGN_LOG";
/// At the end of a variable that names a file with the value, as container secrets are delivered.
const FILE: &str = "_FILE";
/// A secret is a line. A file longer than this is a mistake, or a device.
const LONGEST_FILE: u64 = 64 * 1024;

/// The environment variables of a process that may be ours. Has no `Debug`: some hold secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Zeroizing<String>>);

impl Environment {
    /// Those of this process. A value that is no Unicode is read with replacement characters, and so refused.
    #[must_use]
    pub fn of_process() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("COUNTERSIGN_"))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        ours.collect()
    }

    /// The value of a variable.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    pub(super) fn layer(&self, catalog: &Catalog) -> Layer {
        let mut layer = Layer::default();
        for (name, value) in &self.0 {
            if let Some((key, form)) = meant(catalog, name) {
                take(&mut layer, key, form, name, value);
            } else if let Some(problem) = mistaken(catalog, name) {
                layer.problems.push(problem);
            }
        }
        layer
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), Zeroizing::new(value.into()))).collect())
    }
}

/// Whether the variable holds the value, or names the file that does.
#[derive(Clone, Copy)]
enum Form {
    Value,
    File,
}

/// The setting that a variable means. A setting's own name comes before `_FILE`.
fn meant<'a>(catalog: &'a Catalog, name: &str) -> Option<(&'a Key, Form)> {
    let find = |name: &str| match name {
        LOG => catalog.key("log.filter"),
        _ => catalog.key(&path_of(name)?),
    };
    find(name).map(|key| (key, Form::Value)).or_else(|| Some((find(name.strip_suffix(FILE)?)?, Form::File)))
}

fn take(layer: &mut Layer, key: &Key, form: Form, name: &str, value: &str) {
    let (origin, text) = match form {
        Form::Value => (Origin::Environment(name.to_owned()), Ok(value.to_owned())),
        Form::File => {
            let path = PathBuf::from(value);
            let text = read_file(&path);
            (Origin::EnvironmentFile(name.to_owned(), path), text)
        }
    };
    match text {
        Ok(text) => layer.read(key, text, origin),
        Err(problem) => layer.problems.push(format!("{} ({origin}): {problem}", key.path)),
    }
}

/// What is wrong with a variable that sets nothing; `None` if it is somebody else's.
///
/// Not every variable that begins like ours is meant for us: an orchestrator names a service's address
/// `COUNTERSIGN_SERVICE_HOST`. With two underscores together it can only be ours.
fn mistaken(catalog: &Catalog, name: &str) -> Option<String> {
    let path = path_of(name)?;
    let origin = Origin::Environment(name.to_owned());
    if name.contains("__") {
        return Some(no_such_setting(catalog, &path, &origin));
    }
    let joined = |text: &str| text.replace(['_', '.'], "").to_ascii_lowercase();
    let key = catalog.keys().find(|key| key.path.contains('.') && joined(&key.path) == joined(&path))?;
    Some(format!("{origin}: sections are joined by two underscores; write {}", variable(&key.path)))
}

/// A file's text without its last line break. Never more than the limit is read: a device tells a length of 0 and has
/// no end.
pub(crate) fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("the file cannot be read: {error}");
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    let size = file.take(LONGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if size as u64 > LONGEST_FILE {
        return Err(format!("the file is longer than {LONGEST_FILE} bytes, which no setting is"));
    }
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    let length = trimmed.strip_suffix('\r').unwrap_or(trimmed).len();
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_last_line_break_and_no_further_than_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        for (content, text) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("", "")] {
            std::fs::write(&path, content).expect("written");
            assert_eq!(read_file(&path).as_deref(), Ok(text), "{content:?}");
        }
        std::fs::write(&path, vec![b'a'; 64 * 1024 + 1]).expect("written");
        assert!(read_file(&path).is_err_and(|problem| problem.contains("longer")));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_end_is_refused() {
        assert!(read_file(Path::new("/dev/zero")).is_err_and(|problem| problem.contains("longer")));
    }
}
