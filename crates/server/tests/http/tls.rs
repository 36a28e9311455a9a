//! TLS: the server's certificate, client certificates, HTTP/2, reload.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use countersign_server::config::{ClientAuth, Server, Tls};
use http::{Request, Version};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;

use crate::site::{scene, server};

/// An authority with files of its own.
struct Authority {
    directory: TempDir,
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { directory: tempfile::tempdir().expect("a directory"), issuer: Issuer::new(params, key), pem }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// A certificate for `localhost` and its key, as files.
    fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (
            self.file(&format!("{name}.crt"), &certificate.pem()),
            self.file(&format!("{name}.key"), &key.serialize_pem()),
        )
    }

    fn tls(&self, client_auth: ClientAuth, clients: Option<&Self>) -> Tls {
        let (cert, key) = self.issue("server");
        let client_ca = clients.map(|clients| clients.file("ca.crt", &clients.pem));
        Tls { cert: Some(cert), key: Some(key), client_ca, client_auth }
    }

    /// A client that trusts this authority and shows a certificate if it has one.
    fn client(&self, own: Option<(PathBuf, PathBuf)>) -> Client<HttpsConnector<HttpConnector>, Body> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("PEM")).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => builder.with_client_auth_cert(chain(&cert), private(&key)).expect("a pair"),
        };
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_all_versions().build();
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
    }
}

fn chain(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).expect("a file").collect::<Result<_, _>>().expect("PEM")
}

fn private(path: &Path) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(path).expect("a key")
}

async fn ask(
    client: &Client<HttpsConnector<HttpConnector>, Body>,
    at: SocketAddr,
    path: &str,
) -> Result<Version, String> {
    let request = Request::get(format!("https://localhost:{}{path}", at.port()))
        .body(Body::empty())
        .expect("a request");
    let answer = client.request(request).await.map_err(|error| format!("{error:?}"))?;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    Ok(answer.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_speak_tls_and_http_2() {
    let authority = Authority::new();
    let tls = authority.tls(ClientAuth::None, None);
    let scene = scene(Server { tls: tls.clone(), admin_tls: tls, ..server() }).await;
    let client = authority.client(None);
    assert_eq!(ask(&client, scene.at.public, "/probe/echo").await, Ok(Version::HTTP_2));
    assert_eq!(ask(&client, scene.at.admin, "/readyz").await, Ok(Version::HTTP_2));
    let stranger = Authority::new().client(None);
    assert!(ask(&stranger, scene.at.public, "/probe/echo").await.is_err());
    let plain = crate::wire::exchange(scene.at.public, b"GET /probe/echo HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(!plain.contains("200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_client_certificate_is_required() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let scene = scene(Server { tls: authority.tls(ClientAuth::Required, Some(&clients)), ..server() }).await;
    assert!(ask(&authority.client(None), scene.at.public, "/probe/echo").await.is_err());
    let stranger = Authority::new();
    let forged = stranger.issue("client");
    assert!(ask(&authority.client(Some(forged)), scene.at.public, "/probe/echo").await.is_err());
    let known = clients.issue("client");
    assert!(ask(&authority.client(Some(known)), scene.at.public, "/probe/echo").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_client_certificate_must_be_valid_if_shown() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let scene = scene(Server { tls: authority.tls(ClientAuth::Optional, Some(&clients)), ..server() }).await;
    assert!(ask(&authority.client(None), scene.at.public, "/probe/echo").await.is_ok());
    let known = clients.issue("client");
    assert!(ask(&authority.client(Some(known)), scene.at.public, "/probe/echo").await.is_ok());
    let stranger = Authority::new();
    let forged = stranger.issue("client");
    assert!(ask(&authority.client(Some(forged)), scene.at.public, "/probe/echo").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_the_new_certificate_and_keeps_the_old_one_if_it_is_bad() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = old.tls(ClientAuth::None, None);
    let (cert, key) = (tls.cert.clone().expect("set"), tls.key.clone().expect("set"));
    let mut scene = scene(Server { tls, ..server() }).await;
    fs::write(&cert, "not a certificate").expect("written");
    scene.running.reload().await;
    assert!(ask(&old.client(None), scene.at.public, "/probe/echo").await.is_ok(), "the old one stays");
    let (new_cert, new_key) = new.issue("server");
    fs::copy(new_cert, &cert).expect("copied");
    fs::copy(new_key, &key).expect("copied");
    scene.running.reload().await;
    assert!(ask(&new.client(None), scene.at.public, "/probe/echo").await.is_ok(), "the new one is in force");
    assert!(ask(&old.client(None), scene.at.public, "/probe/echo").await.is_err());
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let authority = Authority::new();
    let good = authority.tls(ClientAuth::None, None);
    let (_, other_key) = authority.issue("other");
    let empty = authority.file("empty.pem", "");
    let cases = [
        (Tls { cert: Some(empty.clone()), ..good.clone() }, "no certificate"),
        (Tls { key: Some(empty), ..good.clone() }, "no private key"),
        (Tls { cert: Some(authority.directory.path().join("gone.pem")), ..good.clone() }, "gone.pem"),
        (Tls { key: Some(other_key), ..good }, "server.crt"),
    ];
    for (tls, words) in cases {
        let files = tls.files().expect("set");
        let error = countersign_server::http::tls::server_config(files).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
}
