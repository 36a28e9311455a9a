//! Which certificate authorities a sender trusts.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::SenderSetupError;

/// The authorities of Mozilla's list, or only those in `ca_file` (PEM) where one is given: an inner gateway with a
/// certificate of the platform's own must not also be impersonated by anyone whom a public authority trusts.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub(crate) fn trusted_roots(ca_file: Option<&Path>) -> Result<RootCertStore, SenderSetupError> {
    let Some(path) = ca_file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let refused =
        |problem: String| SenderSetupError::new("ca_file", format!("{}: {problem}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))? {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("holds no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}
