//! The senders of codes against real peers: a small HTTP server that checks signatures, and a mail server.

mod smtp;
mod webhook;

use countersign_domain::calling::{Dialled, Prefix};
use countersign_domain::code::Purpose;
use countersign_domain::id::{AccountId, CodeId};
use countersign_domain::identifier::Mobile;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_service::Message;

/// A message to this number, of a moment that tests know.
fn message(mobile: &str) -> Message {
    let to = Mobile::parse(mobile).expect("a number");
    Message {
        id: CodeId::from_bytes([1; 16]),
        account: AccountId::from_bytes([2; 16]),
        dialled: Dialled::of(&to, &Prefix::parse("+86").expect("a prefix")),
        to,
        code: SecretText::new("493817".to_owned()),
        purpose: Purpose::PaymentReset,
        text: SecretText::new("【Probe】验证码 493817，5 分钟内有效。".to_owned()),
        payment: None,
        sent_at: Timestamp::from_secs(1_750_000_000),
    }
}
