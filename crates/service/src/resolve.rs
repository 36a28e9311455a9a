//! Who a claim turns out to be.

use std::sync::Arc;

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::account::Account;
use countersign_domain::app::{App, AppProof};
use countersign_domain::caller::{
    AppCaller, Caller, Claim, Resolution, SessionCaller, SessionKeys, Unproven,
};
use countersign_domain::id::{AccountId, AppId, SessionId};
use countersign_domain::identifier::{Identifier, Name, TenantId};
use countersign_domain::secret::{LegacyDigest, SecretText};
use countersign_domain::session::{self, Session, Standing};
use countersign_store::door::Store;
use subtle::ConstantTimeEq;

use crate::case::text_of;
use crate::context::{Resolved, Seen};
use crate::service::{Fault, Inner, Service};
use crate::subject::{name_index, session_index};
use crate::token::{self, AccessToken, AppToken};

impl<S: Store> Service<S> {
    /// Who a claim turns out to be.
    ///
    /// # Errors
    /// Only our own faults; a claim that proves nothing is a value.
    pub async fn resolve(&self, claim: Claim) -> Result<Resolved, Fault> {
        let inner = &self.inner;
        let caller = match claim {
            Claim::AccessToken(token) => return inner.by_access_token(&token).await,
            Claim::Nobody => Ok(Caller::Nobody),
            Claim::ApiKey(key) => inner.by_api_key(&key).await?,
            Claim::AppToken(token) => inner.by_app_token(&token).await?,
            Claim::HawkApp(id) => inner.by_hawk_app(&id).await?,
            Claim::HawkSession(id) => inner.by_hawk_session(&id).await?,
            Claim::SessionsOf(username) => inner.sessions_of(username).await?,
        };
        Ok(caller.into())
    }
}

impl<S: Store> Inner<S> {
    async fn by_access_token(&self, token: &SecretText) -> Result<Resolved, Fault> {
        if let Some(provider) = self.trusted.whose(token) {
            return self.by_provider_token(provider, token).await;
        }
        let Some(token) = AccessToken::read(&self.keyring(), token) else {
            return Ok(Err(Unproven::Unknown).into());
        };
        let now = self.clock.now();
        if now >= token.expires_at {
            return Ok(Err(Unproven::Expired).into());
        }
        let Some(account) = self.store.read(token.account).await? else {
            return Ok(Err(Unproven::Erased).into());
        };
        Ok(match session::standing(&account, token.session, now) {
            // Only who is proven is ever told of the record.
            Standing::Live => Resolved {
                caller: Ok(Caller::Session(caller(&account, token.session))),
                seen: Seen::this(Arc::new(account)),
            },
            Standing::Expired => Err(Unproven::Expired).into(),
            Standing::Ended => Err(Unproven::Unknown).into(),
        })
    }

    async fn by_api_key(&self, key: &SecretText) -> Result<Resolution, Fault> {
        let Some((id, secret)) = token::read_api_key(key) else { return Ok(Err(Unproven::Unknown)) };
        let app = self.store.app(id).await?;
        let given = token::app_secret_hash(&self.keyring(), BlindDomain::ApiKey, id, &secret);
        Ok(match app {
            Some(app) if matches!(&app.proof, AppProof::Api(kept) if kept.ct_eq(&given).into()) => {
                Ok(Caller::App(app_caller(&app)))
            }
            _ => Err(Unproven::Unknown),
        })
    }

    async fn by_app_token(&self, token: &SecretText) -> Result<Resolution, Fault> {
        let Some(token) = AppToken::read(&self.keyring(), token) else { return Ok(Err(Unproven::Unknown)) };
        if self.clock.now() >= token.expires_at {
            return Ok(Err(Unproven::Expired));
        }
        let app = self.store.app(token.app).await?;
        Ok(app.map(|app| Caller::App(app_caller(&app))).ok_or(Unproven::Unknown))
    }

    async fn by_hawk_app(&self, id: &str) -> Result<Resolution, Fault> {
        let Some(id) = AppId::parse(id) else { return Ok(Err(Unproven::Unknown)) };
        let Some(app) = self.store.app(id).await? else { return Ok(Err(Unproven::Unknown)) };
        let AppProof::Hawk(sealed) = &app.proof else { return Ok(Err(Unproven::Unknown)) };
        let key = text_of(&self.unseal(&Place::HawkKey { app: id }, sealed).await?)?;
        Ok(Ok(Caller::HawkApp { app: app_caller(&app), key }))
    }

    async fn by_hawk_session(&self, id: &str) -> Result<Resolution, Fault> {
        let Some(id) = SessionId::parse(id) else { return Ok(Err(Unproven::Unknown)) };
        let index = session_index(&self.keyring(), id);
        let Some(account) = self.store.find_session(index).await? else { return Ok(Err(Unproven::Unknown)) };
        let Some(account) = self.store.read(account).await? else { return Ok(Err(Unproven::Unknown)) };
        match session::standing(&account, id, self.clock.now()) {
            Standing::Expired => Ok(Err(Unproven::Expired)),
            Standing::Ended => Ok(Err(Unproven::Unknown)),
            Standing::Live => {
                let session = account.sessions.iter().filter(|session| session.id == id);
                Ok(Ok(Caller::Sessions(self.keys(&account, session).await?)))
            }
        }
    }

    async fn sessions_of(&self, username: Name) -> Result<Resolution, Fault> {
        let tenant = TenantId::default_tenant();
        let index = name_index(&self.keyring(), &tenant, &Identifier::Username(username));
        // Of a name that nobody has a record is read too, one that is not there: who asks must not see the difference.
        let id = self.store.find_name(index).await?;
        let account =
            self.store.read(id.unwrap_or_else(|| AccountId::from_bytes(self.entropy.array()))).await?;
        let Some(account) = account else { return Ok(Ok(Caller::Sessions(Vec::new()))) };
        let now = self.clock.now();
        let live = account.sessions.iter().filter(|session| now < session.expires_at);
        Ok(Ok(Caller::Sessions(self.keys(&account, live).await?)))
    }

    async fn keys(
        &self,
        account: &Account,
        sessions: impl Iterator<Item = &Session>,
    ) -> Result<Vec<SessionKeys>, Fault> {
        let mut keys = Vec::new();
        for session in sessions {
            let (account_id, id) = (account.id, session.id);
            let key =
                self.unseal(&Place::SessionKey { account: account_id, session: id }, &session.key).await?;
            let place = Place::SessionLoginDigest { account: account_id, session: id };
            let digest = LegacyDigest::parse(self.unseal(&place, &session.login_digest).await?.expose());
            keys.push(SessionKeys {
                caller: caller(account, id),
                username: account.profile.username.clone(),
                session_key: text_of(&key)?,
                login_digest: digest.ok_or_else(|| Fault::Seal("not a login digest".to_owned()))?,
            });
        }
        Ok(keys)
    }
}

pub(crate) fn caller(account: &Account, session: SessionId) -> SessionCaller {
    SessionCaller { tenant: account.tenant.clone(), account: account.id, session }
}

fn app_caller(app: &App) -> AppCaller {
    AppCaller { tenant: app.tenant.clone(), app: app.id, scopes: app.scopes }
}
