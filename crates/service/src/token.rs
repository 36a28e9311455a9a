//! Tokens and API keys: how they read, and how one that is presented is recognized.
//!
//! A token names its record and its end, and carries a MAC over both under a key outside the database. So a token is
//! nowhere stored, one that was never issued ends before any look-up, and one whose account was erased can still be
//! told from a forged one. Whether it is still good is asked of the record, so ending a session takes effect at once.

use countersign_crypto::seal::{BlindDomain, Keyring};
use countersign_domain::id::{AccountId, AppId, DeviceId, SessionId};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

const ACCESS: &str = "cst_";
const APP: &str = "csa_";
const KEY: &str = "csk_";
const DEVICE: &str = "csd_";

/// Bytes of the longest token: what an access token says, and its MAC.
const LONGEST: usize = 40 + 32;

/// What an authentic access token says.
pub(crate) struct AccessToken {
    pub(crate) account: AccountId,
    pub(crate) session: SessionId,
    pub(crate) expires_at: Timestamp,
}

impl AccessToken {
    pub(crate) fn issue(&self, keyring: &Keyring) -> SecretText {
        let mut said = Vec::with_capacity(72);
        said.extend_from_slice(self.account.as_bytes());
        said.extend_from_slice(self.session.as_bytes());
        said.extend_from_slice(&self.expires_at.millis().to_be_bytes());
        authenticated(keyring, BlindDomain::AccessToken, ACCESS, said)
    }

    /// Reads a token; `None` if we never issued it.
    pub(crate) fn read(keyring: &Keyring, token: &SecretText) -> Option<Self> {
        let said: [u8; 40] = said(keyring, BlindDomain::AccessToken, ACCESS, token)?;
        Some(Self {
            account: AccountId::from_bytes(part(&said, 0)?),
            session: SessionId::from_bytes(part(&said, 16)?),
            expires_at: Timestamp::from_millis(i64::from_be_bytes(part(&said, 32)?)),
        })
    }
}

/// What an authentic app token says.
pub(crate) struct AppToken {
    pub(crate) app: AppId,
    pub(crate) expires_at: Timestamp,
    /// Makes two tokens of one app and instant different.
    pub(crate) nonce: [u8; 8],
}

impl AppToken {
    pub(crate) fn issue(&self, keyring: &Keyring) -> SecretText {
        let mut said = Vec::with_capacity(64);
        said.extend_from_slice(self.app.as_bytes());
        said.extend_from_slice(&self.expires_at.millis().to_be_bytes());
        said.extend_from_slice(&self.nonce);
        authenticated(keyring, BlindDomain::AppToken, APP, said)
    }

    /// Reads a token; `None` if we never issued it.
    pub(crate) fn read(keyring: &Keyring, token: &SecretText) -> Option<Self> {
        let said: [u8; 32] = said(keyring, BlindDomain::AppToken, APP, token)?;
        Some(Self {
            app: AppId::from_bytes(part(&said, 0)?),
            expires_at: Timestamp::from_millis(i64::from_be_bytes(part(&said, 16)?)),
            nonce: part(&said, 24)?,
        })
    }
}

/// What an authentic device token says. It has no end of its own: the account's record says how long it is known.
pub(crate) struct DeviceToken {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
}

impl DeviceToken {
    pub(crate) fn issue(&self, keyring: &Keyring) -> SecretText {
        let mut said = Vec::with_capacity(64);
        said.extend_from_slice(self.account.as_bytes());
        said.extend_from_slice(self.device.as_bytes());
        authenticated(keyring, BlindDomain::DeviceToken, DEVICE, said)
    }

    /// Reads a token; `None` if we never issued it.
    pub(crate) fn read(keyring: &Keyring, token: &SecretText) -> Option<Self> {
        let said: [u8; 32] = said(keyring, BlindDomain::DeviceToken, DEVICE, token)?;
        Some(Self {
            account: AccountId::from_bytes(part(&said, 0)?),
            device: DeviceId::from_bytes(part(&said, 16)?),
        })
    }
}

/// The text of an API key: it names its app, so that it is found without an index.
pub(crate) fn api_key(app: AppId, secret: &SecretText) -> SecretText {
    let name = app.to_string();
    SecretText::new(format!("{KEY}{}_{}", &name[AppId::PREFIX.len()..], secret.expose()))
}

/// The app an API key names, and the secret that must be the app's.
pub(crate) fn read_api_key(key: &SecretText) -> Option<(AppId, SecretText)> {
    let (name, secret) = key.expose().strip_prefix(KEY)?.split_once('_')?;
    let app = AppId::parse(&[AppId::PREFIX, name].concat())?;
    Some((app, SecretText::new(secret.to_owned())))
}

/// What is stored of an app's secret.
pub(crate) fn app_secret_hash(
    keyring: &Keyring,
    domain: BlindDomain,
    app: AppId,
    secret: &SecretText,
) -> [u8; 32] {
    keyring.blind(domain, &[app.as_bytes(), secret.expose().as_bytes()])
}

fn authenticated(keyring: &Keyring, domain: BlindDomain, prefix: &str, mut said: Vec<u8>) -> SecretText {
    let mac = keyring.blind(domain, &[&said]);
    said.extend_from_slice(&mac);
    SecretText::new(format!("{prefix}{}", BASE64URL_NOPAD.encode(&said)))
}

fn said<const N: usize>(
    keyring: &Keyring,
    domain: BlindDomain,
    prefix: &str,
    token: &SecretText,
) -> Option<[u8; N]> {
    let text = token.expose().strip_prefix(prefix)?.as_bytes();
    let mut bytes = [0; LONGEST];
    let bytes = bytes.get_mut(..BASE64URL_NOPAD.decode_len(text.len()).ok()?)?;
    BASE64URL_NOPAD.decode_mut(text, bytes).ok()?;
    let (said, mac) = bytes.split_at_checked(N)?;
    let authentic: bool = keyring.blind(domain, &[said]).ct_eq(mac).into();
    if authentic { said.try_into().ok() } else { None }
}

fn part<const N: usize>(said: &[u8], from: usize) -> Option<[u8; N]> {
    said.get(from..from + N)?.try_into().ok()
}
