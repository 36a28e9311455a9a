//! The tables, a section for each scene.

use core::fmt::Write;

use super::{Measured, mebibytes};
use crate::figures::Figures;
use crate::scenes::overload::{CONNECTIONS as MANY, Overloaded};
use crate::scenes::reads::RATE;
use crate::scenes::window::Cheap;
use crate::scenes::{Answered, CONNECTIONS};
use crate::wrk;

/// All sections.
pub(super) fn all(measured: &Measured) -> String {
    [peak, half, overload, reads, window, instructions, peers].map(|section| section(measured)).concat()
}

fn peak(Measured { peak, .. }: &Measured) -> String {
    let mut page = format!(
        "\n## At saturation\n\n{CONNECTIONS} connections that ask again at once. Times in milliseconds.\n\n\
         | | served/s | of the engine alone | p50 | p99 | cores used | CPU ms each | most memory, MiB |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    // Writing to a `String` cannot fail, here and below.
    let _ = writeln!(
        page,
        "| the engine alone, a thread a core | {} | | | | {} | {} | |",
        peak.engine.told(1),
        peak.engine_cores.told(2),
        peak.engine_cores.over(&peak.engine).map(|seconds| seconds * 1000.0).told(2),
    );
    for (answered, memory) in peak.systems.iter().zip(&peak.memory) {
        let Answered { name, rate, p50, p99, cores, cost, .. } = answered;
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {} | {} | {:.0} |",
            rate.told(1),
            rate.over(&peak.engine).told(3),
            p50.told(0),
            p99.told(0),
            cores.told(2),
            cost.told(2),
            mebibytes(*memory),
        );
    }
    let _ = writeln!(page, "\nOne hash alone, while other cores rest: {} ms.", peak.hash_ms.told(2));
    page + &failed(&peak.systems)
}

fn half(Measured { half, peak, .. }: &Measured) -> String {
    let mut page = format!(
        "\n## At half of its own peak\n\nAn open loop over {CONNECTIONS} connections: requests come independently of \
         each other (a Poisson process), at half of what each system served at saturation, and their time counts from \
         when they were due. Times in milliseconds.\n\n\
         | | served/s | p50 | p99 | p99 in hashes |\n|---|---|---|---|---|\n"
    );
    let even = Answered::of("Countersign, requests evenly apart");
    let rows = half.independent.iter().map(|answered| (answered.name, answered));
    for (name, Answered { rate, p50, p99, .. }) in rows.chain([(even.name, &half.even)]) {
        let hashes = p99.map(|p99| p99 / peak.hash_ms.median());
        let (rate, p50, p99) = (rate.told(1), p50.told(1), p99.told(1));
        let _ = writeln!(page, "| {name} | {rate} | {p50} | {p99} | {} |", hashes.told(2));
    }
    let _ = writeln!(
        page,
        "\nTo the first of these requests come at times at which a server that did nothing but hash, on all cores and as fast as \
         one hash alone, would have a p99 of {:.1}, or {:.2} hashes, since some come together.",
        half.floor_ms,
        half.floor_ms / peak.hash_ms.median()
    );
    page + &failed(&half.independent)
}

fn overload(Measured { overload, peak, .. }: &Measured) -> String {
    let mut page = format!(
        "\n## At ten times its own peak\n\nAn open loop over {MANY} connections. What no connection was free for was \
         never sent; the time of what was sent counts from when it was due. Times in milliseconds.\n\n\
         | | served/s | of its peak | within 1 s | p50 served | p99 served | refused/s | p99 refused | never sent | most \
         memory, MiB |\n|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for (overloaded, peak) in overload.systems.iter().zip(&peak.systems) {
        let Overloaded { answered, within, refused, refused_p99, unsent, memory, .. } = overloaded;
        let refusals = |figures: &Figures| match overloaded.refusals.count() {
            0 => "none".to_owned(),
            _ => figures.told(2),
        };
        let best = peak.rate.median();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} |",
            answered.name,
            answered.rate.told(1),
            answered.rate.map(|rate| rate / best).told(3),
            within.told(3),
            answered.p50.told(0),
            answered.p99.told(0),
            refusals(refused),
            refusals(refused_p99),
            unsent.map(|share| share * 100.0).told(0) + " %",
            mebibytes(*memory),
        );
    }
    page += "\nWhat the server charged and compared is read from its own metrics before and after, and held against \
             the answers that came: each right answer is one guess and one comparison, and a refusal is neither.\n";
    let failures: u64 = overload.systems.iter().map(|system| system.answered.failed).sum();
    if failures > 0 {
        for Overloaded { answered, .. } in &overload.systems {
            page += &failed(core::slice::from_ref(answered));
        }
    }
    page
}

fn reads(Measured { reads, .. }: &Measured) -> String {
    let mut page = format!(
        "\n## Reads beside hashing\n\n{RATE:.0} reads a second of accounts' state (`GET /v1/accounts/{{id}}`), in an \
         open loop, first alone and then while {CONNECTIONS} connections verify without a pause. Times in \
         milliseconds.\n\n| | a second | p50 | p99 |\n|---|---|---|---|\n"
    );
    for Answered { name, rate, p50, p99, .. } in [&reads.quiet, &reads.saturated, &reads.verified] {
        let _ = writeln!(page, "| {name} | {} | {} | {} |", rate.told(1), p50.told(2), p99.told(2));
    }
    for answered in [&reads.quiet, &reads.saturated, &reads.verified] {
        page += &failed(core::slice::from_ref(answered));
    }
    page
}

fn window(Measured { window, .. }: &Measured) -> String {
    let mut page = format!(
        "\n## The cheapest answer\n\nwrk with {} connections and {} threads. Times in milliseconds, CPU in \
         microseconds.\n\n| | a second | p50 | p99 | cores used | CPU each |\n|---|---|---|---|---|---|\n",
        wrk::CONNECTIONS,
        wrk::THREADS
    );
    for (name, Cheap { rate, p50, p99, cores }) in [
        ("`verify-by-status`, window open", &window.ours),
        ("bare axum route that answers `true`", &window.bare),
    ] {
        let each = cores.over(rate).map(|seconds| seconds * 1e6);
        let (rate, p50, p99) = (rate.told(0), p50.told(2), p99.told(2));
        let _ = writeln!(page, "| {name} | {rate} | {p50} | {p99} | {} | {} |", cores.told(2), each.told(1));
    }
    let (ours, bare) = (&window.ours, &window.bare);
    let by_time = bare.cores.over(&bare.rate).over(&ours.cores.over(&ours.rate));
    let _ =
        writeln!(page, "\nBy processor time, which leaves wrk out: {} of the bare route.", by_time.told(3));
    page
}

fn instructions(Measured { instructions, effort, .. }: &Measured) -> String {
    if instructions.is_empty() {
        return String::new();
    }
    let mut page = format!(
        "\n## Instructions of the cheap paths\n\ncallgrind over dialect, service and store, all threads, without \
         sockets: the difference of runs of {0}, {1} and {2} requests, so both ends of a range are one comparison \
         each. valgrind shows a program no AVX-512 and no SHA instructions, so digests cost more here than they do in \
         life.\n\n| path | instructions each |\n|---|---|\n",
        effort.counted,
        effort.counted * 2,
        effort.counted * 3
    );
    for counted in instructions {
        let _ = writeln!(page, "| {} | {} |", counted.what, counted.instructions.told(0));
    }
    page
}

fn peers(_: &Measured) -> String {
    "\n## Who it is compared with\n\n\
     Each is a service as one would write it in an afternoon, with the same records and the same job: the account and \
     its hash in SQLite, compare six digits, lock after five wrong ones in a row, the counter durable (WAL, \
     `synchronous=FULL`). None of them has tenants, audit events, seals or refusals, and only the careful one counts \
     a guess before it is made; so each does less for an answer than Countersign does.\n\n\
     * **axum, argon2, plain**: RustCrypto's `argon2` in `spawn_blocking` \
     ([plain.rs](src/bin/peer/plain.rs)).\n\
     * **axum, argon2, careful**: the same, but a guess is counted before it is made, and a semaphore has as many \
     permits as there are cores ([careful.rs](src/bin/peer/careful.rs)).\n\
     * **Node**: fastify, npm's `argon2`, better-sqlite3 ([server.js](peers/node/server.js)).\n\
     * **Python**: FastAPI under uvicorn with uvloop, `argon2-cffi` ([server.py](peers/python/server.py)).\n"
        .to_owned()
}

/// Says which systems did not answer everything well.
fn failed(systems: &[Answered]) -> String {
    let bad: Vec<String> = systems
        .iter()
        .filter(|answered| answered.failed > 0)
        .map(|answered| format!("{}: {}", answered.name, answered.failed))
        .collect();
    if bad.is_empty() {
        return String::new();
    }
    format!("\nRequests that failed, over all rounds: {}.\n", bad.join(", "))
}
