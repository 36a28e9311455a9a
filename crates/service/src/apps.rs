//! Apps: the credentials by which a platform's servers call. Their secrets are shown once and never again.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::answer::{Done, Listed, Refusal, Reply};
use countersign_domain::app::{App, AppKind, AppProof, Scopes};
use countersign_domain::command::Page;
use countersign_domain::id::AppId;
use countersign_domain::secret::SecretText;
use countersign_store::door::Store;
use subtle::ConstantTimeEq;

use crate::case::{Case, Step};
use crate::token::{self, AppToken};

/// Bytes of an app's secret before encoding.
const SECRET_BYTES: usize = 32;

impl<S: Store> Case<S> {
    pub(crate) async fn create_app(&self, name: String, kind: AppKind, scopes: Scopes) -> Step<Done> {
        let id = AppId::from_bytes(self.inner.entropy.array());
        let secret = self.inner.entropy.token(SECRET_BYTES);
        let hash = |domain| token::app_secret_hash(&self.keyring(), domain, id, &secret);
        let proof = match kind {
            AppKind::Api => AppProof::Api(hash(BlindDomain::ApiKey)),
            AppKind::Spark => AppProof::Spark(hash(BlindDomain::AppSecret)),
            AppKind::Hawk => {
                AppProof::Hawk(self.seal(&Place::HawkKey { app: id }, secret.expose().as_bytes()))
            }
        };
        let app = App { id, tenant: self.tenant.clone(), name, scopes, created_at: self.now(), proof };
        let shown = if kind == AppKind::Api { token::api_key(id, &secret) } else { secret };
        let reply = Reply::AppCreated(Box::new(app.clone()), shown);
        let done = Done { reply, wallet: None, device: None };
        self.inner.store.create_app(app, self.answer(&done)).await?;
        self.answer_kept();
        Ok(done)
    }

    pub(crate) async fn list_apps(&self, page: Page<AppId>) -> Step<Done> {
        let more = Page { limit: page.limit + 1, ..page };
        let apps = self.inner.store.apps(self.tenant.clone(), more).await?;
        Ok(Done { reply: Reply::Apps(listed(apps, page.limit)), wallet: None, device: None })
    }

    pub(crate) async fn delete_app(&self, id: AppId) -> Step<Done> {
        let ours = self.inner.store.app(id).await?.is_some_and(|app| app.tenant == self.tenant);
        if ours && self.inner.store.delete_app(id).await? {
            return Ok(Done { reply: Reply::Gone, wallet: None, device: None });
        }
        Err(Refusal::NotFound.into())
    }

    /// Issues an access token to a `spark` app that knows its secret. The secret has 256 bits, so it needs no budget.
    pub(crate) async fn issue_app_token(&self, appid: &str, secret: &SecretText) -> Step<Done> {
        let id = AppId::parse(appid).ok_or(Refusal::AppSecretIncorrect)?;
        let app = self.inner.store.app(id).await?;
        let given = token::app_secret_hash(&self.keyring(), BlindDomain::AppSecret, id, secret);
        let right =
            app.is_some_and(|app| matches!(&app.proof, AppProof::Spark(kept) if kept.ct_eq(&given).into()));
        if !right {
            return Err(Refusal::AppSecretIncorrect.into());
        }
        let expires_at = self.now() + self.settings.app_token_life;
        let token =
            AppToken { app: id, expires_at, nonce: self.inner.entropy.array() }.issue(&self.keyring());
        Ok(Done { reply: Reply::AppToken { token, expires_at }, wallet: None, device: None })
    }
}

/// Cuts a list that was asked for with one more than its limit.
pub(crate) fn listed<T>(mut items: Vec<T>, limit: u32) -> Listed<T> {
    let has_more = items.len() > limit as usize;
    items.truncate(limit as usize);
    Listed { items, has_more }
}
