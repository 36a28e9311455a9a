//! TLS of a listener: its certificate, and whose client certificates it takes; and of the way to the database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::config::{ClientAuth, TlsFiles};

/// Reads the files and puts them together: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.
///
/// # Errors
/// A file that cannot be read or does not hold what it should, or a key that is not the certificate's.
pub fn server_config(files: TlsFiles<'_>) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(files.cert)?;
    let key = private_key(files.key)?;
    // The provider is named here and not installed for the process: nothing that is linked in can replace it.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(files.cert, error))?;
    let builder = match files.clients {
        None => builder.with_no_client_auth(),
        Some((ca, asked)) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(ca)?), provider);
            let verifier = match asked {
                ClientAuth::Required => verifier,
                ClientAuth::Optional | ClientAuth::None => verifier.allow_unauthenticated(),
            };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| TlsError::new(ca, error))?)
        }
    };
    let mut config =
        builder.with_single_cert(chain, key).map_err(|error| TlsError::new(files.cert, error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// TLS towards a server whose certificate one in `ca` has signed, shown `own` certificate and key where it asks for one.
///
/// # Errors
/// As [`server_config`].
pub fn client_config(ca: &Path, own: Option<(&Path, &Path)>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(ca, error))?
        .with_root_certificates(roots(ca)?);
    let Some((cert, key)) = own else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let config = builder.with_client_auth_cert(certificates(cert)?, private_key(key)?);
    Ok(Arc::new(config.map_err(|error| TlsError::new(cert, error))?))
}

/// Why there is no TLS: the file, and what is wrong with it. Never holds anything of a key.
#[derive(Debug, thiserror::Error)]
#[error("TLS file {}: {problem}", path.display())]
pub struct TlsError {
    path: PathBuf,
    problem: String,
}

impl TlsError {
    fn new(path: &Path, problem: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), problem: problem.to_string() }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| TlsError::new(path, error))?;
    let certificates = read.collect::<Result<Vec<_>, _>>().map_err(|error| TlsError::new(path, error))?;
    if certificates.is_empty() {
        return Err(TlsError::new(path, "holds no certificate in PEM form"));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::new(path, "holds no private key in PEM form"),
        error => TlsError::new(path, error),
    })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| TlsError::new(path, error))?;
    }
    Ok(roots)
}
