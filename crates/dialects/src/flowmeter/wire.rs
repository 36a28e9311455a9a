//! `AgentResetPwdParm`, the body of document 004.

use countersign_domain::identifier::Agent;
use countersign_domain::secret::SecretText;

use crate::aspnet::{self, Model};
use crate::raw::RawRequest;
use crate::rejection::Rejection;

/// Root and members as in the document. Real callers also use the second namespace, of the same vendor's sister
/// system.
pub(super) const MODEL: Model = Model {
    root: "AgentResetPwdParm",
    namespaces: &[NAMESPACE, "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Dosimeter"],
    names: &["agentid", "usercode", "verifycode", "newpwd"],
};
pub(super) const NAMESPACE: &str =
    "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Flowmeter";

/// The document's `Max length` of each text, in UTF-16 units.
pub(super) const VERIFYCODE_MAX: usize = 6;
pub(super) const NEWPWD_MAX: usize = 128;

/// A body that has every member, none of them too long.
pub(super) struct Parm {
    pub(super) agent: Agent,
    pub(super) verifycode: SecretText,
    /// The new secret's digest, encrypted, in Base64 or hexadecimal.
    pub(super) newpwd: SecretText,
}

impl Parm {
    /// Reads and validates.
    pub(super) fn read(raw: &RawRequest) -> Result<Self, Rejection> {
        let mut members = aspnet::read(raw, &MODEL)?;
        let agentid = members.integer("agentid");
        let usercode = members.integer("usercode");
        let verifycode = members.text("verifycode", VERIFYCODE_MAX);
        let newpwd = members.text("newpwd", NEWPWD_MAX);
        match (agentid, usercode, verifycode, newpwd) {
            (Some(agentid), Some(usercode), Some(verifycode), Some(newpwd)) => {
                Ok(Self { agent: Agent { agentid, usercode }, verifycode, newpwd })
            }
            _ => Err(members.into_rejection()),
        }
    }
}
