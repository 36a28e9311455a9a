//! What the campaign leaves behind: `docs/failover.md`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cluster::says;
use crate::load::Counts;
use crate::round::Round;

/// The rounds so far.
pub(crate) struct Report {
    machine: String,
    rounds: Vec<Round>,
}

impl Report {
    pub(crate) fn new() -> Self {
        let word = |text: &str, n: usize| text.split_whitespace().nth(n).unwrap_or_default().to_owned();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let machine = format!(
            "PostgreSQL {}, Patroni {}, etcd {}, HAProxy {}, Linux {}, {cores} cores shared by all machines and \
             the callers",
            word(&says("psql", &["--version"]), 2),
            word(&says("patroni", &["--version"]), 1),
            word(&says("etcd", &["--version"]), 2),
            word(&says("haproxy", &["-v"]), 2),
            word(&says("uname", &["-r"]), 0).split('-').next().unwrap_or_default(),
        );
        Self { machine, rounds: Vec::new() }
    }

    pub(crate) fn add(&mut self, round: Round) {
        self.rounds.push(round);
    }

    pub(crate) fn page(&self, counts: &Counts) -> String {
        let mut page = String::from(HEAD);
        let rounds = self.rounds.len();
        let _ = write!(page, "On {}.\n\n", self.machine);
        page.push_str("| round | leader | what became of it | new leader | led after | first 2xx after that | gap | 2xx |\n");
        page.push_str("|---|---|---|---|---|---|---|---|\n");
        for (n, round) in (1..).zip(&self.rounds) {
            let _ = writeln!(
                page,
                "| {n} | {} | {} | {} | {} | {} | {} | {} |",
                round.old,
                round.fault.words(),
                round.new,
                seconds(round.led),
                seconds(round.recovery),
                seconds(round.gap),
                round.effects
            );
        }
        let Counts { changes, verified, guesses, accounts, comparisons, keys } = counts;
        let _ = write!(
            page,
            "\nIn all {rounds} rounds, and checked once more in the end: {changes} changes and {verified} verifies were \
             acknowledged, and all are in the audit trail; {guesses} wrong guesses were told at {accounts} accounts that \
             were only guessed at, for which {comparisons} comparisons were made, and the budget is 5 each, {}; {keys} keys \
             were answered, each charged once and each answered the same again. Answers by status: see below.\n\n",
            5 * accounts
        );
        page.push_str("| round | answers |\n|---|---|\n");
        for (n, round) in (1..).zip(&self.rounds) {
            let _ = writeln!(page, "| {n} | {} |", round.answers());
        }
        page.push_str(TAIL);
        page
    }
}

fn seconds(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

const HEAD: &str = "\
# Failovers under load

This page is written by `cargo xtask failover`. It starts [the cluster](cluster.md) and lets ten callers work through
HAProxy while, round after round, the leading database is killed with -9, or cut off from the network while it still runs.

";

const TAIL: &str = "
## What is measured, and how

All times are of one clock, that of the machine which all the others are namespaces of.

* **Led after**: from the fault until another database answers `GET /leader` of Patroni with 200 and with the role that
  Patroni takes from `pg_is_in_recovery`. Asked every 50 ms. After a kill Patroni sees that PostgreSQL is gone and hands
  over; after a cut the lease in etcd has to run out, which is `ttl`, 20 s, the least that Patroni takes.
* **First 2xx after that**: until the first change of anybody was acknowledged; at most 5 s are allowed. In it are the
  second database that a commit waits for, the servers' way to the new leader, and HAProxy's checks.
* **Gap**: from the last 2xx to the first one after it, where that is longest: nobody's change was acknowledged. Callers
  wait meanwhile, or get 503 with `Retry-After`. The last 2xx came at *led after* + *first 2xx after that* - *gap*.
* **2xx**: acknowledged changes of anybody in the round, which lasts until the old leader follows the new one, in load.

## What is checked after each round, and for all rounds in the end

* **No acknowledged change is lost.** Four callers change a payment secret and verify it, again and again. Each change is
  repeated under its idempotency key until it is answered, so that it is known how many there were: exactly so many are in
  the audit trail, the last one verifies, and so many verifies are there as were acknowledged, at least.
* **No guess is gained.** Two pairs of callers guess wrongly at accounts that get nothing else, up to the lock. No account
  is ever told more wrong guesses than its budget; the comparisons that the hash engines of both servers count for this
  kind of secret, which nobody else has, never exceed five for each account; and the right secret is then refused too.
* **None is taken twice.** Two callers send wrong guesses under keys, each until it is answered: every one of them is
  charged once, however often it was sent, and has the same answer when it is sent again.
* **No server is restarted.** Both are the same processes as in the beginning.

Hashes are cheap in the campaign, so that more is written when the fault comes; the requests' time limit is 10 s and a guess
may be in flight for 15 s, so that what was left behind is free again within a round; a lock lasts longer than the
campaign.
";
