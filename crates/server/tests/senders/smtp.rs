//! Mail, against aiosmtpd.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use countersign_domain::secret::SecretText;
use countersign_server::senders::{SmtpOptions, SmtpSecurity, SmtpSender, ToTemplate};
use countersign_service::CodeSender;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

use crate::message;

/// The mail server; it ends when this is dropped.
struct Sink {
    child: Child,
    lines: BufReader<ChildStdout>,
    _input: ChildStdin,
    port: u16,
}

impl Sink {
    fn start(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smtp_sink.py");
        let mut child = Command::new(python())
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let input = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut sink = Self { child, lines, _input: input, port: 0 };
        sink.port = sink.next()["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        sink
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python that has aiosmtpd: what `cargo xtask peers` prepares, the first one on the path, or the system's own.
fn python() -> PathBuf {
    let peers = std::env::var_os("COUNTERSIGN_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers"), PathBuf::from);
    [peers.join("venv/bin/python"), "python3".into(), "/usr/bin/python3".into()]
        .into_iter()
        .find(|python| {
            let probe = Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
            probe.is_ok_and(|status| status.success())
        })
        .expect("no Python with aiosmtpd: run `cargo xtask peers`, or install Debian's python3-aiosmtpd")
}

fn options(port: u16) -> SmtpOptions {
    SmtpOptions {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::Plain,
        login: None,
        from: "Probe <codes@wallet.example>".to_owned(),
        to: ToTemplate::parse("{mobile}@sms.example").expect("a template"),
        subject: "Probe".to_owned(),
        timeout: Duration::from_secs(10),
    }
}

fn sender(port: u16, login: Option<(&str, &str)>) -> SmtpSender {
    let login = login.map(|(user, password)| (user.to_owned(), SecretText::new(password.to_owned())));
    SmtpSender::new(SmtpOptions { login, ..options(port) }).expect("options that fit")
}

#[tokio::test]
async fn a_message_arrives_as_mail_to_the_gateways_address() {
    let mut sink = Sink::start(&[]);
    sender(sink.port, None).send(&message("+86 138 1234 5678")).await.expect("taken");
    let mail = sink.next();
    assert_eq!(mail["mail_from"], "codes@wallet.example");
    assert_eq!(mail["rcpt_tos"], serde_json::json!(["13812345678@sms.example"]));
    assert_eq!(mail["subject"], "Probe");
    assert_eq!(mail["text"].as_str().map(str::trim_end), Some("【Probe】验证码 493817，5 分钟内有效。"));
}

#[tokio::test]
async fn a_server_that_wants_a_login_gets_it() {
    let mut sink = Sink::start(&["--login"]);
    let wrong = sender(sink.port, Some(("codes", "wrong"))).send(&message("13812345678")).await;
    let fault = wrong.expect_err("a wrong password").to_string();
    assert!(fault.contains("535") && !fault.contains("wrong"), "{fault}");
    sender(sink.port, Some(("codes", "mail-password"))).send(&message("13812345678")).await.expect("taken");
    assert_eq!(sink.next()["rcpt_tos"], serde_json::json!(["13812345678@sms.example"]));
}

#[tokio::test]
async fn a_refusal_is_a_fault_that_repeats_nothing() {
    let sink = Sink::start(&[]);
    let fault = sender(sink.port, None).send(&message("13800000009")).await.expect_err("nobody");
    assert_eq!(fault.hand_overs, 0, "surely not taken");
    let fault = fault.to_string();
    assert!(fault.contains("550") && !fault.contains("138"), "{fault}");
    let starttls = SmtpSender::new(SmtpOptions { security: SmtpSecurity::StartTls, ..options(sink.port) });
    let starttls = starttls.expect("options that fit");
    let fault = starttls.send(&message("13812345678")).await;
    let fault = fault.expect_err("nothing is sent without the TLS that was asked for");
    assert_eq!(fault.hand_overs, 0, "nor may it have been");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault() {
    let port = {
        let sink = Sink::start(&[]);
        sink.port
    };
    let fault = sender(port, None).send(&message("13812345678")).await.expect_err("nobody listens");
    assert_eq!(fault.hand_overs, 0, "surely not taken");
    let fault = fault.to_string();
    assert!(fault.contains("cannot be reached"), "{fault}");
}

#[tokio::test]
async fn a_server_that_breaks_off_with_the_mail_in_its_hands_is_in_doubt() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let breaks_off = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let (reader, mut writer) = stream.into_split();
        let mut lines = tokio::io::BufReader::new(reader).lines();
        writer.write_all(b"220 mail.example\r\n").await.expect("greeted");
        while let Some(line) = lines.next_line().await.expect("a line") {
            let answer: &[u8] = match line.as_str() {
                "DATA" => b"354 go on\r\n",
                // It has the whole mail, and is gone before it says so.
                "." => return,
                _ if line.starts_with("EHLO") => b"250 mail.example\r\n",
                _ if line.starts_with("MAIL") || line.starts_with("RCPT") => b"250 OK\r\n",
                _ => continue,
            };
            writer.write_all(answer).await.expect("answered");
        }
        panic!("the mail never came");
    });
    let fault = sender(port, None).send(&message("13812345678")).await.expect_err("no answer");
    breaks_off.await.expect("it had the mail");
    assert_eq!(fault.hand_overs, 1, "{fault}");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_a_fault_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        // Takes whatever comes, answers nothing, and ends when the sender gives up.
        while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
    });
    let sender = SmtpSender::new(SmtpOptions { timeout: Duration::from_millis(200), ..options(port) });
    let fault = sender.expect("options that fit").send(&message("13812345678")).await;
    assert!(fault.expect_err("no answer").to_string().contains("did not answer within"));
    silent.await.expect("the sender hung up");
}
