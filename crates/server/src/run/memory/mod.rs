//! How the memory that the system lets the process have is shared out: the arenas, what is lent to costlier hashes, the
//! caches of the database, and all the rest. A process that takes more is killed without a word, in the middle of
//! whatever it was doing.

mod limit;
mod words;

use std::thread::available_parallelism;

use countersign_crypto::engine::{Memory, Params, PoolConfig};
use countersign_store::sqlite::{Caches, Options};

use crate::config::Config;
use limit::Limit;
pub use words::TooLittleMemory;

/// The program itself with its threads, in kibibytes: an idle server was measured at 8,640 beside its arenas, and what it
/// allocates for requests comes and goes.
const PROGRAM_KIB: u64 = 24 * 1024;

/// What the dearest named preset needs. Verifiers of every named preset are compared whatever the memory is.
const DEAREST_KIB: u64 = Params::RFC9106_64M.memory_kib() as u64;

/// The least and the most for pages of the database that one connection keeps, in kibibytes.
const WRITER_KIB: (u64, u64) = (4 * 1024, 128 * 1024);
const READER_KIB: (u64, u64) = (1024, 8 * 1024);

/// How the process's memory is shared out, in kibibytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// The costliest verifier that is compared.
    pub(crate) ceiling: Params,
    /// The most for pages of the database.
    pub(crate) caches: Caches,
    /// Shared by all hashes that do not fit an arena.
    allowance: u64,
    arenas: u64,
    arena: u64,
    /// All connections to the database together.
    cached: u64,
    bodies: u64,
    connections: u64,
    limit: Option<Limit>,
}

/// How memory is shared out with these settings, on this machine.
///
/// # Errors
/// [`TooLittleMemory`]: the arenas, the program itself and what is set do not fit what the process may have.
pub(crate) fn plan(config: &Config, pool: &PoolConfig) -> Result<Plan, TooLittleMemory> {
    planned(&Wishes::of(config, pool), limit::of_process())
}

/// The least limit of memory that holds for this process, in kibibytes; `None` where no system tells.
pub(crate) fn limit_kib() -> Option<u64> {
    limit::of_process().map(|limit| limit.kib)
}

impl Plan {
    /// The memory that costlier hashes share.
    pub(crate) fn memory(&self) -> Memory {
        Memory::new(self.allowance)
    }

    /// The most that is lent at any time.
    fn lent(&self) -> u64 {
        let largest = u64::from(self.ceiling.memory_kib());
        if largest > self.arena { self.allowance.max(largest) } else { self.allowance }
    }

    /// The most that the process may come to need.
    fn most(&self) -> u64 {
        self.arenas + self.lent() + self.cached + self.bodies + self.connections + PROGRAM_KIB
    }
}

/// What the settings ask for, in kibibytes.
#[derive(Clone, Copy)]
struct Wishes {
    workers: u64,
    arena: u64,
    allowance: Option<u64>,
    bodies: u64,
    connections: u64,
    /// Connections that read the database.
    readers: u64,
}

impl Wishes {
    fn of(config: &Config, pool: &PoolConfig) -> Self {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let server = &config.server;
        // As many as the store has threads that read, and those of short reads.
        let short = available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
        Self {
            workers: number(pool.workers.get()),
            arena: u64::from(pool.params.memory_kib()),
            allowance: config.hash.allowance_kib,
            bodies: number(server.body_budget_bytes) / 1024,
            connections: number(server.max_connections).saturating_mul(number(server.max_header_bytes))
                / 1024,
            readers: number(Options::default().readers.get() + short),
        }
    }
}

/// Of what arenas and program leave, a quarter at most is for the writer's cache and a quarter for those that read.
/// Unless it is set, costlier hashes are lent what everything else leaves, a quarter at least, and never more than all
/// threads together could borrow.
fn planned(wishes: &Wishes, limit: Option<Limit>) -> Result<Plan, TooLittleMemory> {
    let Wishes { workers, arena, bodies, connections, readers, .. } = *wishes;
    let ceiling = u64::from(Params::CEILING.memory_kib());
    let arenas = workers.saturating_mul(arena);
    let set = wishes.allowance;
    let plan = |allowance: u64, writer: u64, reader: u64, limit| Plan {
        ceiling: below(allowance.max(DEAREST_KIB).max(arena)),
        caches: Caches { writer_kib: small(writer), reader_kib: small(reader) },
        allowance,
        arenas,
        arena,
        cached: writer + reader * readers,
        bodies,
        connections,
        limit,
    };
    // Where no system tells: enough for the costliest verifier, one at a time.
    let Some(limit) = limit else {
        return Ok(plan(set.unwrap_or(ceiling), WRITER_KIB.1, READER_KIB.1, None));
    };
    let needed = arenas.saturating_add(PROGRAM_KIB).saturating_add(set.unwrap_or(0));
    let Some(rest) = limit.kib.checked_sub(needed) else {
        return Err(TooLittleMemory { needed, workers, arena, set, limit });
    };
    let writer = (rest / 4).clamp(WRITER_KIB.0, WRITER_KIB.1);
    let reader = (rest / 4 / readers.max(1)).clamp(READER_KIB.0, READER_KIB.1);
    let beside = writer + reader * readers + bodies + connections;
    let most = ceiling.saturating_mul(workers);
    let allowance = set.unwrap_or(rest.saturating_sub(beside).max(rest / 4).min(most));
    Ok(plan(allowance, writer, reader, Some(limit)))
}

/// The ceiling with no more memory than this.
fn below(kib: u64) -> Params {
    let ceiling = Params::CEILING;
    let kib = small(kib).min(ceiling.memory_kib());
    Params::new(kib, ceiling.passes(), ceiling.lanes()).unwrap_or(ceiling)
}

fn small(kib: u64) -> u32 {
    u32::try_from(kib).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024;

    /// Two threads of the default preset; everything else as it is without settings, on two cores.
    const USUAL: Wishes = Wishes {
        workers: 2,
        arena: 19_456,
        allowance: None,
        bodies: 128 * MIB,
        connections: 10_000 * 16,
        readers: 5,
    };

    fn of(wishes: Wishes, kib: u64) -> Result<Plan, TooLittleMemory> {
        planned(&wishes, Some(Limit { kib, from: "the control group".to_owned() }))
    }

    fn numbers(wishes: Wishes, kib: u64) -> Option<(u64, u32, u32, u32)> {
        let Plan { allowance, ceiling, caches, .. } = of(wishes, kib).ok()?;
        Some((allowance, ceiling.memory_kib(), caches.writer_kib, caches.reader_kib))
    }

    #[test]
    fn what_is_lent_and_cached_follows_what_the_arenas_leave() {
        let rest = |kib: u64| 38_912 + PROGRAM_KIB + kib;
        assert_eq!(numbers(USUAL, rest(0)), Some((0, 65_536, 4096, 1024)), "exactly arenas and program");
        assert_eq!(numbers(USUAL, rest(100_000)), Some((25_000, 65_536, 25_000, 5000)));
        assert_eq!(numbers(USUAL, rest(400_000)), Some((100_000, 100_000, 100_000, 8192)));
        assert_eq!(
            numbers(USUAL, 24_000_000),
            Some((2 * 262_144, 262_144, 131_072, 8192)),
            "as two can borrow"
        );
        let set = |kib| Wishes { allowance: Some(kib), ..USUAL };
        assert_eq!(numbers(set(0), 24_000_000), Some((0, 65_536, 131_072, 8192)));
        assert_eq!(numbers(set(90_000), rest(100_000)), Some((90_000, 90_000, 4096, 1024)));
        assert_eq!(numbers(set(100_001), rest(100_000)), None);
        assert_eq!(numbers(USUAL, rest(0) - 1), None);
        let dear = Wishes { arena: 131_072, ..USUAL };
        assert_eq!(
            numbers(dear, 400_000).map(|(_, ceiling, ..)| ceiling),
            Some(131_072),
            "what is made is verified"
        );
    }

    #[test]
    fn where_no_system_tells_one_of_the_costliest_is_lent() {
        let plan = |allowance| planned(&Wishes { allowance, ..USUAL }, None).expect("no limit");
        assert_eq!((plan(None).allowance, plan(None).ceiling), (262_144, Params::CEILING));
        assert_eq!((plan(Some(7)).allowance, plan(Some(7)).ceiling.memory_kib()), (7, 65_536));
        assert_eq!(plan(None).caches, Caches::default());
    }

    #[test]
    fn the_most_counts_everything() {
        let plan = of(Wishes { allowance: Some(46_080), ..USUAL }, 262_144).expect("fits");
        assert_eq!(plan.lent(), 65_536, "one of the dearest preset, whatever is set");
        assert_eq!(plan.cached, u64::from(plan.caches.writer_kib) + 5 * u64::from(plan.caches.reader_kib));
        let all = 38_912 + 65_536 + plan.cached + 131_072 + 160_000 + 24_576;
        assert_eq!(plan.most(), all);
        let dear = of(Wishes { arena: 65_536, allowance: Some(0), ..USUAL }, 24_000_000).expect("fits");
        assert_eq!(dear.lent(), 0, "every verifier fits an arena");
    }
}
