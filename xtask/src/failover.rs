//! Failovers of the database under the real servers, on the cluster of `examples/cluster`.

use crate::Done;
use crate::step::run_with;

/// Kills or cuts off the leading database so many times (10 unless told otherwise) under load, and writes
/// `docs/failover.md`; or starts the cluster, tries it and removes it (`smoke`).
///
/// # Errors
/// The cluster did not start, something that was acknowledged was lost, a guess was gained, or service came back too late;
/// the output says which.
pub(crate) fn run(words: &[String]) -> Done {
    match words {
        [] => campaign("10"),
        [word] if word == "smoke" => smoke(),
        [rounds] if rounds.parse::<u32>().is_ok_and(|rounds| rounds > 0) => campaign(rounds),
        _ => Err("failover takes a number of rounds, or smoke".to_owned()),
    }
}

/// With the server as it is shipped: what takes long here is what takes long there.
fn campaign(rounds: &str) -> Done {
    let arguments = [
        "test",
        "--release",
        "--package",
        "countersign",
        "--test",
        "failover",
        "--",
        "--ignored",
        "--nocapture",
    ];
    run_with("cargo", &arguments, &[("COUNTERSIGN_FAILOVER_ROUNDS", rounds)])
}

fn smoke() -> Done {
    // Beside one that somebody tries out.
    let place = [
        ("CLUSTER_NAME", "cssmoke"),
        ("CLUSTER_NET", "10.79.0"),
        ("CLUSTER_DIR", "/var/tmp/cssmoke-cluster"),
    ];
    let cluster = |word| run_with("examples/cluster/cluster", &[word], &place);
    let tried = cluster("up").and_then(|()| cluster("demo")).and_then(|()| cluster("status"));
    // Also after a failure: nothing is left running.
    tried.and(cluster("down"))
}
