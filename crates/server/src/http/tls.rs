//! TLS of a listener: its certificate, and whose client certificates it takes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{ClientAuth, TlsFiles};

/// Reads the files and puts them together: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.
///
/// # Errors
/// A file that cannot be read or does not hold what it should, or a key that is not the certificate's.
pub fn server_config(files: TlsFiles<'_>) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(files.cert)?;
    let key = PrivateKeyDer::from_pem_file(files.key).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::new(files.key, "holds no private key in PEM form"),
        error => TlsError::new(files.key, error),
    })?;
    // The provider is named here and not installed for the process: nothing that is linked in can replace it.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(files.cert, error))?;
    let builder = match files.clients {
        None => builder.with_no_client_auth(),
        Some((ca, asked)) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(ca)? {
                roots.add(certificate).map_err(|error| TlsError::new(ca, error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
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

/// Why a listener has no TLS: the file, and what is wrong with it. Never holds anything of a key.
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
