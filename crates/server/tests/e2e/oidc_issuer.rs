//! A real OpenID provider of one's own: `tests/peers/oidc_issuer.mjs`, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::installed::{SCRIPTS, installed};

/// What tokens are made for.
pub(crate) const AUDIENCE: &str = "urn:example:pay";

/// A running provider. Killed when dropped.
pub(crate) struct Issuer {
    child: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
    /// What it calls itself, and where it is.
    pub(crate) name: String,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("node")
            .args(["oidc_issuer.mjs", AUDIENCE])
            .current_dir(SCRIPTS)
            .env("NODE_PATH", installed("node/node_modules"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is there");
        let (asked, told) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut issuer = Self { child, asked, told: BufReader::new(told), name: String::new() };
        issuer.name = text(&issuer.read(), "issuer");
        issuer
    }

    /// A token of a person who logs in with everything that the protocol asks for.
    pub(crate) fn login(&mut self, subject: &str, session: &str, more: &Value) -> String {
        let mut asked = json!({"do": "login", "sub": subject, "sid": session});
        asked.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        text(&self.ask(&asked), "token")
    }

    /// Claims of a good token, with these changed.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let now = present_second();
        let mut claims = json!({
            "iss": self.name, "aud": AUDIENCE, "sub": "u-1", "client_id": "shop", "sid": "signed",
            "iat": now, "exp": now + 300, "auth_time": now, "acr": "urn:strong",
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        claims
    }

    /// The provider's key of that algorithm over claims, under that type.
    pub(crate) fn sign(&mut self, claims: &Value, typ: &str, algorithm: &str) -> String {
        text(&self.ask(&json!({"do": "sign", "claims": claims, "typ": typ, "alg": algorithm})), "token")
    }

    /// A token that nobody must take.
    pub(crate) fn forge(&mut self, how: &str) -> String {
        let claims = self.claims(&json!({}));
        text(&self.ask(&json!({"do": "forge", "how": how, "claims": claims})), "token")
    }

    /// `rotate`, `down` or `up`.
    pub(crate) fn go(&mut self, what: &str) {
        self.ask(&json!({ "do": what }));
    }

    fn ask(&mut self, asked: &Value) -> Value {
        writeln!(self.asked, "{asked}").expect("it listens");
        self.read()
    }

    fn read(&mut self) -> Value {
        // What its library has to say besides is no JSON.
        loop {
            let mut line = String::new();
            assert!(self.told.read_line(&mut line).expect("a line") > 0, "the provider has ended");
            if let Ok(told) = serde_json::from_str::<Value>(&line) {
                assert!(told.get("error").is_none(), "{told}");
                return told;
            }
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(told: &Value, member: &str) -> String {
    told[member].as_str().unwrap_or_else(|| panic!("no {member}: {told}")).to_owned()
}

/// The second it is: a provider does not move its clock for us.
#[allow(
    clippy::disallowed_methods,
    reason = "tokens are made by another process, which reads the machine's clock"
)]
fn present_second() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}
