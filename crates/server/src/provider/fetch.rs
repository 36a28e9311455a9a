//! Fetches a provider's keys: one call or two, bounded in time and size. Follows no redirect.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::ACCEPT;
use axum::http::{Request, StatusCode, Uri};
use countersign_crypto::jws::{KeySet, LONGEST_SET};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::config::Oidc;
use crate::config::oidc_address;
use crate::senders::{SenderSetupError, trusted_roots};

/// The longest that one call may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of an answer.
const HEAD_BYTES: usize = 16 * 1024;

/// Where a provider tells of itself, under its issuer (OpenID Connect Discovery 1.0, 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

type Https = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Where a provider's keys come from.
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// The provider.
    Provider {
        /// Exactly what it calls itself.
        issuer: String,
        /// Where its keys are, where that is set.
        keys: Option<String>,
        /// How it is called.
        client: Box<Https>,
    },
}

/// Why keys could not be had. Holds nothing of what was read.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct NoKeys {
    place: String,
    why: String,
}

/// What a provider tells of itself, as far as it concerns us.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl KeySource {
    /// Prepares it; connects to nothing yet. `None` where no provider is set.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub fn of(settings: &Oidc) -> Result<Option<Self>, SenderSetupError> {
        let Some(issuer) = settings.issuer.clone() else { return Ok(None) };
        if let Some(path) = &settings.jwks_file {
            return Ok(Some(Self::File(path.clone())));
        }
        let client = Box::new(client(settings.ca_file.as_deref())?);
        Ok(Some(Self::Provider { issuer, keys: settings.jwks_url.clone(), client }))
    }

    /// The keys as they are now.
    ///
    /// # Errors
    /// [`NoKeys`].
    pub async fn fetch(&self) -> Result<KeySet, NoKeys> {
        let (place, text) = match self {
            Self::File(path) => {
                let place = path.display().to_string();
                match tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::read_to_string(path)
                })
                .await
                {
                    Ok(Ok(text)) => (place, text),
                    Ok(Err(error)) => return Err(NoKeys { place, why: error.to_string() }),
                    Err(error) => return Err(NoKeys { place, why: error.to_string() }),
                }
            }
            Self::Provider { issuer, keys, client } => {
                let place = match keys {
                    Some(url) => url.clone(),
                    None => discover(client, issuer).await?,
                };
                let text = read(client, &place).await?;
                (place, text)
            }
        };
        KeySet::parse(&text).map_err(|error| NoKeys { place, why: error.to_string() })
    }
}

/// Where the provider says that its keys are. It must call itself what tokens call it: else whoever could have its page
/// elsewhere could have its tokens.
async fn discover(client: &Https, issuer: &str) -> Result<String, NoKeys> {
    let place = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
    let text = read(client, &place).await?;
    let refused = |why: &str| NoKeys { place: place.clone(), why: why.to_owned() };
    let told: Discovered =
        serde_json::from_str(&text).map_err(|_| refused("is not a provider's configuration"))?;
    if told.issuer == issuer { Ok(told.jwks_uri) } else { Err(refused("names another issuer")) }
}

async fn read(client: &Https, place: &str) -> Result<String, NoKeys> {
    let refused = |why: String| NoKeys { place: place.to_owned(), why };
    let uri: Uri = oidc_address(place).ok_or_else(|| refused("not a URL that may be asked".to_owned()))?;
    let called = async {
        let request = Request::get(uri).header(ACCEPT, "application/json").body(Empty::new());
        let request = request.map_err(|error| error.to_string())?;
        let answer = client.request(request).await.map_err(|error| causes(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered with {}", answer.status().as_u16()));
        }
        let body = Limited::new(answer.into_body(), LONGEST_SET).collect().await;
        let body = body.map_err(|_| format!("cannot be read, or is longer than {LONGEST_SET} bytes"))?;
        String::from_utf8(body.to_bytes().to_vec()).map_err(|_| "is not UTF-8".to_owned())
    };
    let late = |_| refused(format!("no answer within {PATIENCE:?}"));
    tokio::time::timeout(PATIENCE, called).await.map_err(late)?.map_err(refused)
}

fn client(ca_file: Option<&Path>) -> Result<Https, SenderSetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SenderSetupError::new("ca_file", error.to_string()))?
        .with_root_certificates(trusted_roots(ca_file)?)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    // Hours lie between two calls: no connection is kept.
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .http1_max_buf_size(HEAD_BYTES)
        .build(connector);
    Ok(client)
}

/// An error and what caused it.
fn causes(error: &dyn core::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
