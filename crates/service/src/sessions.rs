//! Sessions: opened by the login secret, ended by hand, by time, or by a new login secret.

use countersign_crypto::entropy::Draw;
use countersign_crypto::input::digest_of;
use countersign_crypto::seal::Place;
use countersign_domain::account::Scene;
use countersign_domain::answer::{Done, OpenedSession, Refusal, Reply};
use countersign_domain::attempt::Purpose;
use countersign_domain::command::Subject;
use countersign_domain::id::{AccountId, SessionId};
use countersign_domain::identifier::{Identifier, Name};
use countersign_domain::outside;
use countersign_domain::secret::{Kind, LegacyDigest, Presented};
use countersign_domain::session::{self, Session};
use countersign_domain::time::Span;
use countersign_store::door::{Draft, Index, Lookup, Store};

use crate::case::{Case, Step};
use crate::guess::Target;
use crate::intents::unknown_is_not_found;
use crate::subject::session_index;
use crate::token::AccessToken;

/// Bytes of a session key before encoding.
const SESSION_KEY_BYTES: usize = 32;

impl<S: Store> Case<S> {
    /// Opens a session. An unknown name, an account without a login secret and a wrong secret read and cost the same.
    pub(crate) async fn open_session(
        &self,
        username: Name,
        login: Presented,
        expires_in_s: Option<u32>,
    ) -> Step<Done> {
        let slot = self.reserve(1)?;
        let nobody = self.nobody_named(&username);
        let Some(account) = self.find_name(&Identifier::Username(username)).await? else {
            self.read_nobody(nobody).await?;
            self.guess_at_nobody(&slot, nobody, Kind::Login, &login).await?;
            return Err(Refusal::WRONG.into());
        };
        let target = Target { account, kind: Kind::Login, nobody, told: as_little, approves: None };
        let right = self.guess(&slot, target, &login).await?;
        let (session, opened) = self.new_session(account, &digest_of(&login), expires_in_s);
        let index = session_index(&self.keyring(), session.id);
        self.settle(account, right, Purpose::Verify(None), move |draft, scene, _| {
            open_in(draft, session, index, scene);
            Ok(Done { reply: Reply::SessionOpened(Box::new(opened)), wallet: None, device: None })
        })
        .await
    }

    /// Ends a session by its id, for a platform. One that a provider opened is not known before it has done something wrong,
    /// so that whatever has the form of its id is ended in the account that the platform names.
    pub(crate) async fn end_session(&self, id: SessionId, named: Option<AccountId>) -> Step<Done> {
        let ours = self.inner.store.find_session(session_index(&self.keyring(), id)).await?;
        match (ours, named, self.inner.trusted.longest()) {
            (Some(ours), None, _) => self.end_session_of(ours, id).await,
            (Some(ours), Some(named), _) if ours == named => self.end_session_of(ours, id).await,
            (None, Some(account), Some(longest)) => self.end_outside(account, id, longest).await,
            (Some(_), Some(_), _) | (None, None, _) | (None, Some(_), None) => Err(Refusal::NotFound.into()),
        }
    }

    async fn end_outside(&self, account: AccountId, id: SessionId, longest: Span) -> Step<Done> {
        let ended = self.decide(account, move |draft, scene| {
            outside::end_named(&mut draft.account, id, scene.now + longest, scene)
        });
        unknown_is_not_found(ended.await)??;
        Ok(Done { reply: Reply::Gone, wallet: None, device: None })
    }

    /// Ends the caller's own session.
    pub(crate) async fn end_own_session(&self, subject: Subject, id: SessionId) -> Step<Done> {
        let found = self.find(&subject).await?;
        let Some(token) = self.seen.token() else {
            return self.end_session_of(found.account, id).await;
        };
        self.decide(found.account, move |draft, scene| outside::end(&mut draft.account, &token, scene))
            .await??;
        Ok(Done { reply: Reply::Gone, wallet: None, device: None })
    }

    async fn end_session_of(&self, account: AccountId, id: SessionId) -> Step<Done> {
        let ended =
            self.decide(account, move |draft, scene| session::end(&mut draft.account, id, scene)).await?;
        if ended {
            Ok(Done { reply: Reply::Gone, wallet: None, device: None })
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    /// A session to be, and what is shown of it. Its version is filled in when it is opened.
    pub(crate) fn new_session(
        &self,
        account: AccountId,
        login: &LegacyDigest,
        expires_in_s: Option<u32>,
    ) -> (Session, OpenedSession) {
        let limits = self.settings.policy.sessions;
        let life = expires_in_s.map_or(limits.life, Span::from_secs).min(limits.life_max);
        let (id, now) = (SessionId::from_bytes(self.inner.entropy.array()), self.now());
        let session_key = self.inner.entropy.token(SESSION_KEY_BYTES);
        let expires_at = now + life;
        let session = Session {
            id,
            opened_at: now,
            expires_at,
            login_version: 0,
            key: self.seal(&Place::SessionKey { account, session: id }, session_key.expose().as_bytes()),
            login_digest: self.seal(&Place::SessionLoginDigest { account, session: id }, login.expose()),
            missed: 0,
        };
        let access_token = AccessToken { account, session: id, expires_at }.issue(&self.keyring());
        (session, OpenedSession { id, account, access_token, session_key, expires_at })
    }
}

/// Opens a session that was made for this account, and lets it be found by its id.
pub(crate) fn open_in(draft: &mut Draft, session: Session, index: Index, scene: &Scene<'_>) {
    let login_version = draft.account.login.version;
    draft.lookups.push(Lookup::Session(index, session.expires_at));
    session::open(&mut draft.account, Session { login_version, ..session }, scene);
}

/// Who is not proven yet learns only that it was wrong, whatever it was.
fn as_little(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Incorrect { .. } | Refusal::NotSet | Refusal::UnknownAccount => Refusal::WRONG,
        other => other,
    }
}
