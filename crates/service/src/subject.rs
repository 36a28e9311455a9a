//! Finds whose account a command is about.

use std::sync::Arc;

use countersign_crypto::seal::{BlindDomain, Keyring};
use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::command::Subject;
use countersign_domain::id::{AccountId, AppId, SessionId};
use countersign_domain::identifier::{Identifier, Mobile, Name, TenantId, Wallet};
use countersign_store::door::{Index, Store};

use crate::case::{Case, Step, Stop};
use crate::nobody::Nobody;

/// An account that was found, with its wallet where it was found by that.
pub(crate) struct Found {
    pub(crate) account: AccountId,
    pub(crate) wallet: Option<Wallet>,
    /// Its record, where that was read on the way. Good to tell of, never to decide about.
    seen: Option<Arc<Account>>,
}

impl<S: Store> Case<S> {
    /// Finds the account of a subject. An account id is taken as it is: whether it exists shows when it is decided about.
    ///
    /// # Errors
    /// [`Refusal::UnknownAccount`]; [`Refusal::WalletConflict`] when the two names are of different wallets.
    pub(crate) async fn find(&self, subject: &Subject) -> Step<Found> {
        match subject {
            Subject::Account(account) => {
                Ok(Found { account: *account, wallet: None, seen: self.seen.of(*account) })
            }
            Subject::Agent(agent) => {
                let account = self.find_name(&Identifier::Agent(*agent)).await?;
                Ok(Found { account: account.ok_or(Refusal::UnknownAccount)?, wallet: None, seen: None })
            }
            Subject::Wallet { app, addr, user_id } => {
                self.find_wallet(*app, addr.as_ref(), user_id.as_ref()).await
            }
        }
    }

    /// The record of an account that was found, only to tell of it.
    pub(crate) async fn record(&self, found: &Found) -> Step<Arc<Account>> {
        match &found.seen {
            Some(seen) => Ok(Arc::clone(seen)),
            None => Ok(Arc::new(self.read(found.account).await?)),
        }
    }

    /// As [`Self::find`]; `None` for a name that nobody has, where the time that takes must not show. An id is taken as
    /// it is: [`Self::guess`] spends the same on one that is not there.
    pub(crate) async fn find_or_nobody(&self, subject: &Subject, nobody: Nobody) -> Step<Option<Found>> {
        match self.find(subject).await {
            Err(Stop::Refused(Refusal::UnknownAccount)) => {
                self.read_nobody(nobody).await?;
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    pub(crate) async fn find_name(&self, identifier: &Identifier) -> Step<Option<AccountId>> {
        let index = name_index(&self.keyring(), &self.tenant, identifier);
        Ok(self.inner.store.find_name(index).await?)
    }

    async fn find_wallet(&self, app: AppId, addr: Option<&Name>, user_id: Option<&Name>) -> Step<Found> {
        let by_addr = addr.map(|addr| Identifier::WalletAddr(app, addr.clone()));
        let by_user = user_id.map(|user| Identifier::WalletUser(app, user.clone()));
        // Every name is looked up before any answer: where the first is unknown, the time of the second must not be missing.
        let mut found = Vec::new();
        for identifier in [by_addr, by_user].into_iter().flatten() {
            found.push(self.find_name(&identifier).await?);
        }
        let found: Option<Vec<AccountId>> = found.into_iter().collect();
        let found = found.ok_or(Refusal::UnknownAccount)?;
        let account = *found.first().ok_or(Refusal::UnknownAccount)?;
        if found.iter().any(|other| *other != account) {
            return Err(Refusal::WalletConflict.into());
        }
        let seen = Arc::new(self.read(account).await?);
        Ok(Found { account, wallet: seen.profile.wallet.clone(), seen: Some(seen) })
    }
}

/// Where a unique name is looked up. The kind of identifier and its scope are part of what is hashed.
pub(crate) fn name_index(keyring: &Keyring, tenant: &TenantId, identifier: &Identifier) -> Index {
    let tenant = tenant.as_str().as_bytes();
    let blind = |parts: &[&[u8]]| keyring.blind(BlindDomain::Identifier, parts);
    match identifier {
        Identifier::Username(name) => blind(&[tenant, b"username", name.as_str().as_bytes()]),
        Identifier::UserId(name) => blind(&[tenant, b"user_id", name.as_str().as_bytes()]),
        Identifier::WalletAddr(app, name) => {
            blind(&[tenant, b"wallet_addr", app.as_bytes(), name.as_str().as_bytes()])
        }
        Identifier::WalletUser(app, name) => {
            blind(&[tenant, b"wallet_user", app.as_bytes(), name.as_str().as_bytes()])
        }
        Identifier::Agent(agent) => {
            blind(&[tenant, b"agent", &agent.agentid.to_be_bytes(), &agent.usercode.to_be_bytes()])
        }
    }
}

/// Where a mobile number is looked up.
pub(crate) fn mobile_index(keyring: &Keyring, tenant: &TenantId, mobile: &Mobile) -> Index {
    keyring.blind(BlindDomain::Mobile, &[tenant.as_str().as_bytes(), mobile.expose().as_bytes()])
}

/// Where a session is looked up by its id.
pub(crate) fn session_index(keyring: &Keyring, session: SessionId) -> Index {
    keyring.blind(BlindDomain::Identifier, &[b"session", session.as_bytes()])
}
