//! What it costs when more come than can be served.

use countersign_bench::plot::{Line, lines};

use super::waiting::{capacity, node};
use super::{Picture, table};
use crate::costs::Costs;
use crate::due::count;
use crate::hashing::{Scene, Second, Told, run};
use crate::plan::Plan;
use crate::told::{ms, number, percent};
use crate::usage::Usage;

/// Seconds in which it is as it stays.
const STEADY: core::ops::Range<usize> = 3..15;

/// More and more at one node.
pub(super) fn section(usage: &Usage, costs: &Costs) -> (String, Vec<Picture>) {
    const SECONDS: f64 = 15.0;
    let scene = node(usage, costs);
    let capacity = capacity(&scene);
    let times = [0.7, 1.0, 1.5, 2.0, 5.0, 10.0];
    let told = times
        .map(|times| run(&Scene { rates: vec![(0.0, times * capacity), (SECONDS, 0.0)], ..scene.clone() }));
    let goodput = told.each_ref().map(|told| steady(told, |second| second.served) / capacity);
    let rows = (0..times.len()).map(|place| {
        let (told, goodput) = (&told[place], goodput[place]);
        let [p50, p99] = told.times.within([0.5, 0.99]).map(ms);
        [
            format!("{} ×", number(times[place])),
            number(times[place] * capacity),
            number(goodput * capacity),
            percent(goodput),
            number(steady(told, |second| second.refused)),
            p50,
            p99,
            percent(count(told.served()) / count(told.came)),
        ]
    });
    let head = [
        "asked, of what it can",
        "a second",
        "served/s",
        "of the most",
        "refused/s",
        "p50, ms",
        "p99, ms",
        "chance to be served",
    ];
    let table = table(head, rows);
    let served = Line {
        name: "served".to_owned(),
        points: core::iter::once((0.0, 0.0))
            .chain(times.into_iter().zip(goodput.map(|share| share * 100.0)))
            .collect(),
        own: true,
    };
    let picture = lines(
        "What a node serves when too many come",
        "% of the most it can",
        "times what it can",
        &[served],
    );
    let attacker = Usage { wrong: 1.0, other_writes: 0.0, ..*usage };
    let of_store = |usage: &Usage| {
        let plan = Plan::of(usage, costs);
        plan.store_cores / plan.peak * 1e6
    };
    let most_guesses = capacity * goodput[times.len() - 1];
    let text = format!(
        "## What an attack costs\n\n\
         A node of {} cores ({} verifies a second at most), and everybody alike, from one tenant:\n\n{table}\n\
         ![What a node serves when too many come](capacity/flood.svg)\n\n\
         At ten times too much a node still serves {} of what it can, within the target, and refuses the rest, at {} ms of a core \
         each. It charges only those it serves, so the database never sees more than the nodes can hash: at most {} guesses a \
         second from this node, each {} µs of the primary where a usual verify is {} µs.\n\n\
         **But who is served is chance.** Within one tenant nobody knows an attacker's request from a payer's: at ten times, one in {} \
         is served. Tenants are served in turns, so another tenant notices little. No number of nodes outbuys a flood, since each \
         doubles what it costs you and not what it costs them: stop it by address and by session in front of Countersign. \
         Nobody's secret is nearer to being guessed by it, whatever its size: budgets belong to accounts.\n",
        number(usage.node_cores),
        number(capacity),
        percent(goodput[times.len() - 1]),
        number(costs.refusal_ms.value),
        number(most_guesses),
        number(of_store(&attacker)),
        number(of_store(usage)),
        number(count(told[5].came) / count(told[5].served())),
    );
    (text, vec![("flood.svg", picture)])
}

/// What was counted in each of the steady seconds, in the mean.
pub(super) fn steady(told: &Told, of: impl Fn(&Second) -> usize) -> f64 {
    let seconds = &told.seconds[STEADY];
    count(seconds.iter().map(of).sum()) / count(seconds.len())
}
