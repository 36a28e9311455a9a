//! `cargo xtask bench intents`: approve and consume together, against a verify, side by side in one run on one server.
//!
//! Intents are created before, one for each of many accounts, as people have one payment open at a time; and each connection
//! never pauses. A pair is a request and a durable transaction more than a verify is, and one signature; both hash once.

use core::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Outcome;
use crate::figures::Figures;
use crate::report::Machine;
use crate::scenes::Effort;
use crate::server::{Api, Server};
use crate::system::PIN;

/// The word on the command line.
pub(crate) const WORD: &str = "intents";

/// Connections that ask.
const CONNECTIONS: usize = 16;

/// Verifies, or pairs, of one connection in one turn for each second of a run: each for an account of its own.
const EACH: usize = 4;

/// The least that approving and consuming may come to, in parts of verifying.
const LEAST: f64 = 0.9;

/// What is asked of a server for an account, with an intent that was made for it.
type Act = dyn Fn(&Api, &str, Option<Intent>) -> Outcome<()> + Sync;

/// What is asked in one turn, and whether intents are made for it.
type Turn<'a> = (&'a str, bool, &'a Act);

/// An intent that waits for approval.
struct Intent {
    id: String,
    digest: String,
}

#[derive(Default)]
struct Measured {
    rate: Figures,
    /// Processor time of the server for each, in milliseconds.
    cost: Figures,
}

/// Measures both and writes `intents.md` into a folder.
///
/// # Errors
/// The server cannot be started, refuses something, or the folder cannot be written to.
pub(crate) fn measure(out: &Path, effort: Effort) -> Outcome<()> {
    let machine = Machine::now()?;
    let server = Server::start()?;
    let each = EACH * usize::try_from(effort.seconds).unwrap_or(1);
    let accounts = server.accounts(CONNECTIONS * each)?;
    let mut measured = [Measured::default(), Measured::default()];
    let turns: [Turn<'_>; 2] =
        [("verify", false, &verify), ("approve and consume", true, &approve_and_consume)];
    for round in 0..=effort.rounds {
        for ((name, intents, act), measured) in turns.iter().zip(&mut measured) {
            let (rate, cost) = turn(&server, &accounts, *intents, *act)?;
            // The first warms everything up.
            if round > 0 {
                eprintln!(" round {round} of {}: {name} {rate:.1}/s", effort.rounds);
                measured.rate.push(rate);
                measured.cost.push(cost);
            }
        }
    }
    let page = page(&machine, effort, &turns, &measured);
    let path = out.join("intents.md");
    std::fs::create_dir_all(out)
        .and_then(|()| std::fs::write(&path, &page))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{page}");
    Ok(())
}

/// Asks once for each account, over all connections at once, and says how many were answered a second and what each cost.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn turn(server: &Server, accounts: &[String], intents: bool, act: &Act) -> Outcome<(f64, f64)> {
    let api = server.api();
    let made: Vec<(&String, Option<Intent>)> = accounts
        .iter()
        .map(|account| Ok((account, intents.then(|| create(&api, account)).transpose()?)))
        .collect::<Outcome<_>>()?;
    let mut shares: Vec<Vec<(&String, Option<Intent>)>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (place, one) in made.into_iter().enumerate() {
        shares[place % CONNECTIONS].push(one);
    }
    server.system.process.calm();
    let (begun, before) = (Instant::now(), server.system.process.seconds());
    thread::scope(|scope| {
        let asking: Vec<_> = shares
            .into_iter()
            .map(|share| {
                scope.spawn(move || {
                    let api = server.api();
                    share.into_iter().try_for_each(|(account, intent)| act(&api, account, intent))
                })
            })
            .collect();
        asking.into_iter().try_for_each(|one| one.join().map_err(|_| "a connection panicked".to_owned())?)
    })?;
    #[allow(clippy::cast_precision_loss, reason = "some thousands")]
    let all = accounts.len() as f64;
    let cost = (server.system.process.seconds() - before) * 1000.0 / all;
    Ok((all / begun.elapsed().as_secs_f64(), cost))
}

fn create(api: &Api, account: &str) -> Outcome<Intent> {
    let body = json!({ "account_id": account, "amount": "12.34", "currency": "CNY", "payee": "ACME" });
    let made = api.post("/v1/intents", &body)?;
    let text = |name: &str| made[name].as_str().map(str::to_owned).ok_or(format!("an intent without {name}"));
    Ok(Intent { id: text("id")?, digest: text("digest")? })
}

fn verify(api: &Api, account: &str, _: Option<Intent>) -> Outcome<()> {
    api.post(&format!("/v1/accounts/{account}/secrets/payment/verify"), &json!({ "secret": PIN })).map(drop)
}

fn approve_and_consume(api: &Api, _account: &str, intent: Option<Intent>) -> Outcome<()> {
    let Some(Intent { id, digest }) = intent else { return Ok(()) };
    api.post(&format!("/v1/intents/{id}/approve"), &json!({ "secret": PIN }))?;
    let consumed: Value = api.post(&format!("/v1/intents/{id}/consume"), &json!({ "digest": digest }))?;
    if consumed["state"] == "consumed" { Ok(()) } else { Err(format!("not consumed: {consumed}")) }
}

fn page(machine: &Machine, effort: Effort, turns: &[Turn<'_>; 2], measured: &[Measured; 2]) -> String {
    let mut page = format!(
        "# Approve and consume\n\n\
         `cargo xtask bench intents`, {}: {} rounds in turns, on {} × {}. Medians, with the least and the greatest in brackets; a \
         ratio is taken within each round. {CONNECTIONS} connections that never pause, an account with one intent for each pair, right PINs, the embedded store.\n\n\
         | | a second | processor time of the server for each, ms |\n|---|---|---|\n",
        machine.date, effort.rounds, machine.cores, machine.processor
    );
    for ((name, ..), figures) in turns.iter().zip(measured) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "| {name} | {} | {} |", figures.rate.told(1), figures.cost.told(2));
    }
    let [verify, pair] = measured;
    let rate = pair.rate.over(&verify.rate);
    let word = if rate.median() >= LEAST { "kept" } else { "**not kept**" };
    let _ = writeln!(
        page,
        "\nApprove and consume over verify: **{}**; at least {LEAST} asked for, {word}. Processor time: {}.",
        rate.told(3),
        pair.cost.over(&verify.cost).told(3)
    );
    page
}
