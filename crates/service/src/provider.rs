//! An OpenID provider whose access tokens stand for sessions, beside our own.
//!
//! Which provider that is and what its tokens must say is fixed when the server starts; its keys are whatever the server
//! lately fetched. A token's session is in no record. It has a name that nobody else can make or trace back (a keyed hash),
//! by which its windows, its misses and its deeds are known.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use countersign_crypto::access_token::{NotProof, Proof, SessionName, TokenRules, looks_like_one};
use countersign_crypto::entropy::Draw;
use countersign_crypto::jws::{JwsError, KeySet};
use countersign_crypto::seal::BlindDomain;
use countersign_domain::account::Account;
use countersign_domain::caller::{Caller, Unproven};
use countersign_domain::id::{AccountId, SessionId};
use countersign_domain::identifier::{Identifier, Name, TenantId};
use countersign_domain::outside::{self, Token};
use countersign_domain::secret::SecretText;
use countersign_domain::session::Standing;
use countersign_domain::time::Span;
use countersign_store::door::Store;
use tokio::sync::Notify;

use crate::context::{Resolved, Seen};
use crate::resolve::caller;
use crate::service::{Fault, Inner, Service};
use crate::subject::name_index;

/// An OpenID provider and how its tokens are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// What its tokens must say.
    pub rules: TokenRules,
    /// What the name is that they give an account.
    pub account_by: AccountBy,
}

/// Which of an account's identifiers a provider's tokens name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountBy {
    /// The platform's own user id.
    UserId,
    /// The login name.
    Username,
}

/// The provider that is trusted, if any, and its keys.
#[derive(Default)]
pub(crate) struct Trusted {
    provider: OnceLock<Provider>,
    keys: RwLock<Option<Arc<KeySet>>>,
    wanted: Notify,
}

impl Trusted {
    /// The provider, where the token can only be one of a provider's and there is one.
    pub(crate) fn whose(&self, token: &SecretText) -> Option<&Provider> {
        self.provider.get().filter(|_| looks_like_one(token.expose()))
    }

    /// How long a session may have to be remembered that is ended without one of its tokens: one may have been issued now.
    /// `None` where no provider is trusted.
    pub(crate) fn longest(&self) -> Option<Span> {
        self.provider.get().map(|provider| provider.rules.life_max + provider.rules.skew)
    }

    fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<S: Store> Service<S> {
    /// Takes the tokens of this provider from now on. The first that is given stays.
    pub fn trust(&self, provider: Provider) {
        let _ = self.inner.trusted.provider.set(provider);
    }

    /// These are the provider's keys from now on; `None` if nobody knows them.
    pub fn put_provider_keys(&self, keys: Option<KeySet>) {
        *self.inner.trusted.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.map(Arc::new);
    }

    /// Returns when a token names a key that is not there.
    pub async fn provider_keys_wanted(&self) {
        self.inner.trusted.wanted.notified().await;
    }
}

impl<S: Store> Inner<S> {
    /// Who a provider's token stands for. A name that nobody has costs the reads of one that somebody has.
    pub(crate) async fn by_provider_token(
        &self,
        provider: &Provider,
        token: &SecretText,
    ) -> Result<Resolved, Fault> {
        let (now, unproven) = (self.clock.now(), |why: Unproven| Ok(Err(why).into()));
        let Some(keys) = self.trusted.keys() else {
            self.trusted.wanted.notify_one();
            return Err(Fault::ProviderKeys);
        };
        let proof = match provider.rules.read(token.expose(), &keys, now) {
            Ok(proof) => proof,
            Err(NotProof::Expired) => return unproven(Unproven::Expired),
            Err(why) => {
                if why == NotProof::Token(JwsError::UnknownKey) {
                    self.trusted.wanted.notify_one();
                }
                return unproven(Unproven::Unknown);
            }
        };
        if !proof.login_suffices {
            return unproven(Unproven::WeakLogin);
        }
        let expires_at = proof.expires_at;
        let token = Token {
            session: self.session_of(provider, &proof),
            // By a clock that may be ahead of ours by so much: never later than it was.
            issued_at: proof.issued_at - provider.rules.skew,
            expires_at,
            remember_until: match proof.session {
                // The provider may issue more.
                SessionName::Claim(_) => expires_at.max(now + provider.rules.life_max + provider.rules.skew),
                SessionName::Token(_) | SessionName::Digest(_) => expires_at,
            },
        };
        let Some(account) = self.account_of(provider, &proof).await? else {
            return unproven(Unproven::Unknown);
        };
        match outside::standing(&account, &token, now) {
            Standing::Live => Ok(Resolved {
                caller: Ok(Caller::Session(caller(&account, token.session))),
                seen: Seen::by_token(Arc::new(account), token),
            }),
            Standing::Expired => unproven(Unproven::Expired),
            Standing::Ended => unproven(Unproven::Unknown),
        }
    }

    async fn account_of(&self, provider: &Provider, proof: &Proof) -> Result<Option<Account>, Fault> {
        let identifier = |name| match provider.account_by {
            AccountBy::UserId => Identifier::UserId(name),
            AccountBy::Username => Identifier::Username(name),
        };
        let index = Name::parse(&proof.account)
            .map(|name| name_index(&self.keyring(), &TenantId::default_tenant(), &identifier(name)));
        let id = self.store.find_name(index.unwrap_or_else(|| self.entropy.array())).await?;
        let id = id.unwrap_or_else(|| AccountId::from_bytes(self.entropy.array()));
        Ok(self.store.read(id).await?)
    }

    fn session_of(&self, provider: &Provider, proof: &Proof) -> SessionId {
        let (by, name): (&[u8], &[u8]) = match &proof.session {
            SessionName::Claim(name) => (b"claim", name.as_bytes()),
            SessionName::Token(name) => (b"token", name.as_bytes()),
            SessionName::Digest(digest) => (b"digest", digest),
        };
        let parts = [provider.rules.issuer.as_bytes(), proof.subject.as_bytes(), by, name];
        let hash = self.keyring().blind(BlindDomain::OutsideSession, &parts);
        SessionId::from_bytes(hash.first_chunk().copied().unwrap_or_default())
    }
}
