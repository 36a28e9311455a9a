//! Statements, and where they are found.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tokens::{literals, tokens};

/// What a statement begins with.
const FIRST: [&str; 35] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "WITH",
    "VALUES",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "SET",
    "RESET",
    "SHOW",
    "BEGIN",
    "START",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "PREPARE",
    "LOCK",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "COPY",
    "DECLARE",
    "FETCH",
    "DO",
    "CALL",
    "GRANT",
    "REVOKE",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "DISCARD",
];

/// What makes a sentence that begins with a small letter a statement all the same.
const SMALL: [(&str, &str); 5] =
    [("select", "from"), ("insert", "into"), ("update", "set"), ("delete", "from"), ("create", "table")];

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// The file and the line where it begins.
    pub(crate) place: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<String>,
}

impl Statement {
    pub(crate) fn new(place: &str, text: &str) -> Self {
        Self { place: place.to_owned(), text: text.trim().to_owned(), tokens: tokens(text) }
    }

    /// Where these words follow each other for the first time.
    pub(crate) fn find(&self, words: &[&str]) -> Option<usize> {
        self.tokens.windows(words.len()).position(|window| window == words)
    }

    pub(crate) fn has(&self, words: &[&str]) -> bool {
        self.find(words).is_some()
    }

    pub(crate) fn begins(&self, words: &[&str]) -> bool {
        self.find(words) == Some(0)
    }

    /// What follows these words.
    pub(crate) fn after(&self, words: &[&str]) -> Option<&[String]> {
        self.find(words).map(|at| &self.tokens[at + words.len()..])
    }
}

/// The statements of the schema, which are separated by semicolons.
pub(crate) fn of_schema() -> Vec<Statement> {
    let mut found = Vec::new();
    for path in files("migrations/postgres", "sql") {
        let text = fs::read_to_string(&path).expect("text");
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let statements = lines.join("\n");
        let statements = statements.split(';').filter(|statement| !statement.trim().is_empty());
        found.extend(statements.map(|text| Statement::new(&path.display().to_string(), text)));
    }
    found
}

/// The string literals of the engine that are statements; what only its tests say is left out.
pub(crate) fn of_engine() -> Vec<Statement> {
    let mut found = Vec::new();
    for path in files("src/postgres", "rs") {
        let text = fs::read_to_string(&path).expect("text");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let statements = literals(code).into_iter().filter(|(_, text)| is_statement(text));
        found.extend(
            statements.map(|(line, text)| Statement::new(&format!("{}:{line}", path.display()), &text)),
        );
    }
    found
}

fn is_statement(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let small = SMALL.iter().any(|(begin, later)| first == *begin && words.any(|word| word == *later));
    small || FIRST.contains(&first.trim_end_matches(';'))
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_sentence_is_not_a_statement() {
    for text in
        ["SELECT 1", "COMMIT;", "select a from b", "insert into a values (1)", "\n  UPDATE a SET b = 1"]
    {
        assert!(is_statement(text), "{text}");
    }
    for text in ["the store", "update the server first", "Select a database", "a SELECT", ""] {
        assert!(!is_statement(text), "{text}");
    }
}
