//! Every line that `dev` prints works when pasted into a shell, and works again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::server::PROGRAM;

struct Printed {
    child: Child,
    lines: Vec<(String, String)>,
}

impl Drop for Printed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_printed_line_works_and_works_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let printed = print(folder.path());
    let names: Vec<&str> = printed.lines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["native", "oas", "tour", "currency_pass", "spark_wallet", "flowmeter"]);
    for round in 1..=2 {
        for (name, line) in &printed.lines {
            let answer = paste(line);
            let expected = match name.as_str() {
                "native" => "\"username\":\"demo\"",
                "oas" => "{\"message\":\"密码设定成功\",\"data\":null,\"exceptionCode\":0}",
                "tour" | "flowmeter" => "{\"errcode\":0,\"errmsg\":\"\",\"tag\":null}",
                "currency_pass" => "true",
                "spark_wallet" => "\"success\":true",
                other => panic!("no expectation for {other}"),
            };
            assert!(answer.contains(expected), "{name}, round {round}: {line}\n{answer}");
        }
    }
}

fn print(folder: &std::path::Path) -> Printed {
    let mut child = Command::new(PROGRAM)
        .args(["dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut name = String::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        if let Some(title) = line.strip_prefix("# ") {
            title.clone_into(&mut name);
        } else if line.starts_with("curl ") {
            lines.push((name.clone(), line));
        }
        if lines.len() == 6 {
            break;
        }
    }
    Printed { child, lines }
}

fn paste(line: &str) -> String {
    let output = Command::new("bash").args(["-c", line]).output().expect("bash runs");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
