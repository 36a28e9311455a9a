//! Section `codes`: who sends verification codes, and in what words.

use std::path::PathBuf;
use std::time::Duration;

use countersign_domain::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Secret;

/// Who sends verification codes, and in what words.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Language of the message that a person reads.
    pub language: Language,
    /// The platform's name in that message, and the subject where it goes by mail.
    #[schemars(length(min = 1, max = 64))]
    pub brand: String,
    /// Who hands the message over.
    pub sender: Sender,
}

/// Who hands messages over.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sender {
    /// The way that messages go.
    pub kind: SenderKind,
    /// Settings of the kind `webhook`.
    pub webhook: Webhook,
    /// Settings of the kind `smtp`.
    pub smtp: Smtp,
}

/// The way that messages go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// None: every request for a code fails.
    #[default]
    None,
    /// A signed HTTP POST to the platform's own message service.
    Webhook,
    /// Mail, also to an SMS-by-mail gateway.
    Smtp,
}

/// A signed HTTP POST (Standard Webhooks 1.0).
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Webhook {
    /// Where it goes: `https://…`, or `http://…` to this machine.
    #[schemars(length(min = 1, max = 2048))]
    pub url: Option<String>,
    /// Key of the signature that the receiver checks: `whsec_` and Base64, or at least 24 bytes of text.
    pub secret: Option<Secret>,
    /// File with the only certificate authorities to trust, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
    /// Seconds until an unanswered POST has failed.
    #[schemars(range(min = 1, max = 60))]
    pub timeout_s: u32,
}

/// A mail server.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    /// Host name or address.
    #[schemars(length(min = 1, max = 255))]
    pub host: Option<String>,
    /// Port. Without it 465 for `tls`, 587 for `starttls`, 25 for `none`.
    #[schemars(range(min = 1, max = 65_535))]
    pub port: Option<u16>,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User name, where the server asks for one.
    #[schemars(length(min = 1, max = 255))]
    pub username: Option<String>,
    /// Password of that user.
    pub password: Option<Secret>,
    /// Address that the mail is from.
    #[schemars(length(min = 3, max = 320))]
    pub from: Option<String>,
    /// Address that the mail goes to; `{mobile}` stands for the number's digits, as SMS-by-mail gateways want it:
    /// `{mobile}@sms.example`.
    #[schemars(length(min = 3, max = 320))]
    pub to_template: Option<String>,
    /// Seconds until an unanswered mail server has failed.
    #[schemars(range(min = 1, max = 60))]
    pub timeout_s: u32,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// Not at all: codes can be read on the way. Only for a mail server on this machine.
    None,
    /// TLS is asked for after connecting, and nothing is sent without it (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// A language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Language {
    /// Chinese in simplified characters.
    #[default]
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// Chinese in traditional characters.
    #[serde(rename = "zh-TW")]
    ZhTw,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Language {
    /// The language as the domain takes it.
    #[must_use]
    pub const fn to_domain(self) -> Lang {
        match self {
            Self::ZhCn => Lang::ZhCn,
            Self::ZhTw => Lang::ZhTw,
            Self::En => Lang::En,
        }
    }
}

impl Webhook {
    /// Longest time until the receiver has answered.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s as u64)
    }
}

impl Smtp {
    /// The port: the one that was set, else the usual one for the kind of protection.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            SmtpTls::None => 25,
            SmtpTls::Starttls => 587,
            SmtpTls::Tls => 465,
        })
    }

    /// Longest time until the mail server has answered.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s as u64)
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self { language: Language::default(), brand: "Countersign".to_owned(), sender: Sender::default() }
    }
}

impl Default for Webhook {
    fn default() -> Self {
        Self { url: None, secret: None, ca_file: None, timeout_s: 5 }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            tls: SmtpTls::default(),
            username: None,
            password: None,
            from: None,
            to_template: None,
            timeout_s: 10,
        }
    }
}
