//! Which cost suits a target: the dearest that the target allows, and never one below the OWASP minimum.

use super::turns::Measured;

/// What is recommended, as an index into what was measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// The dearest cost that keeps the target.
    Within(usize),
    /// None does; this is the fastest that is not weak.
    Beyond(usize),
    /// Nothing that is not weak was measured with every core busy.
    None,
}

/// The choice among the cases with the most threads, which is how a busy server computes.
///
/// The dearest is the one that costs most memory times passes, which is what whoever searches a stolen database
/// pays for each guess (its area and time); lanes only let the owner's own cores share the work.
pub(super) fn of(measured: &[Measured], target_ms: f64) -> Choice {
    let threads = measured.iter().map(|measured| measured.case.threads).max().unwrap_or(0);
    let busy = |measured: &Measured| measured.case.threads == threads && !measured.case.is_weak();
    let usable = || measured.iter().enumerate().filter(|(_, measured)| busy(measured));
    let within = usable().filter(|(_, measured)| measured.hash_ms() <= target_ms);
    if let Some((index, _)) = within.max_by_key(|(_, measured)| work(measured)) {
        return Choice::Within(index);
    }
    let fastest = usable().min_by(|(_, one), (_, other)| one.hash_ms().total_cmp(&other.hash_ms()));
    fastest.map_or(Choice::None, |(index, _)| Choice::Beyond(index))
}

/// How many verifies that come at once are answered within the target, the last after waiting for the others.
pub(super) fn at_once(measured: &Measured, target_ms: f64) -> f64 {
    let threads = u32::try_from(measured.case.threads).unwrap_or(u32::MAX);
    (target_ms / measured.hash_ms()).floor() * f64::from(threads)
}

fn work(measured: &Measured) -> u64 {
    u64::from(measured.case.params.memory_kib()) * u64::from(measured.case.params.passes())
}

#[cfg(test)]
mod tests {
    use countersign_crypto::engine::Params;

    use super::super::turns::Name;
    use super::*;
    use crate::config::CostPreset;

    const PRESETS: [(CostPreset, f64); 3] =
        [(CostPreset::Owasp19m, 10.0), (CostPreset::Owasp7m, 6.0), (CostPreset::Rfc9106, 90.0)];

    /// Each preset on one thread and on two, where it takes `slower` times as long.
    fn machine(slower: f64) -> Vec<Measured> {
        let cases = [(1, 1.0), (2, slower)].into_iter().flat_map(|(threads, times)| {
            PRESETS.map(|(preset, ms)| {
                let params = preset.params().expect("numbers");
                Measured::of(Name::Preset(preset), params, threads, ms * times)
            })
        });
        cases.collect()
    }

    #[test]
    fn the_dearest_within_the_target_with_every_core_busy() {
        assert_eq!(of(&machine(2.0), 250.0), Choice::Within(5), "rfc9106-64m");
        assert_eq!(of(&machine(2.0), 180.0), Choice::Within(5), "exactly");
        assert_eq!(
            of(&machine(2.0), 179.0),
            Choice::Within(3),
            "owasp-19m: fits on one thread alone does not count"
        );
        assert_eq!(of(&machine(2.0), 19.0), Choice::Within(4), "owasp-7m");
        assert_eq!(of(&machine(2.0), 11.0), Choice::Beyond(4), "none does");
    }

    #[test]
    fn never_a_weak_one() {
        let weak = Params::new(7168, 4, 1).expect("parameters");
        let mut measured = machine(2.0);
        measured.push(Measured::of(Name::Custom, weak, 2, 1.0));
        assert_eq!(of(&measured, 11.0), Choice::Beyond(4));
        assert_eq!(of(&[Measured::of(Name::Custom, weak, 2, 1.0)], 250.0), Choice::None);
        assert_eq!(of(&[], 250.0), Choice::None);
    }

    #[test]
    fn a_dearer_custom_cost_is_chosen_where_it_fits() {
        let dear = Params::new(131_072, 3, 4).expect("parameters");
        let mut measured = machine(1.0);
        measured.push(Measured::of(Name::Custom, dear, 2, 200.0));
        assert_eq!(of(&measured, 250.0), Choice::Within(6));
        assert_eq!(of(&measured, 199.0), Choice::Within(5));
    }

    #[test]
    fn as_many_at_once_as_end_in_time() {
        let measured = Measured::of(Name::Custom, Params::OWASP_19M, 2, 60.0);
        assert!((at_once(&measured, 250.0) - 8.0).abs() < f64::EPSILON);
        assert!(at_once(&measured, 59.0).abs() < f64::EPSILON);
    }
}
