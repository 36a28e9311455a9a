//! Windows: how often the payment secret is asked, and whether it must be asked now.

use countersign_domain::answer::{Done, Reply};
use countersign_domain::ask::{self, AskFrequency, Holder, WindowOpens};
use countersign_domain::command::Subject;
use countersign_store::door::Store;

use crate::case::{Case, Step};

impl<S: Store> Case<S> {
    pub(crate) async fn choose_ask_frequency(
        &self,
        subject: Subject,
        choice: AskFrequency,
        holder: Holder,
        opens: WindowOpens,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        self.conclude(found.account, move |draft, scene| {
            ask::choose(&mut draft.account, choice, holder, opens, scene);
            let view = ask::view(&draft.account, Some(holder), scene);
            Ok(Done { reply: Reply::Ask(view), wallet: found.wallet, device: None })
        })
        .await
    }

    /// A read: a state or window that has run out needs no write to be over.
    pub(crate) async fn read_ask_frequency(&self, subject: Subject, holder: Holder) -> Step<Done> {
        let found = self.find(&subject).await?;
        let account = self.record(&found).await?;
        let view = self.look(|scene| ask::view(&account, Some(holder), scene));
        Ok(Done { reply: Reply::Ask(view), wallet: found.wallet, device: None })
    }
}
