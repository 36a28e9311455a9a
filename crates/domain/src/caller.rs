//! Who claims to call, and who it turned out to be.

use core::net::IpAddr;

use crate::app::Scopes;
use crate::event::Actor;
use crate::id::{AccountId, AppId, SessionId};
use crate::identifier::{Name, TenantId};
use crate::secret::{LegacyDigest, SecretText};

/// What a request says about its caller, before anything is believed.
pub enum Claim {
    /// Nothing: the call needs no proof, or carries it as its content.
    Nobody,
    /// A session's access token.
    AccessToken(SecretText),
    /// The key of an `api` app.
    ApiKey(SecretText),
    /// A token that a `spark` app was issued.
    AppToken(SecretText),
    /// An application-wide HAWK id; the MAC is checked once its key is known.
    HawkApp(String),
    /// A session's HAWK id; the MAC is checked once its key is known.
    HawkSession(String),
    /// No header, but a ciphertext that only a live session of this username can have made.
    SessionsOf(Name),
}

/// A caller whose claim was found to be true, or whose keys were found so that it can be tested.
pub enum Caller {
    /// Nobody in particular.
    Nobody,
    /// The person, by the access token of a live session.
    Session(SessionCaller),
    /// The live sessions that may have made the request, with what is needed to test each. May be empty.
    Sessions(Vec<SessionKeys>),
    /// An app, by its API key or its token.
    App(AppCaller),
    /// An app that has still to prove that it knows its HAWK key.
    HawkApp {
        /// The app.
        app: AppCaller,
        /// Its HAWK key.
        key: SecretText,
    },
}

/// Why a claim was not found to be true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unproven {
    /// No such token, key or id; or one that was revoked.
    Unknown,
    /// It was true once, and its time is over.
    Expired,
    /// A token that has not expired yet, of an account that was erased.
    Erased,
    /// A true token of a person who must log in anew, because that was too long ago or not as is asked for.
    WeakLogin,
}

/// What a claim came to.
pub type Resolution = Result<Caller, Unproven>;

/// A person by a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionCaller {
    /// The platform.
    pub tenant: TenantId,
    /// The person's account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

/// A session with the keys under which its person speaks.
#[derive(Clone)]
pub struct SessionKeys {
    /// Whose session it is.
    pub caller: SessionCaller,
    /// The account's username, which the request must name.
    pub username: Option<Name>,
    /// The session key (会话密钥).
    pub session_key: SecretText,
    /// `UPPER_MD5` of the login secret that opened the session.
    pub login_digest: LegacyDigest,
}

/// A platform's server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppCaller {
    /// The platform.
    pub tenant: TenantId,
    /// The app.
    pub app: AppId,
    /// What it may do through the native API.
    pub scopes: Scopes,
}

impl Caller {
    /// Who to name in the audit trail. Sessions that are still to be tested name nobody.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Nobody | Self::Sessions(_) => Actor::Nobody,
            Self::Session(session) => Actor::Session(session.session),
            Self::App(app) | Self::HawkApp { app, .. } => Actor::App(app.app),
        }
    }
}

/// The network that a request comes from, as far as a person can be told from a neighbour: the first 24 bits of an
/// address of 32, the first 48 of one of 128, which is what one customer is given (RFC 6177).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network([u8; 7]);

impl Network {
    /// The network of an address. A short address written as a long one is a short one.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let mut network = [0; 7];
        match address.to_canonical() {
            IpAddr::V4(address) => {
                network[0] = 4;
                network[1..4].copy_from_slice(&address.octets()[..3]);
            }
            IpAddr::V6(address) => {
                network[0] = 6;
                network[1..].copy_from_slice(&address.octets()[..6]);
            }
        }
        Self(network)
    }

    /// What stands for it where it is hashed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 7] {
        &self.0
    }
}
