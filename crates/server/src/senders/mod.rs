//! How verification codes reach people: by a webhook to the platform's SMS gateway, by mail, or not at all.
//!
//! A sender's fault tells which station failed and how, and never what was in the message.

mod fake;
mod smtp;
mod trust;
mod webhook;

use core::future::Future;
use core::pin::Pin;

use countersign_service::{CodeSender, Message, SendFault};

pub use fake::FakeSender;
pub(crate) use trust::trusted_roots;

pub use smtp::{SmtpOptions, SmtpSecurity, SmtpSender, ToTemplate};
pub use webhook::{WebhookOptions, WebhookSecret, WebhookSender};

/// The future of [`CodeSender::send`].
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SendFault>> + Send + 'a>>;

/// Sends nothing: for a tenant that resets no secret by code.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoSender;

impl CodeSender for NoSender {
    fn send<'a>(&'a self, _message: &'a Message) -> Sending<'a> {
        Box::pin(async {
            Err(SendFault("no sender is configured; set codes.sender.kind to webhook or smtp".to_owned()))
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
