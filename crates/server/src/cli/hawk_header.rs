//! `countersign hawk-header`: what a HAWK caller must send.

use std::io::Read;
use std::path::{Path, PathBuf};

use axum::http::Uri;
use countersign_crypto::entropy::{Draw, OsEntropy};
use countersign_crypto::hawk::{Algorithm, Credentials, Ext, Request, Stamp, authorization_header};
use countersign_crypto::legacy::{tour_hawk_key, upper_md5};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_service::Clock;

use crate::cli::dev_clock::KeptClock;
use crate::cli::secret_input::{self, Needed};
use crate::cli::{Done, Failure, output};
use crate::clock::SystemClock;
use crate::config::Environment;

/// Print the value of the Authorization header that a HAWK caller must send.
///
/// The key comes from `COUNTERSIGN_HAWK_KEY`; or, for a `tour` session, from `COUNTERSIGN_SESSION_KEY` and
/// `COUNTERSIGN_LOGIN_SECRET`; each also with `_FILE`; or, with none of them set, from a line of standard input.
/// The header is good once and for a minute:
/// curl -H "Authorization: $(countersign hawk-header …)" …
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct HawkHeaderArgs {
    /// Id of the credential.
    #[arg(long)]
    id: String,
    /// Method of the request.
    #[arg(long, default_value = "POST")]
    method: String,
    /// URL of the request, as the caller sends it.
    #[arg(long)]
    url: String,
    /// Content-Type of the request.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Body of the request.
    #[arg(long, conflicts_with = "body_file")]
    body: Option<String>,
    /// File with the body of the request, or - for standard input.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// Data of the application, covered by the MAC.
    #[arg(long)]
    ext: Option<String>,
    /// Directory of a `dev` server, whose clock may have been moved: sign at its time.
    #[arg(long, value_name = "DIR")]
    dev_data: Option<PathBuf>,
    /// Hash of the credential: sha256 or sha1.
    #[arg(long, default_value = "sha256", value_parser = algorithm)]
    algorithm: Algorithm,
}

const HAWK: Needed = Needed { variable: "COUNTERSIGN_HAWK_KEY", what: "HAWK key" };
const SESSION: [Needed; 2] = [
    Needed { variable: "COUNTERSIGN_SESSION_KEY", what: "session key" },
    Needed { variable: "COUNTERSIGN_LOGIN_SECRET", what: "login secret" },
];

pub(crate) fn run(args: &HawkHeaderArgs) -> Done {
    let target = Target::parse(&args.url)?;
    let key = key(&Environment::of_process(), args.reads_body_from_stdin())?;
    let body = body(args)?;
    let ext = args.ext.as_deref().filter(|ext| !ext.is_empty()).map(ext).transpose()?;
    let nonce = OsEntropy.token(9);
    let credentials = Credentials { id: &args.id, key: &key, algorithm: args.algorithm };
    let request = Request {
        method: &args.method,
        resource: &target.resource,
        host: &target.host,
        port: target.port,
        content_type: args.content_type.as_deref(),
        body: &body,
    };
    let stamp = Stamp {
        now: now(args.dev_data.as_deref())?,
        nonce: nonce.expose(),
        ext: ext.as_ref(),
        app: None,
        dlg: None,
    };
    let header = authorization_header(&credentials, &request, &stamp);
    output::data(&header.map_err(|error| Failure::Usage(error.to_string()))?)
}

/// The time at which to sign: a `dev` server's own, or the system's.
fn now(dev_data: Option<&Path>) -> Result<Timestamp, Failure> {
    let Some(folder) = dev_data else { return Ok(SystemClock.now()) };
    Ok(KeptClock::in_folder(folder).map_err(|error| Failure::failed(&error))?.now())
}

impl HawkHeaderArgs {
    fn reads_body_from_stdin(&self) -> bool {
        self.body_file.as_deref().is_some_and(|path| path.as_os_str() == "-")
    }
}

/// What HAWK signs of a URL.
#[derive(PartialEq, Eq, Debug)]
struct Target {
    host: String,
    port: u16,
    resource: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, Failure> {
        let wrong = || Failure::Usage(format!("--url {url} is no http or https URL"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let port = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => return Err(wrong()),
        };
        let resource = uri.path_and_query().map_or("/", |resource| resource.as_str());
        // A URL such as http://host?query has no path; what is sent has one.
        let resource = if resource.starts_with('/') { resource.to_owned() } else { format!("/{resource}") };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?.to_owned();
        Ok(Self { host, port: uri.port_u16().unwrap_or(port), resource })
    }
}

fn key(environment: &Environment, stdin_is_taken: bool) -> Result<SecretText, Failure> {
    let (direct, session) =
        (secret_input::any_in(environment, &[HAWK]), secret_input::any_in(environment, &SESSION));
    match (direct, session) {
        (true, true) => Err(Failure::Usage(
            "COUNTERSIGN_HAWK_KEY and COUNTERSIGN_SESSION_KEY with COUNTERSIGN_LOGIN_SECRET are both set; unset one"
                .to_owned(),
        )),
        (false, true) => match secret_input::read(environment, &SESSION)?.as_slice() {
            [session_key, login] => Ok(tour_hawk_key(session_key, &upper_md5(login.expose().as_bytes()))),
            _ => unreachable!("as many as were needed were read"),
        },
        (false, false) if stdin_is_taken => Err(Failure::Usage(
            "standard input is the body, so the key must come from COUNTERSIGN_HAWK_KEY or COUNTERSIGN_HAWK_KEY_FILE"
                .to_owned(),
        )),
        (true | false, false) => {
            let mut read = secret_input::read(environment, &[HAWK])?;
            read.pop().ok_or_else(|| Failure::Usage("there is no HAWK key".to_owned()))
        }
    }
}

fn body(args: &HawkHeaderArgs) -> Result<Vec<u8>, Failure> {
    let Some(path) = &args.body_file else {
        return Ok(args.body.clone().unwrap_or_default().into_bytes());
    };
    let read = if args.reads_body_from_stdin() {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| Failure::Failed(format!("the body cannot be read from {}: {error}", path.display())))
}

fn ext(text: &str) -> Result<Ext, Failure> {
    let words =
        "--ext takes printable ASCII without quote and backslash, because HAWK can carry nothing else";
    Ext::parse(text).ok_or_else(|| Failure::Usage(words.to_owned()))
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::parse(text).ok_or_else(|| "the algorithms are sha256 and sha1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_what_the_caller_sends() {
        let cases = [
            ("http://a.example", ("a.example", 80, "/")),
            ("https://a.example?x=%20y", ("a.example", 443, "/?x=%20y")),
            ("https://user@A.example:8443/p%2Fq?r=1#s", ("A.example", 8443, "/p%2Fq?r=1")),
            ("http://127.0.0.1:8082/API/x", ("127.0.0.1", 8082, "/API/x")),
            ("http://[::1]:8082/", ("[::1]", 8082, "/")),
        ];
        for (url, (host, port, resource)) in cases {
            let expected = Target { host: host.to_owned(), port, resource: resource.to_owned() };
            assert_eq!(Target::parse(url).ok(), Some(expected), "{url}");
        }
        for url in ["", "/path", "ftp://a.example/", "a.example", "http://"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
