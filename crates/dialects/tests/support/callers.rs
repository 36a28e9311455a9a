//! What a claim came to, by the words that a vector's `"caller"` uses.

use countersign_crypto::legacy::upper_md5;
use countersign_domain::app::{Scope, Scopes};
use countersign_domain::caller::{AppCaller, Caller, Resolution, SessionCaller, SessionKeys, Unproven};
use countersign_domain::id::{AccountId, AppId, SessionId};
use countersign_domain::identifier::{Name, TenantId};
use countersign_domain::secret::SecretText;

/// The account of every caller that is a person.
pub(crate) const ACCOUNT: AccountId = AccountId::from_bytes([0xA1; 16]);
/// The session of every caller that is a person.
pub(crate) const SESSION: SessionId = SessionId::from_bytes([0x5E; 16]);
/// The app of every caller that is an app.
pub(crate) const APP: AppId = AppId::from_bytes([0xAB; 16]);

/// The username under `sessions`.
pub(crate) const USERNAME: &str = "tester";
/// The session key under `sessions`.
pub(crate) const SESSION_KEY: &str = "0123456789abcdef0123456789abcdef";
/// The login secret under `sessions`.
pub(crate) const LOGIN: &str = "login-secret";
/// The session key of the second of `two_sessions`.
pub(crate) const OTHER_SESSION_KEY: &str = "a-session-key";
/// The login secret of the second of `two_sessions`.
pub(crate) const OTHER_LOGIN: &str = "login-Passw0rd";
/// The HAWK key under `hawk_app`.
pub(crate) const HAWK_KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

/// The resolution of that name.
///
/// # Panics
/// If there is none.
pub(crate) fn resolve(name: &str) -> Resolution {
    match name {
        "nobody" => Ok(Caller::Nobody),
        "session" => Ok(Caller::Session(person())),
        "no_sessions" => Ok(Caller::Sessions(Vec::new())),
        "sessions" => Ok(Caller::Sessions(vec![session_keys()])),
        "two_sessions" => Ok(Caller::Sessions(vec![session_keys(), other_session_keys()])),
        "app" => Ok(Caller::App(app(Scopes::all()))),
        "app_that_makes_apps" => {
            Ok(Caller::App(app([Scope::AppsWrite, Scope::AccountsRead].into_iter().collect())))
        }
        "app_without_scopes" => Ok(Caller::App(app(Scopes::NONE))),
        "hawk_app" => {
            Ok(Caller::HawkApp { app: app(Scopes::all()), key: SecretText::new(HAWK_KEY.to_owned()) })
        }
        "unknown" => Err(Unproven::Unknown),
        "expired" => Err(Unproven::Expired),
        "erased" => Err(Unproven::Erased),
        "weak_login" => Err(Unproven::WeakLogin),
        _ => panic!("there is no caller {name}: add it to tests/support/callers.rs"),
    }
}

fn person() -> SessionCaller {
    SessionCaller { tenant: TenantId::default_tenant(), account: ACCOUNT, session: SESSION }
}

fn app(scopes: Scopes) -> AppCaller {
    AppCaller { tenant: TenantId::default_tenant(), app: APP, scopes }
}

/// Of the same person, as of another device.
fn other_session_keys() -> SessionKeys {
    SessionKeys {
        session_key: SecretText::new(OTHER_SESSION_KEY.to_owned()),
        login_digest: upper_md5(OTHER_LOGIN.as_bytes()),
        ..session_keys()
    }
}

fn session_keys() -> SessionKeys {
    SessionKeys {
        caller: person(),
        username: Name::parse(USERNAME),
        session_key: SecretText::new(SESSION_KEY.to_owned()),
        login_digest: upper_md5(LOGIN.as_bytes()),
    }
}
