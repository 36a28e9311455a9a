//! The client's half, for the command line and the tests.

use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;

use crate::hawk::header::{ServerHeader, is_attribute};
use crate::hawk::mac::{Direction, normalized};
use crate::hawk::server::equal;
use crate::hawk::{Algorithm, Ext, HawkHeader, NotAnAttribute, Request};

/// A HAWK credential.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The public half.
    pub id: &'a str,
    /// The secret half.
    pub key: &'a SecretText,
    /// The hash agreed on with the server.
    pub algorithm: Algorithm,
}

/// What makes one request different from the next.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    /// The client's time.
    pub now: Timestamp,
    /// A text that is new for every request of the same second.
    pub nonce: &'a str,
    /// Data of the application.
    pub ext: Option<&'a Ext>,
    /// The application the credential was issued to.
    pub app: Option<&'a str>,
    /// The application that delegated it; ignored without `app`.
    pub dlg: Option<&'a str>,
}

/// The value of `Authorization` for a request. The payload hash is there whenever there is a body.
///
/// # Errors
///
/// [`NotAnAttribute`] names the id, nonce, app or dlg that no header can carry.
pub fn authorization_header(
    credentials: &Credentials<'_>,
    request: &Request<'_>,
    stamp: &Stamp<'_>,
) -> Result<String, NotAnAttribute> {
    let app = stamp.app.map(|app| attribute("app", app)).transpose()?;
    let dlg = stamp.dlg.filter(|_| app.is_some()).map(|dlg| attribute("dlg", dlg)).transpose()?;
    let algorithm = credentials.algorithm;
    let mut header = HawkHeader {
        id: attribute("id", credentials.id)?,
        ts: stamp.now.secs(),
        nonce: attribute("nonce", stamp.nonce)?,
        mac: String::new(),
        hash: (!request.body.is_empty()).then(|| algorithm.payload_hash(request.content_type, request.body)),
        ext: stamp.ext.map(|ext| ext.as_str().to_owned()),
        app,
        dlg,
    };
    let text = normalized(Direction::Header, request, &header, header.hash.as_deref(), header.ext.as_deref());
    header.mac = algorithm.mac(credentials.key, &text);
    Ok(header.build())
}

/// Whether a `Server-Authorization` value proves this answer to the request that was sent with this header.
/// An answer without a payload hash proves nothing about its body, so it does not pass.
#[must_use]
pub fn confirm_server_authorization(
    credentials: &Credentials<'_>,
    request: &Request<'_>,
    sent: &HawkHeader,
    answer: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> bool {
    let Ok(answer) = ServerHeader::parse(answer) else { return false };
    let Some(hash) = answer.hash.as_deref() else { return false };
    let algorithm = credentials.algorithm;
    let text = normalized(Direction::Response, request, sent, Some(hash), answer.ext.as_deref());
    equal(&algorithm.mac(credentials.key, &text), &answer.mac)
        && equal(&algorithm.payload_hash(content_type, body), hash)
}

fn attribute(name: &'static str, text: &str) -> Result<String, NotAnAttribute> {
    if !text.is_empty() && is_attribute(text) { Ok(text.to_owned()) } else { Err(NotAnAttribute(name)) }
}
