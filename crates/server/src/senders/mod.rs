//! How verification codes reach people: by a provider of messages, by a webhook to the platform's own gateway, by mail, or
//! not at all; and by several of them in an order, where one fails.
//!
//! A sender's fault tells which station failed and how, and never what was in the message.

mod aliyun;
mod chain;
mod client;
mod fake;
mod outcome;
mod signing;
mod smtp;
mod templates;
mod tencent;
mod trust;
mod twilio;
mod watched;
mod webhook;

use core::future::Future;
use core::pin::Pin;

use countersign_service::{CodeSender, Handed, Message, SendFault};

pub use aliyun::{AliyunOptions, AliyunSender};
pub use chain::Chain;
pub use fake::FakeSender;
pub(crate) use trust::trusted_roots;

pub use smtp::{SmtpOptions, SmtpSecurity, SmtpSender, ToTemplate};
pub use templates::Templates;
pub use tencent::{TencentOptions, TencentSender};
pub use twilio::{TwilioOptions, TwilioSender};
pub use watched::{SenderObserver, SenderOutcome};
pub use webhook::{WebhookOptions, WebhookSecret, WebhookSender};

/// The future of [`CodeSender::send`].
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Handed, SendFault>> + Send + 'a>>;

/// Sends nothing: for a tenant that resets no secret by code.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoSender;

impl CodeSender for NoSender {
    fn send<'a>(&'a self, _message: &'a Message) -> Sending<'a> {
        Box::pin(async {
            Err(SendFault::of_settings(
                "no sender is configured; set codes.sender.kind or codes.senders".to_owned(),
            ))
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// Why a sender cannot be set up: what is wrong with which setting.
#[derive(Debug, thiserror::Error)]
#[error("codes.sender.{setting}: {problem}")]
pub struct SenderSetupError {
    /// The setting under `codes.sender`.
    pub setting: &'static str,
    /// What is wrong with it; never holds the value of a secret.
    pub problem: String,
}

impl SenderSetupError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }
}
