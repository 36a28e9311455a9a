//! `NewPasswordWithVerifyCodeParm`, the body of document 001.

use countersign_domain::secret::SecretText;

use crate::aspnet::{self, Model};
use crate::raw::RawRequest;
use crate::rejection::Rejection;

/// Root, namespace and members as in the document.
pub(super) const MODEL: Model = Model {
    root: "NewPasswordWithVerifyCodeParm",
    namespaces: &[NAMESPACE],
    names: &["newpassword", "verifycode", "mobile", "username"],
};
pub(super) const NAMESPACE: &str =
    "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Tour.V5.Parm.WebInterface";

/// The document's `Max length` of each member, in UTF-16 units.
pub(super) const NEWPASSWORD_MAX: usize = 64;
pub(super) const VERIFYCODE_MAX: usize = 6;
pub(super) const MOBILE_MAX: usize = 11;
pub(super) const USERNAME_MAX: usize = 30;

/// A body that has every member, none of them too long.
pub(super) struct Parm {
    /// The new secret's digest, encrypted, in Base64.
    pub(super) newpassword: SecretText,
    pub(super) verifycode: SecretText,
    /// Whole number or tail.
    pub(super) mobile: SecretText,
    pub(super) username: SecretText,
}

impl Parm {
    /// Reads and validates.
    pub(super) fn read(raw: &RawRequest) -> Result<Self, Rejection> {
        let mut members = aspnet::read(raw, &MODEL)?;
        let newpassword = members.text("newpassword", NEWPASSWORD_MAX);
        let verifycode = members.text("verifycode", VERIFYCODE_MAX);
        let mobile = members.text("mobile", MOBILE_MAX);
        let username = members.text("username", USERNAME_MAX);
        match (newpassword, verifycode, mobile, username) {
            (Some(newpassword), Some(verifycode), Some(mobile), Some(username)) => {
                Ok(Self { newpassword, verifycode, mobile, username })
            }
            _ => Err(members.into_rejection()),
        }
    }
}
