//! Section `codes`: who sends verification codes, and in what words.

use std::path::PathBuf;
use std::time::Duration;

use countersign_domain::calling::Prefix;
use countersign_domain::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Secret;
use crate::config::providers::{Aliyun, Tencent, Twilio};

/// Who sends verification codes, and in what words.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Language of the message that a person reads.
    pub language: Language,
    /// The platform's name in that message, and the subject where it goes by mail.
    #[schemars(length(min = 1, max = 64))]
    pub brand: String,
    /// Who hands the message over: the settings of each kind of sender.
    pub sender: Sender,
    /// Several kinds of sender in the order in which they are asked: if one does not take a message, the next one is, with the
    /// same code. Where this is empty, `codes.sender.kind` alone is asked.
    pub senders: Vec<SenderKind>,
    /// Another order for numbers that begin so, each in a text such as `+86 aliyun tencent`. The longest that fits counts.
    pub routes: Vec<String>,
    /// Seconds that all of them may take together. It must be less than `server.request_timeout_s`.
    #[schemars(range(min = 1, max = 120))]
    pub patience_s: u32,
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
    /// Settings of the kind `aliyun`.
    pub aliyun: Aliyun,
    /// Settings of the kind `tencent`.
    pub tencent: Tencent,
    /// Settings of the kind `twilio`.
    pub twilio: Twilio,
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
    /// Alibaba Cloud's short message service (Dysmsapi 2017-05-25).
    Aliyun,
    /// Tencent Cloud's short message service (2021-01-11).
    Tencent,
    /// Twilio's messages (2010-04-01).
    Twilio,
}

impl SenderKind {
    /// The word for it in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Webhook => "webhook",
            Self::Smtp => "smtp",
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
            Self::Twilio => "twilio",
        }
    }
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

impl Codes {
    /// The kinds of sender in their order; empty where no code is sent.
    #[must_use]
    pub fn order(&self) -> Vec<SenderKind> {
        let chosen = if self.senders.is_empty() { vec![self.sender.kind] } else { self.senders.clone() };
        chosen.into_iter().filter(|kind| *kind != SenderKind::None).collect()
    }

    /// The orders by prefix; an error names the text that cannot be read.
    ///
    /// # Errors
    /// A text is no prefix followed by kinds of sender.
    pub fn routes(&self) -> Result<Vec<(Prefix, Vec<SenderKind>)>, String> {
        let kinds = [
            SenderKind::Webhook,
            SenderKind::Smtp,
            SenderKind::Aliyun,
            SenderKind::Tencent,
            SenderKind::Twilio,
        ];
        let kind = |word: &str| kinds.into_iter().find(|kind| kind.as_str() == word);
        let route = |text: &String| {
            let mut words = text.split_whitespace();
            let prefix = words.next().and_then(Prefix::parse);
            let order: Option<Vec<SenderKind>> = words.map(kind).collect();
            prefix.zip(order.filter(|order| !order.is_empty())).ok_or_else(|| text.clone())
        };
        self.routes.iter().map(route).collect()
    }

    /// Every kind that is asked anywhere, each once.
    #[must_use]
    pub fn kinds(&self) -> Vec<SenderKind> {
        let routed = self.routes().unwrap_or_default().into_iter().flat_map(|(_, order)| order);
        let mut kinds: Vec<SenderKind> = Vec::new();
        for kind in self.order().into_iter().chain(routed) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// Longest time until all senders have been asked.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_s as u64)
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            language: Language::default(),
            brand: "Countersign".to_owned(),
            sender: Sender::default(),
            senders: Vec::new(),
            routes: Vec::new(),
            patience_s: 15,
        }
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
