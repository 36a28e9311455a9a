//! Independent clients agree: their own HAWK, BSON, XML, Triple DES and reading of the OpenAPI document.
//!
//! The scripts are in `tests/peers`; `cargo xtask peers` installs what they need. Each makes accounts of its own,
//! stops at the first thing that is not as it should be, and ends with how many it has checked.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::installed::{SCRIPTS, installed};
use crate::server::Server;

const DIALECTS: [&str; 6] = ["native", "oas", "tour", "currency_pass", "spark_wallet", "flowmeter"];

/// The document says 500 where a caller of `currency_pass` is not logged in; the other of the two documented statuses
/// lets every 500 that remains be a fault.
const NO_WANTED_500: (&str, &str) = ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__NOT_LOGGED_IN_STATUS", "401");

/// Every phase that makes requests out of single operations, always the same ones.
const SCHEMATHESIS: &str = "--phases examples,coverage,fuzzing --max-examples 30 --generation-deterministic \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
response_schema_conformance --no-shrink --continue-on-failure --suppress-health-check all --warnings off --no-color";

#[test]
fn the_reference_hawk_and_bson_of_node_are_understood_and_prove_every_answer() {
    let server = Server::start();
    let checks = checks(node(&server).arg("hawk_client.cjs"));
    assert!(checks >= 27, "only {checks}");
}

#[test]
fn mohawk_and_pymongo_and_pycryptodome_and_elementtree_are_understood_and_understand() {
    let server = Server::start();
    let checks = checks(python(&server).arg("aspnet_clients.py"));
    assert!(checks >= 179, "only {checks}");
}

#[test]
fn schemathesis_finds_no_answer_that_the_openapi_document_does_not_describe() {
    let server = Server::start_with(&[NO_WANTED_500]);
    // The clock is moved by years; tokens end then, so nothing else is asked of that server.
    let cases = schemathesis(&server, &["--exclude-path", "/v1/dev/clock"]);
    assert!(cases >= 2500, "only {cases} requests");
    for dialect in DIALECTS {
        assert!(carried_out(&server, dialect), "no request of {dialect} came past authentication");
    }
    schemathesis(&Server::start(), &["--include-path", "/v1/dev/clock"]);
}

fn schemathesis(server: &Server, which: &[&str]) -> u64 {
    let mut command = python(server);
    command
        .args(["-m", "schemathesis.cli", "run", "--url", server.says("/url")])
        .arg(format!("{}/openapi.json", server.says("/admin_url")))
        .args(SCHEMATHESIS.split(' '))
        .args(which)
        .current_dir(server.folder.path())
        .env("PYTHONPATH", SCRIPTS)
        .env("SCHEMATHESIS_HOOKS", "openapi_hooks");
    let printed = succeed(&mut command);
    let generated = printed.lines().find_map(|line| line.trim().split_once(" generated, "));
    let (cases, passed) = generated.unwrap_or_else(|| panic!("no summary: {printed}"));
    assert_eq!(passed, format!("{cases} passed"), "{printed}");
    cases.parse().expect("a number")
}

/// Whether anything was refused or done, so that its caller was known.
fn carried_out(server: &Server, dialect: &str) -> bool {
    let page = server.admin.send("GET", "/metrics", &[], b"").text();
    page.lines().any(|line| {
        line.starts_with("countersign_requests_total{")
            && line.contains(&format!("dialect=\"{dialect}\""))
            && !line.contains("outcome=\"rejected\"")
    })
}

fn checks(command: &mut Command) -> u64 {
    let printed = succeed(command);
    let last = printed.lines().last().unwrap_or_default();
    let end: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("ended early: {printed}"));
    end["checks"].as_u64().expect("a count")
}

fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the interpreter is there");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{out}\n{err}");
    out.into_owned()
}

pub(crate) fn python(server: &Server) -> Command {
    script(server, &installed("venv/bin/python"))
}

pub(crate) fn node(server: &Server) -> Command {
    let mut command = script(server, Path::new("node"));
    command.env("NODE_PATH", installed("node/node_modules"));
    command
}

fn script(server: &Server, interpreter: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.current_dir(SCRIPTS).env("COUNTERSIGN_INFO", server.info.to_string());
    // The scripts' folder is read only as far as tests are concerned.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
