//! The readmes tell the truth: every command in them is run, and answers what stands below it.

use std::path::Path;
use std::process::Command;

use crate::server::{PROGRAM, Server};
use crate::story::Person;

/// A command, and the answer that stands below it.
struct Shown {
    command: String,
    answer: Option<String>,
}

#[test]
fn every_command_of_the_english_readme_works() {
    follow("README.md");
}

#[test]
fn every_command_of_the_chinese_readme_works() {
    follow("README.zh-CN.md");
}

fn follow(page: &str) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page));
    let shown = commands(&text.expect("the page"));
    assert!(shown.len() >= 10, "{page} shows {} commands", shown.len());
    let server = Server::start();
    let token = Person::new(&server).token;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for Shown { command, answer } in shown {
        // The first starts what this test has started; the last is the command that runs this test.
        if matches!(command.as_str(), "cargo run --release -- dev" | "cargo xtask test") {
            continue;
        }
        let output = Command::new("bash")
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("PATH", path_with_program())
            .env("URL", server.http.base())
            .env("ADMIN", server.admin.base())
            .env("KEY", server.says("/api_key"))
            .env("ACCOUNT", server.says("/account/id"))
            .env("TOKEN", &token)
            .output()
            .expect("bash runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(answer) = answer {
            assert!(fits(&said, answer.trim()), "{command}\nsays  {said}\nshown {answer}");
        }
    }
}

fn path_with_program() -> String {
    let folder = Path::new(PROGRAM).parent().expect("a folder").display().to_string();
    let path = std::env::var_os("PATH").map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{folder}:{path}")
}

/// Every line of a `sh` block, and the `json` block right below it.
fn commands(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut block = "";
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(kind) => block = if block.is_empty() { kind } else { "" },
            None if block == "sh" => shown.push(Shown { command: line.to_owned(), answer: None }),
            None if block == "json" => {
                let last = shown.last_mut().expect("an answer stands below its command");
                last.answer = Some(line.to_owned());
            }
            None => {}
        }
    }
    shown
}

/// Whether `said` is `shown`, where `…` stands for anything.
fn fits(said: &str, shown: &str) -> bool {
    let mut rest = said.trim();
    let mut parts = shown.split('…').peekable();
    let Some(head) = parts.next().and_then(|head| rest.strip_prefix(head)) else { return false };
    rest = head;
    while let Some(part) = parts.next() {
        let found = if parts.peek().is_none() {
            rest.ends_with(part).then(|| rest.len() - part.len())
        } else {
            rest.find(part)
        };
        let Some(place) = found else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.is_empty()
}
