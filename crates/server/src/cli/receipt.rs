//! `countersign receipt`: whether a receipt is what it says. The receipt is no secret, but anybody may have written it.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use countersign_crypto::jws::{KeySet, LONGEST_SET, LONGEST_TOKEN};
use countersign_crypto::receipt::Receipt;
use countersign_domain::time::{Span, Timestamp};
use countersign_service::Clock;
use serde_json::{Value, json};

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::clock::SystemClock;

/// How far this clock may be behind the one that signed.
const LEEWAY: Span = Span::from_secs(10);

const EXIT_CODES: &str = "\
Exit codes: 0 verified and in force at that moment, 1 not verified, 2 wrong usage or configuration, 3 verified, but expired \
at that moment (or not yet signed): it proves the approval all the same, and its intent can no longer be consumed.
Without --jwks the keys are those of the configured database, every one that ever signed there.";

/// Look at receipts of approved intents.
#[derive(Args)]
pub(crate) struct ReceiptArgs {
    #[command(subcommand)]
    command: ReceiptCommand,
}

#[derive(Subcommand)]
enum ReceiptCommand {
    /// Verify a receipt and show what it says.
    Verify(VerifyArgs),
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
struct VerifyArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// The receipt; standard input without it.
    path: Option<PathBuf>,
    /// The keys: a file with what `/.well-known/jwks.json` answers.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    jwks: Option<PathBuf>,
    /// Who must have signed it: `iss`.
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// For whom it must be: `aud`.
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// The moment that counts instead of now, as in 2026-11-21T10:00:00Z: when it was presented, in an old dispute.
    #[arg(long, value_name = "TIME", conflicts_with = "ignore_expiry")]
    at: Option<jiff::Timestamp>,
    /// Exit code 0 also for one that has expired.
    #[arg(long)]
    ignore_expiry: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &ReceiptArgs) -> Done {
    let ReceiptCommand::Verify(args) = &args.command;
    verify(args)
}

fn verify(args: &VerifyArgs) -> Done {
    let token = token(args.path.as_deref())?;
    let keys = keys(args)?;
    let receipt = Receipt::verify(token.trim_ascii(), &keys)
        .map_err(|error| Failure::Failed(format!("not a receipt that these keys signed: {error}")))?;
    wanted("issuer", args.issuer.as_deref(), &receipt.issuer)?;
    wanted("audience", args.audience.as_deref(), &receipt.audience)?;
    let at = args.at.map_or_else(|| SystemClock.now(), |at| Timestamp::from_millis(at.as_millisecond()));
    let state = State::of(&receipt, at);
    output::data(&match args.output {
        OutputFormat::Json => json!({ "state": state.as_str(), "claims": claims(&receipt) }).to_string(),
        OutputFormat::Table => table(&receipt, state),
    })?;
    match state {
        State::InForce => Ok(()),
        State::Expired | State::Early if args.ignore_expiry => Ok(()),
        State::Expired => Err(Failure::Partly(format!(
            "verified, but expired at {}; --at tries another moment, --ignore-expiry takes any",
            time(receipt.expires)
        ))),
        State::Early => Err(Failure::Partly(format!(
            "verified, but signed later than that moment, at {}",
            time(receipt.issued)
        ))),
    }
}

/// How a receipt stands at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InForce,
    Expired,
    Early,
}

impl State {
    fn of(receipt: &Receipt, at: Timestamp) -> Self {
        if receipt.is_expired(at) {
            Self::Expired
        } else if at + LEEWAY < receipt.issued {
            Self::Early
        } else {
            Self::InForce
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Early => "not_yet",
        }
    }
}

fn token(path: Option<&Path>) -> Result<String, Failure> {
    if let Some(path) = path {
        return limited(open(path)?, LONGEST_TOKEN, &path.display().to_string());
    }
    if output::asks_a_person() {
        output::tell("Paste the receipt, then end the input (Ctrl-D):");
    }
    limited(stdin().lock(), LONGEST_TOKEN, "standard input")
}

fn keys(args: &VerifyArgs) -> Result<KeySet, Failure> {
    if let Some(path) = &args.jwks {
        let name = path.display().to_string();
        let text = limited(open(path)?, LONGEST_SET, &name)?;
        let keys = KeySet::parse(&text).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
        if keys.keys().is_empty() {
            return Err(Failure::Failed(format!("{name} has no key that verifies receipts")));
        }
        return Ok(keys);
    }
    let config = args.file.sources().load()?.config;
    runtime()?.block_on(async {
        let service = parts::existing_service(&config).await?;
        service.verifying_keys().await.map_err(|error| Failure::failed(&error))
    })
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// A text that is read no further than it may be long; white space around it aside.
fn limited(from: impl Read, longest: usize, name: &str) -> Result<String, Failure> {
    const SPACE: usize = 64;
    let mut bytes = Vec::new();
    let read = from.take((longest + SPACE) as u64).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Failed(format!("{name} cannot be read: {error}")))?;
    if bytes.trim_ascii().len() > longest {
        return Err(Failure::Failed(format!("{name} is longer than {longest} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::Failed(format!("{name} is not text")))
}

fn wanted(what: &str, wanted: Option<&str>, found: &str) -> Done {
    match wanted {
        Some(wanted) if wanted != found => Err(Failure::Failed(format!(
            "rightly signed, but its {what} is {}, not {}",
            shown(found),
            shown(wanted)
        ))),
        _ => Ok(()),
    }
}

fn claims(receipt: &Receipt) -> Value {
    serde_json::from_str(&receipt.to_json()).unwrap_or_default()
}

fn table(receipt: &Receipt, state: State) -> String {
    let methods: Vec<_> = receipt.methods.iter().map(|method| method.as_str()).collect();
    let mut rows = vec![
        ("state", state.as_str().to_owned()),
        ("issuer", shown(&receipt.issuer)),
        ("audience", shown(&receipt.audience)),
        ("account", receipt.account.to_string()),
        ("intent", shown(&receipt.intent)),
        ("digest", shown(&receipt.digest)),
        ("amount", shown(&receipt.amount)),
        ("currency", shown(&receipt.currency)),
        ("payee", shown(&receipt.payee)),
        ("methods", methods.join(", ")),
        ("approved", time(receipt.issued)),
        ("expires", time(receipt.expires)),
    ];
    rows.extend(receipt.authenticated.map(|at| ("authenticated", time(at))));
    rows.extend(receipt.exemption.as_ref().map(|word| ("exemption", shown(word))));
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    output::columns(&rows, &[0, 1])
}

/// A text of somebody else, for a terminal: what would move the cursor, colour or turn the line round is written out.
fn shown(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_control() || turns(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        out
    })
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.secs()).map_or_else(|_| at.secs().to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_does_not_steer_the_terminal() {
        assert_eq!(shown("Zoë 支付"), "Zoë 支付");
        assert_eq!(shown("a\u{1b}[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
    }

    #[test]
    fn reads_no_further_than_it_may_be_long() {
        assert_eq!(limited(&b" abc\n"[..], 3, "x").ok(), Some(" abc\n".to_owned()));
        assert!(limited(&b"abcd"[..], 3, "x").is_err());
        assert!(limited(std::io::repeat(b'a'), 3, "x").is_err());
        assert!(limited(&b"\xff"[..], 3, "x").is_err());
    }
}
