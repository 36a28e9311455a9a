//! What is told of the plan: in the log at the start, and by `countersign config check`.

use super::limit::Limit;
use super::{DEAREST_KIB, PROGRAM_KIB, Plan};

/// The process may not have as much memory as hashing needs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "hashing needs {needed} KiB ({workers} threads with {arena} KiB each, {PROGRAM_KIB} KiB for the program itself{}), \
     and {} allows {} KiB: give the process more memory, lower hash.workers{}, or set a hash.preset that needs less, \
     such as owasp-7m",
    beside(*set), limit.from, limit.kib, or_allowance(*set)
)]
pub struct TooLittleMemory {
    pub(super) needed: u64,
    pub(super) workers: u64,
    pub(super) arena: u64,
    pub(super) set: Option<u64>,
    pub(super) limit: Limit,
}

fn beside(set: Option<u64>) -> String {
    set.filter(|&kib| kib > 0).map_or_else(String::new, |kib| format!(", and hash.allowance_kib = {kib}"))
}

fn or_allowance(set: Option<u64>) -> &'static str {
    if set.is_some_and(|kib| kib > 0) { " or hash.allowance_kib" } else { "" }
}

impl Plan {
    /// Says in the log how memory is shared out, and what is to be feared.
    pub(crate) fn tell(&self) {
        let Self { arenas, allowance, caches, limit, .. } = self;
        let (limit_kib, from) = limit.as_ref().map_or((0, ""), |limit| (limit.kib, limit.from.as_str()));
        let (ceiling_kib, writer_cache_kib) = (self.ceiling.memory_kib(), caches.writer_kib);
        tracing::info!(
            arenas_kib = arenas,
            allowance_kib = allowance,
            ceiling_kib,
            writer_cache_kib,
            limit_kib,
            limit = from,
            "memory for hashes"
        );
        for warning in self.warnings() {
            tracing::warn!("{warning}");
        }
    }

    /// What is allowed and yet to be feared, each in a sentence.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let Self { arenas, allowance, cached, bodies, connections, .. } = self;
        let lent = self.lent();
        let mut all = Vec::new();
        if lent > *allowance {
            all.push(format!(
                "{allowance} KiB are lent to verifiers that need more than an arena, and those of preset rfc9106-64m \
                 need {DEAREST_KIB} KiB: they are compared all the same, one at a time, so that {lent} KiB are lent \
                 then. Set hash.allowance_kib to {DEAREST_KIB} or more, or give the process more memory"
            ));
        }
        if let Some(Limit { kib, from }) = self.limit.as_ref().filter(|limit| self.most() > limit.kib) {
            all.push(format!(
                "the process may come to need {} KiB (arenas {arenas}, costlier verifiers {lent}, caches of the \
                 database {cached}, request bodies {bodies}, heads of requests {connections}, the program itself \
                 {PROGRAM_KIB}), and {from} allows {kib} KiB: whoever takes more is killed. Give it more memory, or \
                 lower hash.workers, hash.allowance_kib, server.body_budget_bytes or server.max_connections",
                self.most()
            ));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use countersign_crypto::engine::Params;
    use countersign_store::sqlite::Caches;

    use super::*;

    fn limit(kib: u64) -> Limit {
        Limit { kib, from: "the control group (/sys/fs/cgroup/memory.max)".to_owned() }
    }

    fn plan(allowance: u64, limit_kib: u64) -> Plan {
        Plan {
            ceiling: Params::RFC9106_64M,
            caches: Caches::default(),
            allowance,
            arenas: 38_912,
            arena: 19_456,
            cached: 1000,
            bodies: 200,
            connections: 30,
            limit: Some(limit(limit_kib)),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_to_do() {
        let error =
            |set| TooLittleMemory { needed: 63_488, workers: 2, arena: 19_456, set, limit: limit(63_487) };
        for set in [None, Some(0)] {
            let words = error(set).to_string();
            let parts = ["63488 KiB", "2 threads", "19456 KiB", "24576 KiB for the program", "63487 KiB"];
            for part in parts.into_iter().chain(["memory.max", "hash.workers", "owasp-7m"]) {
                assert!(words.contains(part), "{words}");
            }
            assert!(!words.contains("allowance"), "{words}");
        }
        let words = error(Some(9)).to_string();
        assert!(
            words.contains("hash.allowance_kib = 9") && words.contains("or hash.allowance_kib"),
            "{words}"
        );
    }

    #[test]
    fn what_is_to_be_feared_is_told_with_numbers() {
        let most = 38_912 + 65_536 + 1000 + 200 + 30 + 24_576;
        assert_eq!(plan(65_536, most).warnings(), [""; 0]);
        let [alone] = &plan(46_080, most).warnings()[..] else { panic!("one warning") };
        for part in ["46080 KiB", "65536 KiB", "one at a time", "hash.allowance_kib to 65536"] {
            assert!(alone.contains(part), "{alone}");
        }
        let [killed] = &plan(65_536, most - 1).warnings()[..] else { panic!("one warning") };
        for part in
            [&format!("{most} KiB"), &format!("{} KiB", most - 1), "38912", "1000", "killed", "workers"]
        {
            assert!(killed.contains(part), "{killed}");
        }
    }
}
