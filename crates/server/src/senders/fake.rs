//! The sender of `dev`: keeps messages in memory, where `GET /v1/dev/outbox` shows them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use countersign_service::{CodeSender, Handed, Message};

use super::Sending;

/// Messages kept; older ones are forgotten. Enough for any story told by hand or by a test.
const KEPT: usize = 1000;

/// Keeps the last 1,000 messages in memory and sends none.
#[derive(Default)]
pub struct FakeSender {
    kept: Mutex<VecDeque<Message>>,
}

impl CodeSender for FakeSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(message.clone());
            Ok(Handed::ONCE)
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Some(kept.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::calling::{Dialled, Prefix};
    use countersign_domain::code::Purpose;
    use countersign_domain::id::{AccountId, CodeId};
    use countersign_domain::identifier::Mobile;
    use countersign_domain::secret::SecretText;
    use countersign_domain::time::Timestamp;

    use super::*;

    fn message(number: usize) -> Message {
        let to = Mobile::parse("13800000001").expect("a number");
        Message {
            id: CodeId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            dialled: Dialled::of(&to, &Prefix::parse("+86").expect("a prefix")),
            to,
            code: SecretText::new(format!("{number:06}")),
            purpose: Purpose::PaymentReset,
            text: SecretText::new(format!("your code is {number:06}")),
            payment: None,
            sent_at: Timestamp::from_secs(0),
        }
    }

    #[tokio::test]
    async fn keeps_the_newest_thousand_in_order() {
        let sender = FakeSender::default();
        for number in 0..KEPT + 3 {
            sender.send(&message(number)).await.expect("memory takes everything");
        }
        let outbox = sender.outbox().expect("the fake sender has one");
        let codes: Vec<&str> = outbox.iter().map(|message| message.code.expose()).collect();
        assert_eq!(codes.len(), KEPT);
        assert_eq!((codes[0], codes[KEPT - 1]), ("000003", "001002"));
    }
}
