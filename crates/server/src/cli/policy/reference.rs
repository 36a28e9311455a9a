//! The page about all presets, made from the limits themselves, so that no number in it is ever another.

use core::fmt::Write;

use countersign_domain::odds::{YEAR, chance, common_rule, most_guesses};
use countersign_domain::policy::{DevicePolicy, GuessPolicy, Preset};
use countersign_domain::time::Span;

use super::explained::{Explained, Odds, Question};
use super::table::{grouped, meaning, number, percent, whose};

const PAGE: &str = include_str!("page.template");

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let devices = DevicePolicy::default();
    let all = Preset::ALL.map(|preset| Explained::of_preset(preset, devices, &Question::default()));
    let six = |odds: &Odds| {
        let chance = odds.chances.iter().find(|(digits, _)| *digits == 6);
        chance.map_or_else(String::new, |(_, chance)| percent(*chance))
    };
    PAGE.replace("{{presets}}", &presets(&all))
        .replace("{{guesses}}", &odds(&all, |odds| grouped(odds.guesses)))
        .replace("{{chances}}", &odds(&all, six))
        .replace("{{chart}}", &chart())
        .replace("{{device_limits}}", &device_limits(devices))
}

fn presets(all: &[Explained]) -> String {
    let mut table = head(all);
    for (place, limit) in all.iter().take(1).flat_map(|first| first.limits.iter().enumerate()) {
        let numbers = all.iter().map(|explained| number(&explained.limits[place]));
        row(&mut table, &meaning(limit.name), numbers);
    }
    table.trim_end().to_owned()
}

/// A row for each owner and each rule to compare with, a column for each preset.
fn odds(all: &[Explained], cell: impl Fn(&Odds) -> String) -> String {
    let mut table = head(all);
    for (place, first) in all.iter().take(1).flat_map(|first| first.strangers.iter().enumerate()) {
        row(&mut table, &whose(first.whose), all.iter().map(|explained| cell(&explained.strangers[place])));
    }
    for compared in all.iter().take(1).flat_map(|first| &first.compared) {
        row(&mut table, &whose(compared.whose), all.iter().map(|_| cell(compared)));
    }
    table.trim_end().to_owned()
}

fn head(all: &[Explained]) -> String {
    let mut table = String::new();
    row(&mut table, "", all.iter().map(|explained| format!("`{}`", explained.preset.as_str())));
    table + "|---|" + &"--:|".repeat(all.len()) + "\n"
}

fn row(table: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
}

/// Lines over the months of a year, in words that most readers of Markdown draw.
fn chart() -> String {
    let usual = GuessPolicy::default();
    let lines = [(common_rule(), 0), (usual, 24), (usual, 4), (usual, 1), (usual, 0)];
    let mut chart = String::from(
        "```mermaid\nxychart-beta\n    x-axis \"months\" 0 --> 12\n    y-axis \"percent\" 0 --> 18\n",
    );
    for (limits, successes) in lines {
        let points = (0..=12_u32).map(|months| {
            let span = Span::from_hours(u32::try_from(YEAR.millis() / 3_600_000).unwrap_or(0) * months / 12);
            let guesses = if months == 0 { 0 } else { most_guesses(&limits, span, successes) };
            format!("{:.3}", chance(guesses, 1_000_000) * 100.0)
        });
        let _ = writeln!(chart, "    line [{}]", points.collect::<Vec<_>>().join(", "));
    }
    chart + "```"
}

fn device_limits(devices: DevicePolicy) -> String {
    let DevicePolicy { per_account, burst, day, lifetime, .. } = devices;
    format!("{burst} in a row, {day} a day, {lifetime} in all, for at most {per_account} devices")
}
