//! Settings: typed, layered, each with its origin.
//!
//! | file | what it holds |
//! |---|---|
//! | `server.rs`, `place.rs`, `postgres.rs`, `hash.rs`, `admission.rs`, `policy.rs`, `payments.rs`, `spend.rs`, `codes.rs`, `providers.rs`, `receipts.rs`, `dialects.rs`, `outward.rs`, `oidc.rs` | the sections |
//! | `secret.rs`, `cidr.rs` | kinds of value |
//! | `catalog.rs`, `rule.rs` | every setting and what it takes, read from the schema |
//! | `environment.rs`, `file.rs`, `layer.rs` | the sources |
//! | `load.rs`, `checks.rs`, `origin.rs` | the layers together, and what is wrong with them |
//! | `advice.rs`, `store_advice.rs` | what is allowed and yet hardly meant |
//! | `show.rs`, `reference.rs` | for people |
//!
//! A flag goes before the environment, that before the file, that before the default. What is not known is an
//! error: a limit that was misspelt is a limit that does not hold.

mod admission;
pub mod advice;
mod catalog;
mod checks;
mod cidr;
mod codes;
mod dialects;
mod environment;
mod file;
mod guesses;
mod hash;
mod layer;
mod load;
mod oidc;
mod origin;
mod outward;
mod payments;
mod place;
mod policy;
mod postgres;
mod providers;
mod receipts;
pub mod reference;
mod rule;
mod secret;
mod server;
pub mod show;
mod spend;
pub mod store_advice;

use countersign_crypto::engine::PoolConfig;
use countersign_crypto::seal::{MasterKey, NotAMasterKey};
use countersign_domain::policy::Policy as DomainPolicy;
use countersign_domain::time::Span;
use countersign_service::Settings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use admission::Admission;
pub use catalog::{Catalog, Key, Section, schema};
pub use cidr::{Cidr, NotACidr};
pub use codes::{Codes, Language, Sender, SenderKind, Smtp, SmtpTls, Webhook};
pub use dialects::Dialects;
pub use environment::Environment;
pub(crate) use environment::read_file;
pub use guesses::{Devices, GuessPreset, Guesses, Spray};
pub(crate) use hash::is_weak;
pub use hash::{CostPreset, EngineName, Hash, NoCost};
pub use load::{Loaded, Setting, Sources};
pub(crate) use oidc::address as oidc_address;
pub use oidc::{AccountName, Oidc, TokenAlgorithm, TokenTyp};
pub use origin::{ConfigError, Origin};
pub use outward::{Events, Webhooks};
pub use payments::{NoRule, PaymentRules, Payments, Windows};
pub use place::{Keys, Log, LogFormat, Store, StoreKind};
pub use policy::{CodeLimits, InputForm, Policy, Sessions};
pub use postgres::{Postgres, SynchronousCommit};
pub(crate) use providers::timeout;
pub use receipts::{ReceiptAlgorithm, Receipts};
pub use rule::Rule;
pub use secret::{MASK, Secret};
pub use server::{CallerNetwork, ClientAuth, Server, Tls, TlsFiles};

/// Settings of Countersign.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which defaults the dialects have.
    pub preset: Preset,
    /// The two listeners and their limits.
    pub server: Server,
    /// Where records live.
    pub store: Store,
    /// The one secret that an operator keeps.
    pub keys: Keys,
    /// What one hash costs, and how many are computed at once.
    pub hash: Hash,
    /// Who is let in when more want a hash than can be served, and what gives way to whom.
    pub admission: Admission,
    /// The rules for secrets, codes and sessions.
    pub policy: Policy,
    /// Who sends verification codes, and in what words.
    pub codes: Codes,
    /// How approved intents are proven to others ([receipts.md](receipts.md)).
    pub receipts: Receipts,
    /// What the log says, and how.
    pub log: Log,
    /// The settings of each dialect.
    pub dialects: Dialects,
    /// How the feed of events is kept and followed.
    pub events: Events,
    /// Webhooks: where they may go, and how many there may be.
    pub webhooks: Webhooks,
    /// An OpenID provider whose access tokens stand for sessions, so that nobody needs our login ([oidc.md](oidc.md)). All of
    /// it changes only with a restart.
    pub oidc: Oidc,
}

/// Which defaults the dialects have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Whatever the documents' own examples need.
    #[default]
    Default,
    /// Stricter where the documents allow it; some of their examples are refused.
    Strict,
}

impl Config {
    /// The rules as the domain takes them.
    #[must_use]
    pub fn policy(&self) -> DomainPolicy {
        self.policy.to_domain()
    }

    /// How the hash pool is set up.
    ///
    /// # Errors
    /// Never for a configuration that was loaded; only for one that was put together by hand.
    pub fn pool(&self) -> Result<PoolConfig, NoCost> {
        self.hash.pool().map(|pool| self.admission.of(pool))
    }

    /// What the service is told, `dev` or not.
    #[must_use]
    pub fn service_settings(&self, dev: bool) -> Settings {
        Settings {
            policy: self.policy(),
            dev,
            app_token_life: Span::from_secs(self.policy.app_token_life_s),
            idempotency_life: Span::from_secs(self.policy.idempotency_life_s),
            brand: self.codes.brand.clone(),
            message_lang: self.codes.language.to_domain(),
            receipts: self.receipts.to_service(),
            outward: outward::of(&self.events, &self.webhooks, dev),
        }
    }

    /// The master key; `None` if it is not set.
    ///
    /// # Errors
    /// The text that was set is not a master key.
    pub fn master_key(&self) -> Result<Option<MasterKey>, NotAMasterKey> {
        self.keys.master_key.as_ref().map(|key| MasterKey::parse(key.text())).transpose()
    }
}
