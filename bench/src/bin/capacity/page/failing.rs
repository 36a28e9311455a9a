//! What is lost when a node or the primary is.

use countersign_bench::plot::{Line, lines};

use super::waiting::{capacity, node};
use super::{Picture, table};
use crate::costs::Costs;
use crate::due::count;
use crate::hashing::{Again, Outage, Scene, Second, Told, run};
use crate::plan::longest_gap;
use crate::told::{ms, number, percent, whole};
use crate::usage::Usage;

/// When something is lost, in seconds of the simulation, and how long a balancer still believes in a lost node.
const LOST_AT: f64 = 10.0;
const NOTICED_S: f64 = 2.0;

pub(super) fn section(usage: &Usage, costs: &Costs) -> (String, Vec<Picture>) {
    let (gap, picture) = gap(usage, costs);
    (spare(usage, costs) + "\n" + &gap, vec![picture])
}

/// One node more than are needed, or not.
fn spare(usage: &Usage, costs: &Costs) -> String {
    const END: f64 = 30.0;
    let rows = [(1_u32, 1_u32), (2, 1), (3, 0), (3, 1), (7, 1)].map(|(needed, spared)| {
        let nodes = f64::from(needed + spared);
        let scene = Scene { nodes: crate::due::whole(nodes), ..node(usage, costs) };
        let rate = usage.utilisation * f64::from(needed) * capacity(&scene);
        let calm = run(&Scene { rates: vec![(0.0, rate), (END, 0.0)], ..scene.clone() });
        let outage = Outage { node: 0, from: LOST_AT, noticed: LOST_AT + NOTICED_S, until: 1e6 };
        let told = run(&Scene { rates: vec![(0.0, rate), (END, 0.0)], outages: vec![outage], ..scene });
        let uses = |nodes: f64| rate / nodes / (usage.node_cores / costs.verify_ms.value * 1e3);
        [
            if spared == 0 { format!("{needed}, none spare") } else { format!("{needed} + {spared}") },
            percent(uses(nodes)),
            percent(uses(nodes - 1.0)),
            ms(calm.times.within([0.99])[0]),
            ms(told.times.within([0.99])[0]),
            whole(count(told.lost)),
            percent(count(told.refused) / count(told.came)),
        ]
    });
    let head = [
        "nodes of 16 cores",
        "use before",
        "use after",
        "p99 before, ms",
        "p99 with the loss, ms",
        "requests lost",
        "refused",
    ];
    format!(
        "## What n + 1 means\n\n\
         As many nodes as the busiest seconds need at {} use, and one more, so that the loss of any one leaves the others at what was \
         planned and not beyond. A node is lost in the busiest seconds; the balancer, which chooses blindly, sends to it for \
         {} s more, and what is sent there fails:\n\n{}\n\
         A lost request is not a lost guess: what was charged stays charged, and a caller with an idempotency key asks again and gets \
         the same answer. The quicker the balancer notices, the fewer are lost: check `/readyz` every second. More nodes of \
         fewer cores make each loss smaller and each wait longer.\n",
        percent(usage.utilisation),
        number(NOTICED_S),
        table(head, rows),
    )
}

/// The primary is lost, and after a gap there is another.
fn gap(usage: &Usage, costs: &Costs) -> (String, Picture) {
    const END: f64 = 110.0;
    let ways = [
        ("leave", Again::NEVER),
        ("again after 1 to 2 s", Again { times: 300, after_s: 1.0, spread_s: 1.0 }),
        ("again after 1 to 11 s", Again { times: 300, after_s: 1.0, spread_s: 10.0 }),
    ];
    let mut drawn = Vec::new();
    let (mut rows, mut backs) = (Vec::new(), Vec::new());
    let ends = LOST_AT + usage.gap_s;
    for load in [0.5, usage.utilisation, 0.9] {
        for (name, again) in ways {
            let scene = Scene { gap: Some((LOST_AT, ends)), again, ..node(usage, costs) };
            let rate = load * capacity(&scene);
            let told = run(&Scene { rates: vec![(0.0, rate), (END, 0.0)], ..scene });
            let back = back_to_usual(&told, ends).map(|seconds| format!("{} s", number(seconds)));
            let back = back.unwrap_or_else(|| format!("not in {} s", number(END - ends)));
            backs.push(back.clone());
            rows.push([
                format!("{} use, callers {name}", percent(load)),
                whole(count(told.unavailable)),
                whole(count(told.refused)),
                back,
                number(told.times_in_all.within([0.99])[0]),
                percent(count(told.left) / count(told.came)),
            ]);
            if load.total_cmp(&usage.utilisation).is_eq() {
                drawn.push(served(name, &told));
            }
        }
    }
    let head = [
        "",
        "answered 503 in the gap",
        "`overloaded` after it",
        "until nobody is refused any more",
        "p99 from first asking, s",
        "never served",
    ];
    let arrears = |load: f64| usage.gap_s * load / (1.0 - load);
    let text = format!(
        "## What a failover costs\n\n\
         While no primary can be written to, everything that needs one is answered 503: fail closed. The gap is Patroni's: its lease and \
         the election, some {} s with its defaults. Nothing is queued in Countersign; the arrears are with the callers. If all come \
         again, working them off takes `gap × use ÷ (1 − use)`: {} s at 50 %, {} s at {}, {} s at 90 %. One node of {} cores, \
         simulated:\n\n{}\n\
         ![Served, second by second](capacity/failover.svg)\n\n\
         At {} use, callers who spread their asking are through after {}; at 90 %: {}. So the room between use and 100 % is for \
         getting over a gap as much as for bursts. Nobody who is let in waits longer than the target; the others are told when to come. \
         Callers should spread their coming again: it takes them as long and makes a fraction of the refusals.\n\n\
         **A gap can be too long.** Each refusal takes {} ms of a core. Where those who come again are so many that their refusals \
         take all that the cores have beyond their use, the arrears never end: `(1 − use) ÷ use × verify_ms ÷ refusal_ms × seconds between \
         two askings` is the longest gap that ends by itself.\n\n{}\n\
         What was being compared when the primary was lost, some {} on each node, stays charged and is a miss after a minute: one \
         guess of its owner's budget each. Nothing that was answered is undone, and none is given back.\n",
        number(usage.gap_s),
        number(arrears(0.5)),
        number(arrears(usage.utilisation)),
        percent(usage.utilisation),
        number(arrears(0.9)),
        number(usage.node_cores),
        table(head, rows),
        percent(usage.utilisation),
        backs[5],
        backs[8],
        number(costs.refusal_ms.value),
        longest(usage, costs),
        number((usage.utilisation * usage.node_cores).round()),
    );
    let picture = lines("A gap of the database, and after it", "served a second", "seconds", &drawn);
    (text, ("failover.svg", picture))
}

/// The longest gaps that end, by use and by how often callers ask.
fn longest(usage: &Usage, costs: &Costs) -> String {
    let rows = [1.5, 6.0, 30.0].map(|between| {
        let [half, usual, most] = [0.5, usage.utilisation, 0.9]
            .map(|load| format!("{} s", number(longest_gap(load, between, costs))));
        [format!("every {} s", number(between)), half, usual, most]
    });
    let usual = format!("{} use", percent(usage.utilisation));
    table(["callers ask", "50 % use", usual.as_str(), "90 % use"], rows)
}

/// Seconds after the gap from which on nobody was refused for ten seconds.
fn back_to_usual(told: &Told, ends: f64) -> Option<f64> {
    let from = crate::due::whole(ends);
    let calm = |second: &Second| second.refused == 0 && second.unavailable == 0;
    let after = told.seconds.get(from..).unwrap_or_default();
    let last = after.iter().rposition(|second| !calm(second)).map_or(0, |place| place + 1);
    (last + 10 <= after.len().saturating_sub(5)).then(|| count(last))
}

fn served(name: &str, told: &Told) -> Line {
    let points = told.seconds.iter().take(81).enumerate();
    Line {
        name: name.to_owned(),
        points: points.map(|(second, told)| (count(second), count(told.served))).collect(),
        own: name == "leave",
    }
}
