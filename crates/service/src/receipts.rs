//! Receipts: the signed proof of an approval, made from the intent whenever it is asked for.

use std::sync::Arc;

use countersign_crypto::canonical::digest_text;
use countersign_crypto::jws::SigningKey;
use countersign_crypto::receipt::{Method, Receipt};
use countersign_domain::intent::{Approval, Factors, Grounds, IntentView};
use countersign_domain::secret::SecretText;
use countersign_store::door::Store;

use crate::case::{Case, Step};

/// What signs the receipts of one request.
pub(crate) struct Signer {
    key: Arc<SigningKey>,
    issuer: String,
    audience: String,
}

impl<S: Store> Case<S> {
    /// What signs the receipts of this request.
    pub(crate) async fn signer(&self) -> Step<Signer> {
        let receipts = &self.settings.receipts;
        let (issuer, audience) = (receipts.issuer.clone(), receipts.audience(&self.tenant).to_owned());
        Ok(Signer { key: self.signing_key().await?, issuer, audience })
    }
}

impl Signer {
    /// The receipt of that approval; `None` only where the operating system gives no randomness.
    pub(crate) fn sign(&self, view: &IntentView, approval: Approval) -> Option<SecretText> {
        let (methods, authenticated, exemption) = match approval.grounds {
            Grounds::Factors(Factors::Secret) => (vec![Method::Password], Some(approval.at), None),
            Grounds::Factors(Factors::SecretAndCode) => {
                let methods = vec![Method::Password, Method::Sms, Method::SeveralFactors];
                (methods, Some(approval.at), None)
            }
            Grounds::Exempt { why, secret_at } => {
                let methods = secret_at.map(|_| Method::Password).into_iter().collect();
                (methods, secret_at, Some(why.as_str().to_owned()))
            }
        };
        let receipt = Receipt {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            account: view.id.account(),
            intent: view.id.to_string(),
            digest: digest_text(&view.digest.0),
            amount: view.transaction.amount.as_str().to_owned(),
            currency: view.transaction.currency.code.to_string(),
            payee: view.transaction.payee.as_str().to_owned(),
            methods,
            issued: approval.at,
            expires: view.expires_at,
            authenticated,
            exemption,
        };
        receipt.sign(&self.key).ok().map(SecretText::new)
    }
}
