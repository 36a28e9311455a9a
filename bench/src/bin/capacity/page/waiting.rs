//! Waiting for a hash core: what a verify takes at each use of the cores, and over a day.

use countersign_bench::plot::{Curve, Line, curves, lines};

use super::held::held;
use super::{Picture, table};
use crate::costs::Costs;
use crate::due::count;
use crate::hashing::{Again, Scene, Service, run};
use crate::theory::mdc_wait;
use crate::told::{ms, number, percent};
use crate::usage::Usage;

const LOADS: [f64; 6] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
const CORES: [(usize, u32); 4] = [(2, 2), (4, 4), (16, 16), (64, 64)];
/// Of a day's verifies, for each hour from midnight, in hundredths: a guess, with the busiest hour at 10 %.
const DAY: [f64; 24] = [
    1.3, 0.8, 0.5, 0.4, 0.4, 0.6, 1.2, 2.3, 3.6, 4.6, 5.2, 6.1, 6.8, 5.9, 5.2, 5.1, 5.3, 5.7, 6.6, 8.4, 10.0,
    7.8, 4.2, 2.0,
];
/// The target of the server's admission, its default.
pub(super) const TARGET_S: f64 = 1.0;

/// A node of the assumed size that nobody comes to.
pub(super) fn node(usage: &Usage, costs: &Costs) -> Scene {
    Scene {
        seed: 2026,
        nodes: 1,
        cores: crate::due::whole(usage.node_cores),
        hash_s: costs.verify_ms.value / 1e3,
        service: Service::Even,
        target_s: Some(TARGET_S),
        refusal_s: costs.refusal_ms.value / 1e3,
        rates: Vec::new(),
        outages: Vec::new(),
        gap: None,
        again: Again::NEVER,
    }
}

/// What a node can serve at most.
pub(super) fn capacity(scene: &Scene) -> f64 {
    count(scene.cores) / scene.hash_s
}

pub(super) fn section(usage: &Usage, costs: &Costs) -> (String, Vec<Picture>) {
    let (by_load, load_picture) = loads(usage, costs);
    let (day, day_picture) = day(usage, costs);
    let text = format!(
        "## Waiting for a core\n\n\
         Formulas know how many cores are enough; how long somebody waits only a simulation does: who comes is independent of \
         who else comes, each verify takes {} ms of a core, cores take turns by arrival, and admission plans for three quarters of \
         {} s. What has theory (one core, several, exponential times, use) it agrees with within a few hundredths, which is \
         tested. A verify takes its two commits besides.\n\n\
         p99 of the time to an answer, in milliseconds:\n\n{by_load}\n\
         ![p99 by use](capacity/use.svg)\n\n\
         The more cores a node has, the later it matters: few nodes with many cores wait less than many with few. At {} use \
         nobody notices; beyond 90 % a burst is a queue.\n\n{}\n{day}",
        number(costs.verify_ms.value),
        number(TARGET_S),
        percent(usage.utilisation),
        held(costs),
    );
    (text, vec![load_picture, day_picture])
}

fn loads(usage: &Usage, costs: &Costs) -> (String, Picture) {
    let mut drawn = Vec::new();
    let rows = CORES.map(|(cores, servers)| {
        let told = LOADS.map(|load| {
            let scene = Scene { cores, ..node(usage, costs) };
            let rate = load * capacity(&scene);
            run(&Scene { rates: vec![(0.0, rate), (60_000.0 / rate, 0.0)], ..scene })
        });
        let p99 = told.each_ref().map(|told| told.times.within([0.99])[0]);
        drawn.push(Curve {
            name: format!("{cores} cores"),
            values: p99.map(|p99| p99 * 1e3).to_vec(),
            own: count(cores).total_cmp(&usage.node_cores).is_eq(),
        });
        let hash_s = costs.verify_ms.value / 1e3;
        let known = mdc_wait(servers, 0.9 * f64::from(servers) / hash_s, hash_s);
        let wait = told[4].times.mean() - hash_s;
        let waits = format!("{} / {}", ms(wait), ms(known));
        core::iter::once(format!("{cores} cores")).chain(p99.map(ms)).chain([waits])
    });
    let head = [
        "use of the cores",
        "50 %",
        "60 %",
        "70 %",
        "80 %",
        "90 %",
        "95 %",
        "mean wait at 90 %: simulated / theory",
    ];
    let places = ["50 %", "60 %", "70 %", "80 %", "90 %", "95 %"];
    (table(head, rows), ("use.svg", curves("p99 of a verify by use of the cores", "ms", &places, &drawn)))
}

/// What one hour comes to.
struct Hour {
    used: f64,
    p99: f64,
    refused: usize,
}

/// One node that is as large as its busiest seconds need, hour by hour. Forty seconds stand for each hour, and five of
/// them are a burst.
fn day(usage: &Usage, costs: &Costs) -> (String, Picture) {
    let scene = node(usage, costs);
    let peak = usage.utilisation * capacity(&scene);
    let hours = DAY.map(|share| {
        let mean = peak / usage.burst * share / 10.0;
        // The burst is part of the hour's mean, so what is left is a little less.
        let calm = mean * (40.0 - 5.0 * usage.burst).max(0.0) / 35.0;
        let told = run(&Scene {
            rates: vec![(0.0, calm), (35.0, mean * usage.burst), (40.0, 0.0)],
            ..scene.clone()
        });
        Hour {
            used: told.worked_s / 40.0 / count(scene.cores),
            p99: told.times.within([0.99])[0],
            refused: told.refused,
        }
    });
    let points = |value: fn(&Hour) -> f64| {
        (0..=24).map(count).zip(hours.iter().chain(hours.first()).map(value)).collect()
    };
    let picture = lines(
        "A node over a day",
        "p99 in ms; use of its cores in %",
        "hour of the day",
        &[
            Line { name: "p99".to_owned(), points: points(|hour| hour.p99 * 1e3), own: true },
            Line { name: "use".to_owned(), points: points(|hour| hour.used * 100.0), own: false },
        ],
    );
    let used = hours.iter().map(|hour| hour.used).sum::<f64>() / 24.0;
    let worst = hours.iter().map(|hour| hour.p99).fold(0.0, f64::max);
    let refused: usize = hours.iter().map(|hour| hour.refused).sum();
    let text = format!(
        "### Over a day\n\n\
         A node that is at {} in the busiest seconds is at {} over the whole day. Nobody is refused ({refused}), and in the worst hour \
         p99 is {} ms. Most of what is bought for the evening sleeps at night: where nodes can be added by the hour, {} of them can be \
         off in the mean. They keep nothing, so they can go at any time.\n\n\
         ![A node over a day](capacity/day.svg)\n",
        percent(usage.utilisation),
        percent(used),
        ms(worst),
        percent(1.0 - used / usage.utilisation),
    );
    (text, ("day.svg", picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_has_all_of_its_verifies_and_its_busiest_hour() {
        assert!((DAY.iter().sum::<f64>() - 100.0).abs() < 1e-9, "{}", DAY.iter().sum::<f64>());
        let busiest = DAY.into_iter().fold(0.0, f64::max);
        assert!((busiest / 100.0 - Usage::ASSUMED.busiest_hour).abs() < 1e-9);
    }
}
