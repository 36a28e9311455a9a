//! Writing to the database: how many decisions a second, and how long each takes, by callers, connections and commits.

use countersign_bench::plot::{Curve, curves};

use super::{Picture, table};
use crate::committing::{Callers, Commits, Company, Scene, run};
use crate::costs::Costs;
use crate::due::count;
use crate::plan::Plan;
use crate::told::{ms, number};
use crate::usage::Usage;

const COMMITS_MS: [f64; 3] = [1.0, 5.0, 20.0];
const WRITERS: [usize; 3] = [1, 2, 4];
const CALLERS: [usize; 5] = [1, 4, 16, 64, 256];

pub(super) fn section(usage: &Usage, costs: &Costs) -> (String, Vec<Picture>) {
    let (node, rate) = node(usage, costs);
    let text = format!(
        "## Writing: what a slow commit costs\n\n\
         An account is always written by the same connection, which makes one transaction after the other: it waits a moment for \
         company ([ADR 16](adr/0016-commits-wait-for-company.md)), takes what there is, up to 128, spends {} µs on the transaction and \
         {} µs on each charge, and then waits until the commit is durable, on the standby too. Simulated event by event, commits being \
         uneven (half of their mean always, the rest exponential), and tried against theory: Little's law, and one at a \
         time M/D/1 and M/M/1. As long as the primary has a core for each connection at work.\n\n\
         ### At full speed\n\n\
         Callers that write again as soon as their last write is durable:\n\n{}\n\
         ![Charges a second by callers](capacity/commits.svg)\n\n\
         Each caller waits for a commit, so a standby that is slow takes throughput from few callers and little from many: more \
         of them share it. More connections win only where more wait than one transaction takes. Where fewer do, they spread the same \
         decisions over more commits, and win nothing.\n\n\
         ### At the peak of one node\n\n\
         One node at its busiest writes {} decisions a second, which come independently. p99 of one write, and how many share a \
         commit:\n\n{node}\n\
         Two of these are in each verify. One or two connections carry a node of {} cores, whatever a commit takes; a standby 20 ms \
         away is felt and does no harm.\n",
        number(costs.transaction_us.value),
        number(costs.charge_us.value),
        full_speed(costs),
        number(rate),
        number(usage.node_cores),
    );
    (text, vec![("commits.svg", picture(costs))])
}

fn scene(costs: &Costs, commit_ms: f64) -> Scene {
    Scene {
        seed: 2026,
        callers: Callers::Busy(64),
        writers: 1,
        batch: 128,
        transaction_s: costs.transaction_us.value / 1e6,
        each_s: costs.charge_us.value / 1e6,
        commit_s: commit_ms / 1e3,
        commits: Commits::Uneven,
        company: Company::usual(64.0),
        decisions: 20_000,
    }
}

fn full_speed(costs: &Costs) -> String {
    let rows = [(64, 1), (64, 2), (64, 4), (256, 1), (256, 2), (256, 4)].map(|(callers, writers)| {
        let told = COMMITS_MS.map(|commit_ms| {
            let scene = scene(costs, commit_ms);
            let told = run(&Scene {
                callers: Callers::Busy(callers),
                company: Company::usual(count(callers)),
                writers,
                ..scene
            });
            format!("{} / {}", number(told.rate()), ms(told.times.within([0.99])[0]))
        });
        let [one, five, twenty] = told;
        [format!("{callers} callers, {writers} {}", connections(writers)), one, five, twenty]
    });
    table(["charges a second / p99 in ms", "commit in 1 ms", "5 ms", "20 ms"], rows)
}

fn connections(writers: usize) -> &'static str {
    if writers == 1 { "connection" } else { "connections" }
}

fn picture(costs: &Costs) -> String {
    let drawn = COMMITS_MS.map(|commit_ms| Curve {
        name: format!("commit in {} ms", number(commit_ms)),
        values: CALLERS
            .map(|callers| {
                let company = Company::usual(count(callers));
                run(&Scene { callers: Callers::Busy(callers), company, ..scene(costs, commit_ms) }).rate()
            })
            .to_vec(),
        own: commit_ms < 2.0,
    });
    let places = ["1 caller", "4", "16", "64", "256"];
    curves("Charges through one connection, by callers", "a second", &places, &drawn)
}

/// The table, and the decisions a second of a node at its peak.
fn node(usage: &Usage, costs: &Costs) -> (String, f64) {
    let plan = Plan::of(usage, costs);
    // A node that is used up to what is wanted, however many nodes that makes.
    let rate = plan.writes / plan.cores * usage.node_cores;
    let rows = WRITERS.map(|writers| {
        let told = COMMITS_MS.map(|commit_ms| {
            let each_s = (costs.charge_us.value + costs.settle_us.value) / 2e6;
            // Whoever is being hashed, and waits for either of two commits.
            let seconds = costs.verify_ms.value / 1e3 + 3.0 * commit_ms / 1e3;
            let company = Company::usual(plan.peak / plan.cores * usage.node_cores * seconds);
            let callers = Callers::Independent(rate);
            let scene = Scene { callers, writers, each_s, company, ..scene(costs, commit_ms) };
            let told = run(&scene);
            format!("{} ms, {} together", ms(told.times.within([0.99])[0]), number(told.together()))
        });
        let [one, five, twenty] = told;
        [format!("{writers} {}", connections(writers)), one, five, twenty]
    });
    (table(["", "commit in 1 ms", "5 ms", "20 ms"], rows), rate)
}
