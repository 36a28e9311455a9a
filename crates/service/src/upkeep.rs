//! What the server does by itself, in small steps: forgetting what has expired, re-sealing under a new key.

use std::sync::{Arc, PoisonError};

use countersign_crypto::seal::{
    DataKeyId, Keyring, KeyringError, MasterKey, Place, SealError, WrappedDataKey, WrappedRoot,
};
use countersign_domain::account::Account;
use countersign_domain::app::{App, AppProof};
use countersign_domain::command::Page;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::{Kind, Sealed};
use countersign_store::door::WrappedKey;

use crate::case::sealed_fault;
use crate::service::{Fault, Inner, Service};
use crate::{Entropy, Store};

/// Where the root key of the blind indexes is stored; data keys have ids from 1.
const ROOT: u32 = 0;

/// Rows forgotten in one transaction, few enough that a guess never waits long behind them.
const SWEEP_ROWS: u32 = 500;

/// Accounts read at once while re-sealing.
const RESEAL_PAGE: u32 = 100;

/// How far re-sealing has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resealed {
    /// Accounts, apps and keys of receipts looked at.
    pub seen: u64,
    /// Those that had a seal under an older key.
    pub changed: u64,
}

/// Unwraps the store's keys, or makes them if the database is new.
///
/// Of two processes that start on a new database one makes the keys; both go on with what is stored.
///
/// # Errors
/// A wrong master key, damaged keys or a failing store.
pub async fn open_keyring<S: Store>(
    store: &S,
    master: &MasterKey,
    entropy: &dyn Entropy,
) -> Result<Keyring, Fault> {
    let stored = store.keys().await?;
    if stored.iter().any(|key| key.id == ROOT) {
        return unwrap(master, stored);
    }
    let (_, root, data) = Keyring::create(entropy, master);
    let root = WrappedKey { id: ROOT, wrapped: root.wrapped };
    let data = WrappedKey { id: data.id.0, wrapped: data.wrapped };
    store.add_keys(vec![root, data]).await?;
    unwrap(master, store.keys().await?)
}

impl<S: Store> Service<S> {
    /// Forgets what has expired; `true` if there may be more to forget.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn sweep(&self) -> Result<bool, Fault> {
        let more = self.inner.store.sweep(self.now(), SWEEP_ROWS).await? >= SWEEP_ROWS;
        Ok(self.forget_feed(self.now(), SWEEP_ROWS).await? || more)
    }

    /// Adds a data key, under which everything is sealed from now on. It is stored before it is used.
    ///
    /// # Errors
    /// A wrong master key or a failing store.
    pub async fn rotate_key(&self) -> Result<u32, Fault> {
        loop {
            self.reload_keys().await?;
            let rotated = self.inner.keyring().rotate(self.inner.entropy.as_ref(), &self.inner.master);
            let (keyring, added) = rotated.map_err(keys_fault)?;
            let key = WrappedKey { id: added.id.0, wrapped: added.wrapped };
            // Another process may have added the same number in between; its key is as good, and must not be lost.
            if self.inner.store.add_keys(vec![key]).await? {
                self.inner.put_keyring(keyring);
                return Ok(added.id.0);
            }
        }
    }

    /// The data keys, and which of them seals.
    #[must_use]
    pub fn data_keys(&self) -> Vec<(u32, bool)> {
        let keyring = self.inner.keyring();
        keyring.ids().map(|id| (id.0, id == keyring.current())).collect()
    }

    /// Takes over keys that another process has added.
    ///
    /// # Errors
    /// A wrong master key, damaged keys or a failing store.
    pub async fn reload_keys(&self) -> Result<(), Fault> {
        self.inner.reload_keys().await
    }

    /// Re-seals everything that is under an older key, one account a transaction, telling `progress` now and then.
    ///
    /// # Errors
    /// Only our own faults; what was re-sealed stays so, and the rest can be done later.
    pub async fn reseal(&self, progress: impl Fn(Resealed) + Send) -> Result<Resealed, Fault> {
        self.reload_keys().await?;
        let mut so_far = self.reseal_apps().await?;
        let (seen, changed) = self.reseal_signing_keys().await?;
        so_far = Resealed { seen: so_far.seen + seen, changed: so_far.changed + changed };
        self.reseal_webhooks(&mut so_far).await?;
        let mut page = Page { after: None, limit: RESEAL_PAGE };
        loop {
            let accounts = self.inner.store.accounts(TenantId::default_tenant(), page).await?;
            for account in &accounts {
                so_far.seen += 1;
                let stale = is_stale(&mut account.clone(), &self.inner.keyring());
                so_far.changed += u64::from(stale && self.reseal_account(account.id).await?);
            }
            progress(so_far);
            match accounts.last() {
                Some(last) if accounts.len() == RESEAL_PAGE as usize => page.after = Some(last.id),
                _ => return Ok(so_far),
            }
        }
    }

    /// Re-seals one account; `true` if there was something to re-seal.
    async fn reseal_account(&self, id: AccountId) -> Result<bool, Fault> {
        let inner = Arc::clone(&self.inner);
        let resealed = self.inner.store.update(id, move |draft| {
            let (keyring, mut changed) = (inner.keyring(), false);
            for (place, sealed) in seals(&mut draft.account) {
                changed |= inner.reseal(&keyring, &place, sealed)?;
            }
            Ok(changed)
        });
        resealed.await?.unwrap_or(Ok(false))
    }

    /// Re-seals what signs webhooks' messages, one webhook a transaction.
    async fn reseal_webhooks(&self, so_far: &mut Resealed) -> Result<(), Fault> {
        for webhook in self.inner.store.webhooks(TenantId::default_tenant()).await? {
            so_far.seen += 1;
            let inner = Arc::clone(&self.inner);
            let resealed = self.inner.store.update_webhook(webhook.id, move |draft| {
                let (keyring, id) = (inner.keyring(), draft.webhook.id);
                let signing = &mut draft.webhook.signing;
                let place = |version| Place::WebhookSecret { webhook: id, version };
                let mut changed = inner.reseal(&keyring, &place(signing.version), &mut signing.current)?;
                for (back, (sealed, _)) in (1..).zip(&mut signing.previous) {
                    changed |=
                        inner.reseal(&keyring, &place(signing.version.saturating_sub(back)), sealed)?;
                }
                Ok(changed)
            });
            so_far.changed += u64::from(resealed.await?.unwrap_or(Ok::<_, Fault>(false))?);
        }
        Ok(())
    }

    async fn reseal_apps(&self) -> Result<Resealed, Fault> {
        let (mut so_far, keyring) = (Resealed::default(), self.inner.keyring());
        let mut page = Page { after: None, limit: RESEAL_PAGE };
        loop {
            let apps = self.inner.store.apps(TenantId::default_tenant(), page).await?;
            page.after = apps.last().map(|app| app.id);
            let full = apps.len() == RESEAL_PAGE as usize;
            for app in apps {
                so_far.seen += 1;
                so_far.changed += u64::from(self.reseal_app(&app, &keyring).await?);
            }
            if !full {
                return Ok(so_far);
            }
        }
    }
}

impl<S: Store> Service<S> {
    /// Re-seals an app's HAWK key where it is: an app that was deleted meanwhile stays deleted.
    async fn reseal_app(&self, app: &App, keyring: &Arc<Keyring>) -> Result<bool, Fault> {
        let AppProof::Hawk(sealed) = &app.proof else { return Ok(false) };
        let (old, mut fresh) = (sealed.clone(), sealed.clone());
        if !self.inner.reseal(keyring, &Place::HawkKey { app: app.id }, &mut fresh)? {
            return Ok(false);
        }
        let replace = move |app: &mut App| match &mut app.proof {
            AppProof::Hawk(sealed) if *sealed == old => *sealed = fresh,
            AppProof::Hawk(_) | AppProof::Api(_) | AppProof::Spark(_) => {}
        };
        Ok(self.inner.store.update_app(app.id, replace).await?)
    }
}

impl<S: Store> Inner<S> {
    pub(crate) async fn reload_keys(&self) -> Result<(), Fault> {
        let keyring = unwrap(&self.master, self.store.keys().await?)?;
        self.put_keyring(keyring);
        Ok(())
    }
}

impl<S> Inner<S> {
    /// Puts a seal under the current key in place of an older one; `true` if it was older.
    ///
    /// # Errors
    /// It does not open. Better to stop than to report that everything is under the new key.
    pub(crate) fn reseal(
        &self,
        keyring: &Keyring,
        place: &Place,
        sealed: &mut Sealed,
    ) -> Result<bool, Fault> {
        if !keyring.is_stale(sealed) {
            return Ok(false);
        }
        let plaintext = match keyring.open(place, sealed) {
            // Under a key that another process has added since: newer than ours, not older.
            Err(SealError::UnknownKey(_)) => return Ok(false),
            opened => opened.map_err(sealed_fault)?,
        };
        *sealed = keyring.seal(self.entropy.as_ref(), place, plaintext.expose());
        Ok(true)
    }

    fn put_keyring(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }
}

fn unwrap(master: &MasterKey, stored: Vec<WrappedKey>) -> Result<Keyring, Fault> {
    let (roots, data): (Vec<_>, Vec<_>) = stored.into_iter().partition(|key| key.id == ROOT);
    let root = roots.into_iter().next().map(|key| WrappedRoot { wrapped: key.wrapped });
    let root = root.ok_or_else(|| Fault::Keys("the database has no root key".to_owned()))?;
    let data: Vec<_> =
        data.into_iter().map(|key| WrappedDataKey { id: DataKeyId(key.id), wrapped: key.wrapped }).collect();
    Keyring::unwrap(master, &data, &root).map_err(keys_fault)
}

#[allow(clippy::needless_pass_by_value, reason = "made to be given to map_err")]
fn keys_fault(error: KeyringError) -> Fault {
    Fault::Keys(error.to_string())
}

/// Everything of an account that is sealed, and where it belongs.
fn seals(account: &mut Account) -> Vec<(Place, &mut Sealed)> {
    let id = account.id;
    let mut seals: Vec<(Place, &mut Sealed)> = Vec::new();
    let credentials = [
        (Kind::Login, &mut account.login),
        (Kind::Payment, &mut account.payment),
        (Kind::Query, &mut account.query),
    ];
    for (kind, credential) in credentials {
        // The verifier's own: after a restore the credential's is a later one.
        let version = credential.verifier().map_or(0, |verifier| verifier.version);
        seals.extend(
            credential.sealed_mut().map(|sealed| (Place::Verifier { account: id, kind, version }, sealed)),
        );
    }
    for (slot, sealed) in (0..).zip(&mut account.profile.mobiles) {
        seals.push((Place::Mobile { account: id, slot }, sealed));
    }
    for session in &mut account.sessions {
        let session_id = session.id;
        seals.push((Place::SessionKey { account: id, session: session_id }, &mut session.key));
        seals.push((
            Place::SessionLoginDigest { account: id, session: session_id },
            &mut session.login_digest,
        ));
    }
    seals
}

fn is_stale(account: &mut Account, keyring: &Keyring) -> bool {
    seals(account).iter().any(|(_, sealed)| keyring.is_stale(sealed))
}
