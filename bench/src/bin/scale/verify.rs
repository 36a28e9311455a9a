//! What a verify costs beside the hash, on databases of different size, in turns.

use std::time::Instant;

use serde_json::Value;
use ureq::Agent;

use crate::Outcome;
use crate::lines::username;
use crate::server::Server;

/// The payment secret of the accounts that are verified. Right every time: a wrong one would lock them.
pub(crate) const SECRET: &str = "kZ81mq";
/// Accounts that are verified, once each: what a first look at a record costs is part of it.
pub(crate) const ACCOUNTS: u64 = 4000;
/// Turns, so that a machine that slows down for a while slows every size.
const TURNS: usize = 20;

/// The accounts that are verified.
pub(crate) struct Subjects(Vec<String>);

/// What verifies took, in microseconds, the quickest first.
pub(crate) struct Latencies(Vec<f64>);

impl Subjects {
    /// Finds their ids, in an order in which no two neighbours are near each other.
    pub(crate) fn find(server: &Server, accounts: u64) -> Outcome<Self> {
        let agent = Agent::new_with_defaults();
        let step = accounts / ACCOUNTS;
        let find = |n: u64| {
            // 1,999 and the number of accounts have no common divisor, so each comes once.
            let url = format!("{}/v1/accounts?username={}", server.url, username(n * 1999 % ACCOUNTS * step));
            let answer = agent.get(&url).header("authorization", bearer(server)).call();
            let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
            let text = text.map_err(|error| format!("an account is not found: {error}"))?;
            let found: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            found["data"][0]["id"].as_str().map(str::to_owned).ok_or_else(|| format!("not found: {text}"))
        };
        (0..ACCOUNTS).map(find).collect::<Outcome<_>>().map(Self)
    }
}

impl Latencies {
    /// Microseconds that so many of a hundred stayed below.
    pub(crate) fn percentile(&self, of_a_hundred: usize) -> f64 {
        self.0.get(self.0.len() * of_a_hundred / 100).copied().unwrap_or(f64::NAN)
    }
}

/// Verifies every account of every server once.
pub(crate) fn in_turns(servers: &[(&Subjects, &Server)]) -> Outcome<Vec<Latencies>> {
    let agents: Vec<Agent> = servers.iter().map(|_| Agent::new_with_defaults()).collect();
    let mut taken: Vec<Vec<f64>> = servers.iter().map(|_| Vec::new()).collect();
    let share = usize::try_from(ACCOUNTS).unwrap_or(usize::MAX).div_ceil(TURNS);
    for turn in 0..TURNS {
        for (n, (subjects, server)) in servers.iter().enumerate() {
            for id in subjects.0.iter().skip(turn * share).take(share) {
                taken[n].push(verify(&agents[n], server, id)?);
            }
        }
    }
    let sorted = |mut one: Vec<f64>| {
        one.sort_by(f64::total_cmp);
        Latencies(one)
    };
    Ok(taken.into_iter().map(sorted).collect())
}

#[allow(clippy::disallowed_methods, reason = "this is what is measured")]
fn verify(agent: &Agent, server: &Server, id: &str) -> Outcome<f64> {
    let url = format!("{}/v1/accounts/{id}/secrets/payment/verify", server.url);
    let request = agent.post(&url).header("authorization", bearer(server));
    let request = request.header("content-type", "application/json");
    let begun = Instant::now();
    let answer = request.send(format!(r#"{{"secret":"{SECRET}"}}"#));
    let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
    let us = begun.elapsed().as_secs_f64() * 1e6;
    text.map_err(|error| format!("a verify fails: {error}"))?;
    Ok(us)
}

fn bearer(server: &Server) -> String {
    format!("Bearer {}", server.api_key)
}
