//! What exists under `dev` only: moving the clock, reading what the fake sender was given.

use countersign_domain::answer::{Done, OutboxMessage, Refusal, Reply};
use countersign_domain::command::DevCommand;
use countersign_store::door::Store;

use crate::case::{Case, Step};
use crate::ports::Message;

impl<S: Store> Case<S> {
    pub(crate) async fn dev(&self, command: &DevCommand) -> Step<Done> {
        if !self.settings.dev {
            return Err(Refusal::DevOnly.into());
        }
        let reply = match command {
            DevCommand::AdvanceClock(seconds) => {
                Reply::Clock(self.inner.clock.advance(*seconds).ok_or(Refusal::DevOnly)?)
            }
            DevCommand::ReadOutbox(account) => {
                let messages = self.inner.sender.outbox().ok_or(Refusal::DevOnly)?;
                let wanted = |message: &Message| account.is_none_or(|account| message.account == account);
                let mut shown = Vec::new();
                for message in messages.into_iter().filter(wanted) {
                    // What is left of an erased account's messages is nobody's to read.
                    if self.inner.store.read(message.account).await?.is_some() {
                        shown.push(show(message));
                    }
                }
                Reply::Outbox(shown)
            }
        };
        Ok(Done { reply, wallet: None, device: None })
    }
}

fn show(message: Message) -> OutboxMessage {
    OutboxMessage {
        account: message.account,
        to: message.to.expose().to_owned(),
        code: message.code,
        purpose: message.purpose,
        text: message.text,
        sent_at: message.sent_at,
    }
}
