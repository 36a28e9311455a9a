//! Codes by Aliyun, Tencent Cloud and Twilio, from the real program to stand-ins that check signatures by themselves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Server, run};

/// The three providers on one port; they end when this is dropped.
struct Providers {
    child: Child,
    lines: BufReader<ChildStdout>,
    _input: ChildStdin,
    port: u64,
}

impl Providers {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/sms_providers.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let input = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut providers = Self { child, lines, _input: input, port: 0 };
        providers.port = providers.next()["port"].as_u64().expect("a port");
        providers
    }

    /// What the next request asked for.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Providers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A platform on a server of its own.
struct Platform {
    directory: TempDir,
    server: Server,
    bearer: String,
}

impl Platform {
    fn start(providers: &Providers, more: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a directory");
        assert_eq!(run(directory.path(), &["keygen", "--out", "master.key"], &[], "").code, 0);
        std::fs::write(directory.path().join("twilio.key"), "twilio-secret-of-the-test\n").expect("a file");
        std::fs::write(directory.path().join("c.toml"), settings(providers.port)).expect("a file");
        let args = ["apps", "create", "--name", "shop", "--config", "c.toml", "--output", "json"];
        let made = run(directory.path(), &args, &[], "");
        assert_eq!(made.code, 0, "{}", made.err);
        let made: Value = serde_json::from_str(&made.out).expect("JSON");
        let bearer = made["api_key"].as_str().expect("a key").to_owned();
        let server = Server::start(directory.path(), &["--config", "c.toml"], more);
        Self { directory, server, bearer }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.bearer,
            body.len()
        );
        let answer = ask(self.server.public, &request);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// An account with that number.
    fn account(&self, mobile: &str) -> String {
        let new = json!({ "mobiles": [mobile], "secrets": { "payment": "kZ81mq" } });
        let (status, made) = self.call("POST", "/v1/accounts", &new);
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Asks for a code; the status that came of it.
    fn issue(&self, account: &str) -> u16 {
        self.call("POST", &format!("/v1/accounts/{account}/codes"), &json!({ "purpose": "payment_reset" })).0
    }

    fn metric(&self, name: &str) -> Option<u64> {
        let request = "GET /metrics HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
        let page = ask(self.server.admin, request);
        let line = page.lines().find(|line| line.starts_with(name))?;
        line.rsplit(' ').next()?.trim().parse().ok()
    }

    fn log(mut self) -> String {
        self.server.signal("TERM");
        let log = self.server.rest_of_log();
        assert_eq!(self.server.ended(), Some(0), "{log}");
        drop(self.directory);
        log
    }
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    answer
}

fn settings(port: u64) -> String {
    format!(
        r#"
[keys]
master_key_file = "master.key"
[store]
path = "data"
[hash]
preset = "custom"
memory_kib = 64
passes = 1
lanes = 1
allow_weak = true
[policy.spend]
prices = ["+86 0.0045", "+1 0.0079"]
[codes]
senders = ["aliyun", "tencent", "twilio"]
routes = ["+1 twilio"]
language = "en"
[codes.sender.aliyun]
endpoint = "http://127.0.0.1:{port}"
access_key_id = "LTAIexample"
access_key_secret = "aliyun-secret-of-the-test"
sign_name = "示例 & Co"
template = "SMS_1"
templates = ["payment_reset en SMS_2", "payment_reset zh-CN SMS_3"]
timeout_s = 1
[codes.sender.tencent]
endpoint = "http://127.0.0.1:{port}"
secret_id = "AKIDexample"
secret_key = "tencent-secret-of-the-test"
app_id = "1400006666"
sign_name = "示例"
template = "449739"
params = ["{{code}}", "{{minutes}}"]
[codes.sender.twilio]
endpoint = "http://127.0.0.1:{port}"
account_sid = "ACexample"
key_sid = "SKexample"
key_secret_file = "twilio.key"
from = "+15005550006"
"#
    )
}

#[test]
fn three_providers_take_codes_in_their_order_and_by_prefix() {
    let mut providers = Providers::start();
    let platform = Platform::start(&providers, &[]);
    // Aliyun takes it, and what it was sent resets the secret.
    let person = platform.account("13800000001");
    assert_eq!(platform.issue(&person), 202);
    let sent = providers.next();
    let code = sent["params"]["code"].as_str().expect("a code").to_owned();
    let expected = json!({ "provider": "aliyun", "to": "13800000001", "sign": "示例 & Co",
        "template": "SMS_2", "params": { "code": code } });
    assert_eq!(sent, expected);
    let reset = json!({ "code": code, "new": "another-1" });
    let path = format!("/v1/accounts/{person}/secrets/payment/reset");
    assert_eq!(platform.call("POST", &path, &reset).0, 200);
    // The number takes no message: nobody else is asked, and nothing is charged.
    assert_eq!(platform.issue(&platform.account("13800000002")), 500);
    assert_eq!(providers.next()["to"], "13800000002");
    // Aliyun has a fault of its own, is not set up as it should be, or does not answer: Tencent takes the same code.
    for (mobile, minutes) in [("13800000003", "5"), ("13800000004", "5"), ("13800000005", "5")] {
        assert_eq!(platform.issue(&platform.account(mobile)), 202, "{mobile}");
        let (first, second) = (providers.next(), providers.next());
        assert_eq!(first["provider"], "aliyun", "{mobile}");
        let code = &first["params"]["code"];
        let expected = json!({ "provider": "tencent", "to": format!("+86{mobile}"), "sign": "示例",
            "template": "449739", "params": [code, minutes], "app": "1400006666" });
        assert_eq!(second, expected);
    }
    // Another route, and a text of our own.
    assert_eq!(platform.issue(&platform.account("+1 415 555 0001")), 202);
    let sent = providers.next();
    assert_eq!((&sent["provider"], &sent["to"]), (&json!("twilio"), &json!("+14155550001")));
    assert_eq!(sent["from"], "+15005550006");
    let text = sent["body"].as_str().expect("a text").to_owned();
    assert!(text.contains("is your code to reset your payment password"), "{text}");
    // One, none, one, one, and twice for the one that may have been delivered by both.
    let cost = |prefix: &str| {
        platform.metric(&format!("countersign_code_spend_total{{prefix=\"{prefix}\"}}")).expect("a sum")
    };
    assert_eq!((cost("+86"), cost("+1")), (5 * 4500, 7900));
    let log = platform.log();
    assert!(log.contains("isv.SMS_SIGNATURE_ILLEGAL") && log.contains("as it is set up"), "{log}");
    assert!(log.contains("isp.SYSTEM_ERROR") && log.contains("did not answer within 1s"), "{log}");
    for secret in ["1380000000", "4155550001", &code, "secret-of-the-test"] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
    }
}

#[test]
fn a_wrong_key_is_told_loudly_and_nothing_is_sent() {
    let mut providers = Providers::start();
    let wrong = [
        ("COUNTERSIGN_CODES__SENDER__ALIYUN__ACCESS_KEY_SECRET", "not-the-key"),
        ("COUNTERSIGN_CODES__SENDER__TENCENT__SECRET_KEY", "not-the-key"),
        ("COUNTERSIGN_CODES__SENDER__TWILIO__KEY_SECRET", "not-the-key"),
    ];
    let platform = Platform::start(&providers, &wrong);
    assert_eq!(platform.issue(&platform.account("13800000001")), 500);
    let told: Vec<Value> = (0..3).map(|_| providers.next()["refused"].clone()).collect();
    assert_eq!(told, [json!("SignatureDoesNotMatch"), json!("AuthFailure.SignatureFailure"), json!(20003)]);
    assert_eq!(platform.metric("countersign_code_spend_total"), None, "nothing was spent");
    let log = platform.log();
    for words in ["SignatureDoesNotMatch", "AuthFailure.SignatureFailure", "error 20003"] {
        assert!(log.contains(words), "{log}");
    }
}

#[test]
fn a_sender_that_fails_again_and_again_is_passed_over() {
    let mut providers = Providers::start();
    let platform = Platform::start(&providers, &[]);
    let mut asked = Vec::new();
    for n in 0..7 {
        assert_eq!(platform.issue(&platform.account(&format!("1380000{n}0004"))), 202);
        loop {
            let provider = providers.next()["provider"].as_str().expect("a name").to_owned();
            asked.push(provider.clone());
            if provider == "tencent" {
                break;
            }
        }
    }
    let expected: Vec<&str> = ["aliyun", "tencent"].repeat(5).into_iter().chain(["tencent"; 2]).collect();
    assert_eq!(asked, expected);
}

#[test]
fn a_payments_code_names_its_payment_in_templates_too() {
    let mut providers = Providers::start();
    let more = [
        ("COUNTERSIGN_POLICY__PAYMENTS__LIMITS", "CNY one_factor=10"),
        ("COUNTERSIGN_CODES__SENDER__ALIYUN__PARAMS", "code={code},sum={currency} {amount},to={payee}"),
        ("COUNTERSIGN_CODES__SENDER__TENCENT__PARAMS", "{code},{amount},{payee}"),
    ];
    let platform = Platform::start(&providers, &more);
    // Aliyun has a fault of its own, so both are told.
    let person = platform.account("13800000003");
    let new = json!({ "account_id": person, "amount": "12.34", "currency": "CNY", "payee": "ACME={code}" });
    let (status, made) = platform.call("POST", "/v1/intents", &new);
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1/intents/{}/codes", made["id"].as_str().expect("an id"));
    assert_eq!(platform.call("POST", &path, &json!({})).0, 202);
    let (aliyun, tencent) = (providers.next(), providers.next());
    let code = aliyun["params"]["code"].clone();
    assert_eq!(aliyun["params"], json!({ "code": code, "sum": "CNY 12.34", "to": "ACME={code}" }));
    assert_eq!(tencent["params"], json!([code, "12.34", "ACME=…"]));
    // What is for no payment has no more than it had.
    let other = platform.account("13800010003");
    assert_eq!(platform.issue(&other), 202);
    let (aliyun, tencent) = (providers.next(), providers.next());
    let code = aliyun["params"]["code"].clone();
    assert_eq!((&aliyun["params"], &tencent["params"]), (&json!({ "code": code }), &json!([code])));
    let log = platform.log();
    assert!(!log.contains("ACME") && !log.contains("12.34"), "{log}");
}
