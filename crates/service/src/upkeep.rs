//! What the server does by itself, in small steps: forgetting what has expired, re-sealing under a new key.

use std::sync::{Arc, PoisonError};

use countersign_crypto::seal::{
    DataKeyId, Keyring, KeyringError, MasterKey, Place, WrappedDataKey, WrappedRoot,
};
use countersign_domain::account::Account;
use countersign_domain::app::AppProof;
use countersign_domain::command::Page;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::{Kind, Sealed};
use countersign_store::door::WrappedKey;

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
    /// Accounts and apps looked at.
    pub seen: u64,
    /// Those that had a seal under an older key.
    pub changed: u64,
}

/// Unwraps the store's keys, or makes them if the database is new.
///
/// The root key is stored last: without it nothing was ever sealed, so a start that was cut short is simply made again.
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
    let (keyring, root, data) = Keyring::create(entropy, master);
    store.put_key(WrappedKey { id: data.id.0, wrapped: data.wrapped }).await?;
    store.put_key(WrappedKey { id: ROOT, wrapped: root.wrapped }).await?;
    Ok(keyring)
}

impl<S: Store> Service<S> {
    /// Forgets what has expired; `true` if there may be more to forget.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn sweep(&self) -> Result<bool, Fault> {
        Ok(self.inner.store.sweep(self.now(), SWEEP_ROWS).await? >= SWEEP_ROWS)
    }

    /// Adds a data key, under which everything is sealed from now on. It is stored before it is used.
    ///
    /// # Errors
    /// A wrong master key or a failing store.
    pub async fn rotate_key(&self) -> Result<u32, Fault> {
        self.reload_keys().await?;
        let rotated = self.inner.keyring().rotate(self.inner.entropy.as_ref(), &self.inner.master);
        let (keyring, added) = rotated.map_err(keys_fault)?;
        self.inner.store.put_key(WrappedKey { id: added.id.0, wrapped: added.wrapped }).await?;
        self.inner.put_keyring(keyring);
        Ok(added.id.0)
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
        let mut so_far = self.reseal_apps().await?;
        let mut page = Page { after: None, limit: RESEAL_PAGE };
        loop {
            let accounts = self.inner.store.accounts(TenantId::default_tenant(), page).await?;
            for account in &accounts {
                so_far.seen += 1;
                if is_stale(&mut account.clone(), &self.inner.keyring()) {
                    self.reseal_account(account.id).await?;
                    so_far.changed += 1;
                }
            }
            progress(so_far);
            match accounts.last() {
                Some(last) if accounts.len() == RESEAL_PAGE as usize => page.after = Some(last.id),
                _ => return Ok(so_far),
            }
        }
    }

    async fn reseal_account(&self, id: AccountId) -> Result<(), Fault> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .store
            .update(id, move |draft| {
                let keyring = inner.keyring();
                for (place, sealed) in seals(&mut draft.account) {
                    if let Some(fresh) = keyring.reseal(inner.entropy.as_ref(), &place, sealed) {
                        *sealed = fresh;
                    }
                }
            })
            .await?;
        Ok(())
    }

    async fn reseal_apps(&self) -> Result<Resealed, Fault> {
        let (mut so_far, keyring) = (Resealed::default(), self.inner.keyring());
        let mut page = Page { after: None, limit: RESEAL_PAGE };
        loop {
            let apps = self.inner.store.apps(TenantId::default_tenant(), page).await?;
            page.after = apps.last().map(|app| app.id);
            let full = apps.len() == RESEAL_PAGE as usize;
            for mut app in apps {
                so_far.seen += 1;
                let AppProof::Hawk(sealed) = &mut app.proof else { continue };
                let place = Place::HawkKey { app: app.id };
                if let Some(fresh) = keyring.reseal(self.inner.entropy.as_ref(), &place, sealed) {
                    *sealed = fresh;
                    self.inner.store.put_app(app).await?;
                    so_far.changed += 1;
                }
            }
            if !full {
                return Ok(so_far);
            }
        }
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
        let version = credential.version;
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
