//! Every file in every dialect's `vectors/` is a case; adding a case is adding a file.
#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::case::Case;
use support::dialects::NAMES;

#[test]
fn every_vector_holds() {
    let mut failures = Vec::new();
    for dialect in NAMES {
        let files = files(dialect);
        assert!(!files.is_empty(), "{dialect} has no vectors");
        for file in files {
            let text = fs::read_to_string(&file).expect("a file that can be read");
            let checked = serde_json::from_str::<Case>(&text)
                .map_err(|error| error.to_string())
                .and_then(|case| case.check(dialect).map_err(|error| format!("{}: {error}", case.why)));
            if let Err(error) = checked {
                failures.push(format!("{dialect}/{}: {error}", name(&file)));
            }
        }
    }
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

fn files(dialect: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dialect).join("vectors");
    let entries = fs::read_dir(folder).expect("a folder of vectors");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
