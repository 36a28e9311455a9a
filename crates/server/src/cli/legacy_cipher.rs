//! `countersign legacy-cipher`: what a Triple DES caller must send.

use clap::{Args, Subcommand, ValueEnum};
use countersign_crypto::legacy::{Profile, encrypt, flowmeter_message, tour_message, upper_md5};
use data_encoding::{BASE64, HEXUPPER};

use crate::cli::secret_input::{self, Needed};
use crate::cli::{Done, Failure, output};
use crate::config::Environment;

/// Print the ciphertext that a Triple DES caller must send, as in newpassword or newpwd.
#[derive(Args)]
pub(crate) struct LegacyCipherArgs {
    #[command(subcommand)]
    dialect: DialectCommand,
}

#[derive(Subcommand)]
enum DialectCommand {
    /// For `tour`. Reads `COUNTERSIGN_SESSION_KEY`, `COUNTERSIGN_LOGIN_SECRET` and `COUNTERSIGN_NEW_SECRET`, each also with
    /// `_FILE`; with none of them set, three lines of standard input in that order.
    Tour(CipherArgs),
    /// For `flowmeter`. Reads `COUNTERSIGN_VERIFY_CODE` and `COUNTERSIGN_NEW_SECRET`, each also with `_FILE`; with none of
    /// them set, two lines of standard input in that order.
    Flowmeter(CipherArgs),
}

#[derive(Args)]
struct CipherArgs {
    /// How the key is derived and the blocks are chained: kdf+mode.
    #[arg(long, default_value = "sha256+ecb", value_parser = profile)]
    profile: Profile,
    /// How the bytes are written.
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Encoding {
    #[default]
    Base64,
    Hex,
}

const SESSION_KEY: Needed = Needed { variable: "COUNTERSIGN_SESSION_KEY", what: "session key" };
const LOGIN_SECRET: Needed = Needed { variable: "COUNTERSIGN_LOGIN_SECRET", what: "login secret" };
const VERIFY_CODE: Needed = Needed { variable: "COUNTERSIGN_VERIFY_CODE", what: "verification code" };
const NEW_SECRET: Needed = Needed { variable: "COUNTERSIGN_NEW_SECRET", what: "new secret" };

pub(crate) fn run(args: &LegacyCipherArgs) -> Done {
    let environment = Environment::of_process();
    let (args, needed): (_, &[Needed]) = match &args.dialect {
        DialectCommand::Tour(args) => (args, &[SESSION_KEY, LOGIN_SECRET, NEW_SECRET]),
        DialectCommand::Flowmeter(args) => (args, &[VERIFY_CODE, NEW_SECRET]),
    };
    let secrets = secret_input::read(&environment, needed)?;
    let (message, new) = match secrets.as_slice() {
        [session_key, login, new] => (tour_message(session_key, &upper_md5(login.expose().as_bytes())), new),
        [code, new] => (flowmeter_message(code), new),
        _ => unreachable!("as many as were needed were read"),
    };
    let digest = upper_md5(new.expose().as_bytes());
    let bytes = encrypt(args.profile, message.expose(), &digest).map_err(|error| Failure::failed(&error))?;
    output::data(&match args.encoding {
        Encoding::Base64 => BASE64.encode(&bytes),
        Encoding::Hex => HEXUPPER.encode(&bytes),
    })
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::parse(text).ok_or_else(|| {
        let all: Vec<String> = Profile::ALL.iter().map(ToString::to_string).collect();
        format!("the profiles are {}", all.join(", "))
    })
}
