//! What was measured, for people and for programs.

use core::fmt::Write;

use serde_json::{Value, json};

use super::choice::{Choice, at_once};
use super::turns::Measured;
use crate::cli::output::columns;
use crate::config::CostPreset;

/// Less of the cores than this share makes figures of a machine that is busy with something else.
const QUIET: f64 = 0.9;

/// Everything that is told.
pub(super) struct Page<'a> {
    pub(super) cores: usize,
    /// For each case.
    pub(super) seconds: f64,
    pub(super) target_ms: u32,
    pub(super) measured: &'a [Measured],
    pub(super) choice: Choice,
}

impl Page<'_> {
    /// For people.
    pub(super) fn table(&self) -> String {
        let (cores, seconds) = (self.cores, self.seconds);
        let mut text = format!("Argon2id on this machine: {cores} cores, {seconds:.1} s for each line\n\n");
        let head = [
            "preset",
            "KiB",
            "passes",
            "lanes",
            "threads",
            "hashes/s",
            "least",
            "most",
            "ms",
            "arenas",
            "huge pages",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.measured.iter().map(row));
        text += &columns(&rows, &[0]);
        text += "\nhashes/s: of all threads together, the median turn, beside the slowest and the fastest. ms: one hash.\n";
        if let Some(had) = self.busy() {
            let _ = write!(text, "\nwarning: something else keeps this machine busy: {had}\n");
        }
        let weak = self.measured.iter().any(|measured| measured.case.is_weak());
        if weak {
            text +=
                "\nwarning: custom is below the OWASP minimum and is not recommended whatever it gives.\n";
        }
        text.push('\n');
        text += &self.advice();
        text
    }

    /// For programs. Members are added, never renamed or taken away.
    pub(super) fn json(&self) -> Value {
        let recommended = |index: usize| {
            let measured = &self.measured[index];
            let params = measured.case.params;
            json!({
                "preset": measured.case.name.as_str(),
                "memory_kib": params.memory_kib(),
                "passes": params.passes(),
                "lanes": params.lanes(),
                "hash_ms": measured.hash_ms(),
                "verifies_per_s": measured.rate(),
                "at_once": at_once(measured, f64::from(self.target_ms)),
                "admission_target_ms": self.admission_target_ms(measured),
                "within_target": matches!(self.choice, Choice::Within(_)),
            })
        };
        json!({
            "cores": self.cores,
            "seconds": self.seconds,
            "target_ms": self.target_ms,
            "busy": self.busy().is_some(),
            "measured": self.measured.iter().map(one).collect::<Vec<_>>(),
            "recommended": self.chosen().map(recommended),
        })
    }

    fn chosen(&self) -> Option<usize> {
        match self.choice {
            Choice::Within(index) | Choice::Beyond(index) => Some(index),
            Choice::None => None,
        }
    }

    fn advice(&self) -> String {
        let target_ms = self.target_ms;
        let Some(measured) = self.chosen().map(|index| &self.measured[index]) else {
            return format!("Nothing that may be recommended was measured for a target of {target_ms} ms.\n");
        };
        let (preset, ms, rate) = (measured.case.name.as_str(), measured.hash_ms(), measured.rate());
        let threads = measured.case.threads;
        let mut text = match self.choice {
            Choice::Within(_) => format!("For a target of {target_ms} ms: hash.preset = \"{preset}\""),
            Choice::Beyond(_) | Choice::None => format!(
                "No cost keeps a target of {target_ms} ms on this machine. The fastest that OWASP still lists: \
                 hash.preset = \"{preset}\""
            ),
        };
        if preset == CostPreset::Custom.as_str() {
            let params = measured.case.params;
            let (memory, passes, lanes) = (params.memory_kib(), params.passes(), params.lanes());
            let _ =
                write!(text, ", hash.memory_kib = {memory}, hash.passes = {passes}, hash.lanes = {lanes}");
        }
        let _ = write!(
            text,
            "\nOne verify takes {ms:.1} ms while every core computes one; {rate:.1} verifies/s on {threads} threads.\n"
        );
        if let Choice::Within(_) = self.choice {
            let at_once = at_once(measured, f64::from(target_ms));
            let _ = writeln!(
                text,
                "Of those that come at the same moment, {at_once:.0} are answered within the target."
            );
        }
        let admission = self.admission_target_ms(measured);
        let _ = writeln!(
            text,
            "admission.target_ms = {admission} lets in who is answered that soon: three quarters of it are planned for."
        );
        text
    }

    /// The setting under which whoever is let in is planned to be answered within the target; where no cost keeps it,
    /// under which somebody may wait for another's hash.
    fn admission_target_ms(&self, measured: &Measured) -> u32 {
        let planned_ms = match self.choice {
            Choice::Within(_) => f64::from(self.target_ms),
            Choice::Beyond(_) | Choice::None => 2.0 * measured.hash_ms(),
        };
        let milliseconds = (planned_ms * 4.0 / 3.0).ceil().clamp(10.0, 60_000.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 10 and 60,000")]
        let whole = milliseconds as u32;
        whole
    }

    /// What says that others used the cores meanwhile.
    fn busy(&self) -> Option<String> {
        let shares = self.measured.iter().filter_map(|measured| {
            let threads = f64::from(u32::try_from(measured.case.threads).unwrap_or(u32::MAX));
            Some((measured, measured.cores()? / threads))
        });
        let (least, share) = shares.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (share < QUIET)
            .then(|| format!("{} had {:.0} % of its cores. Take ratios only.", least.case, share * 100.0))
    }
}

fn row(measured: &Measured) -> Vec<String> {
    let (case, params) = (&measured.case, &measured.case.params);
    let (least, most) = measured.rates();
    vec![
        case.name.as_str().to_owned(),
        params.memory_kib().to_string(),
        params.passes().to_string(),
        params.lanes().to_string(),
        case.threads.to_string(),
        format!("{:.1}", measured.rate()),
        format!("{least:.1}"),
        format!("{most:.1}"),
        format!("{:.2}", measured.hash_ms()),
        format!("{} MiB", case.arenas_kib() / 1024),
        huge_share(measured).map_or("unknown".to_owned(), |share| format!("{:.0} %", share * 100.0)),
    ]
}

fn one(measured: &Measured) -> Value {
    let (case, params) = (&measured.case, &measured.case.params);
    let (least, most) = measured.rates();
    json!({
        "preset": case.name.as_str(),
        "memory_kib": params.memory_kib(),
        "passes": params.passes(),
        "lanes": params.lanes(),
        "threads": case.threads,
        "hashes": measured.hashes(),
        "hashes_per_s": measured.rate(),
        "hashes_per_s_least": least,
        "hashes_per_s_most": most,
        "hash_ms": measured.hash_ms(),
        "cores": measured.cores(),
        "arenas_kib": case.arenas_kib(),
        "huge_pages_kib": measured.huge_pages_kib,
        "weak": case.is_weak(),
    })
}

/// How much of the arenas lies in huge pages.
fn huge_share(measured: &Measured) -> Option<f64> {
    let kib = |kib: u64| f64::from(u32::try_from(kib).unwrap_or(u32::MAX));
    Some((kib(measured.huge_pages_kib?) / kib(measured.case.arenas_kib())).min(1.0))
}

#[cfg(test)]
mod tests {
    use countersign_crypto::engine::Params;

    use super::super::turns::Name;
    use super::*;

    fn page(measured: &[Measured], target_ms: u32) -> Page<'_> {
        let choice = super::super::choice::of(measured, f64::from(target_ms));
        Page { cores: 2, seconds: 1.0, target_ms, measured, choice }
    }

    #[test]
    fn the_table_says_what_to_set_and_what_it_gives() {
        let mut owasp = Measured::of(Name::Preset(CostPreset::Owasp19m), Params::OWASP_19M, 2, 10.0);
        owasp.huge_pages_kib = Some(36_864);
        let measured = [owasp];
        let table = page(&measured, 250).table();
        for part in [
            "owasp-19m  19456       2      1        2     200.0",
            "38 MiB",
            "95 %",
            "200.0 verifies/s",
            "50 are",
            "admission.target_ms = 334",
        ] {
            assert!(table.contains(part), "{part}\n{table}");
        }
        assert!(table.contains("For a target of 250 ms: hash.preset = \"owasp-19m\"\n"), "{table}");
        let slow = page(&measured, 9).table();
        assert!(slow.contains("No cost keeps a target of 9 ms") && !slow.contains("are answered"), "{slow}");
        assert!(slow.contains("admission.target_ms = 27"), "{slow}");
    }

    #[test]
    fn a_custom_cost_is_told_with_its_numbers_and_a_weak_one_never_recommended() {
        let dear = Params::new(131_072, 3, 4).expect("parameters");
        let measured = [Measured::of(Name::Custom, dear, 2, 200.0)];
        let table = page(&measured, 250).table();
        assert!(table.contains("hash.memory_kib = 131072, hash.passes = 3, hash.lanes = 4"), "{table}");
        let measured = [Measured::of(Name::Custom, Params::CHEAP, 2, 0.1)];
        let table = page(&measured, 250).table();
        assert!(table.contains("below the OWASP minimum") && !table.contains("hash.preset ="), "{table}");
        assert_eq!(page(&measured, 250).json()["recommended"], Value::Null);
    }

    #[test]
    fn json_holds_the_same() {
        let measured = [Measured::of(Name::Preset(CostPreset::Owasp7m), Params::OWASP_7M, 2, 8.0)];
        let json = page(&measured, 100).json();
        assert_eq!(json["recommended"]["preset"], "owasp-7m");
        assert_eq!(json["recommended"]["within_target"], true);
        assert_eq!(json["recommended"]["at_once"], 24.0);
        assert_eq!(json["recommended"]["admission_target_ms"], 134);
        assert_eq!(json["measured"][0]["hashes_per_s"], 250.0);
        assert_eq!(json["measured"][0]["arenas_kib"], 14_336);
        assert_eq!(json["measured"][0]["huge_pages_kib"], Value::Null);
    }
}
