//! `countersign healthcheck`: is a server ready? For containers and scripts.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use axum::http::Uri;

use crate::cli::{ConfigFile, Done, Failure, output, pinned};

/// No check takes longer: a server that takes this long is not ready.
const PATIENCE: Duration = Duration::from_secs(5);
/// The answer's first lines and its body. More is not read.
const LONGEST_ANSWER: u64 = 64 * 1024;
const READY: &str = "/readyz";

/// Ask a running server whether it is ready. Exits 0 if it is, else 1.
#[derive(clap::Args)]
pub(crate) struct HealthcheckArgs {
    /// Where the admin listener is. Without it the configuration says so.
    #[arg(long, conflicts_with = "config")]
    url: Option<Uri>,
    #[command(flatten)]
    file: ConfigFile,
}

pub(crate) fn run(args: &HealthcheckArgs) -> Done {
    let (status, body) = if let Some(url) = &args.url {
        ask_url(url)?
    } else {
        let server = args.file.sources().load()?.config.server;
        let address = reachable(server.admin_listen);
        ask(&[address], &address.to_string(), READY, server.admin_tls.cert.as_deref())?
    };
    if status == 200 {
        output::tell("ready");
        Ok(())
    } else {
        Err(Failure::Failed(format!("not ready: status {status} {}", body.trim())))
    }
}

fn ask_url(url: &Uri) -> Result<(u16, String), Failure> {
    if url.scheme_str() != Some("http") {
        let words = "--url takes http://host:port; where the admin listener speaks TLS, give --config instead, whose certificate is then expected";
        return Err(Failure::Usage(words.to_owned()));
    }
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(80);
    let found = (host.trim_matches(['[', ']']), port).to_socket_addrs();
    let addresses = found.map_err(|error| Failure::Failed(format!("{host} cannot be found: {error}")))?;
    let path = url
        .path_and_query()
        .map(axum::http::uri::PathAndQuery::as_str)
        .filter(|path| *path != "/")
        .unwrap_or(READY);
    ask(&addresses.collect::<Vec<_>>(), &format!("{host}:{port}"), path, None)
}

/// One request over HTTP/1.0, which needs neither chunks nor keep-alive, over TLS if a certificate is expected.
fn ask(
    addresses: &[SocketAddr],
    host: &str,
    path: &str,
    certificate: Option<&Path>,
) -> Result<(u16, String), Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("no answer from {host}: {error}"));
    let mut socket = connect(addresses).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = match certificate {
        None => exchange(&mut socket, &request),
        Some(certificate) => {
            let mut connection = pinned::connection(certificate)?;
            exchange(&mut rustls::Stream::new(&mut connection, &mut socket), &request)
        }
    };
    parse(&answer.map_err(failed)?).ok_or_else(|| Failure::Failed(format!("{host} does not answer in HTTP")))
}

fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let mut outcome = Err(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable));
    for address in addresses {
        outcome = TcpStream::connect_timeout(address, PATIENCE);
        if outcome.is_ok() {
            break;
        }
    }
    let socket = outcome?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn exchange(stream: &mut (impl Read + Write), request: &str) -> std::io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    match stream.take(LONGEST_ANSWER).read_to_end(&mut answer) {
        // A peer that closes without TLS's farewell has said all that matters here.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !answer.is_empty() => Ok(answer),
        outcome => outcome.map(|_| answer),
    }
}

/// Status and body.
fn parse(answer: &[u8]) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(answer);
    let status = text.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Some((status, body.to_owned()))
}

/// Where a listener is reached from this machine: one that listens everywhere also listens on loopback.
fn reachable(listener: SocketAddr) -> SocketAddr {
    let address = match listener.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(address, listener.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_and_body() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"store\":\"failed\"}";
        assert_eq!(parse(answer), Some((503, "{\"store\":\"failed\"}".to_owned())));
        assert_eq!(parse(b"SSH-2.0"), None);
        assert_eq!(parse(b""), None);
    }
}
