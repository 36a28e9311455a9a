//! An app, as stored.

use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::id::AppId;
use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::word;
use crate::door::Stored;

#[derive(Serialize, Deserialize)]
pub(super) struct AppV1 {
    id: [u8; 16],
    tenant: String,
    name: String,
    scopes: u16,
    created_at: i64,
    proof: ProofV1,
}

#[derive(Serialize, Deserialize)]
enum ProofV1 {
    Api([u8; 32]),
    Spark([u8; 32]),
    Hawk(Vec<u8>),
}

impl From<&App> for AppV1 {
    fn from(app: &App) -> Self {
        let App { id, tenant, name, scopes, created_at, proof } = app;
        let proof = match proof {
            AppProof::Api(hash) => ProofV1::Api(*hash),
            AppProof::Spark(hash) => ProofV1::Spark(*hash),
            AppProof::Hawk(sealed) => ProofV1::Hawk(sealed.0.clone()),
        };
        Self {
            id: *id.as_bytes(),
            tenant: tenant.as_str().to_owned(),
            name: name.clone(),
            scopes: scopes.bits(),
            created_at: created_at.millis(),
            proof,
        }
    }
}

impl AppV1 {
    /// The app that was stored; an error where a value could not have been.
    pub(super) fn restore(self) -> Stored<App> {
        let proof = match self.proof {
            ProofV1::Api(hash) => AppProof::Api(hash),
            ProofV1::Spark(hash) => AppProof::Spark(hash),
            ProofV1::Hawk(sealed) => AppProof::Hawk(Sealed(sealed)),
        };
        Ok(App {
            id: AppId::from_bytes(self.id),
            tenant: word::tenant(&self.tenant)?,
            name: self.name,
            scopes: Scopes::from_bits(self.scopes),
            created_at: Timestamp::from_millis(self.created_at),
            proof,
        })
    }
}
