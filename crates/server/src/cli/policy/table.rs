//! The explanation for people, in columns.

use core::fmt::Write;

use crate::cli::output::columns;
use crate::cli::policy::explained::{Explained, Limit, Odds, Whose};

/// One set of limits: each number with its origin, then what it is worth.
pub(super) fn one(explained: &Explained) -> String {
    let mut text = String::from("Limits of guesses at one secret of one account\n\n");
    text += &columns(&numbers(&explained.limits), &[0, 2]);
    text += "\nThe most guesses in a year, and the chance that one of them is right\n\n";
    let mut rows = vec![head(&explained.strangers)];
    rows.extend(explained.strangers.iter().chain(&explained.compared).map(odds));
    text += &columns(&rows, &[0]);
    if let Some(device) = &explained.device {
        let devices = explained.devices;
        let _ =
            write!(text, "\nBeside that, whoever holds the token of a known device (at most {devices})\n\n");
        text += &columns(&numbers(&explained.device_limits), &[0, 2]);
        text += "\n";
        text += &columns(&[head(&explained.strangers), odds(device)], &[0]);
    }
    text += "\nChances are those of secrets chosen at random. People choose worse: refuse common ones.\n";
    text += "While an owner uses known devices, strangers get what they get while the owner is away.\n";
    warnings(&mut text, explained);
    text
}

/// Several sets of limits, a column each.
pub(super) fn side_by_side(all: &[Explained]) -> String {
    let mut text = String::from("Limits of guesses at one secret of one account, by preset\n\n");
    let names = || all.iter().map(|explained| explained.preset.as_str().to_owned());
    let mut rows = vec![[String::new()].into_iter().chain(names()).collect::<Vec<_>>()];
    for (place, limit) in all.first().into_iter().flat_map(|first| first.limits.iter().enumerate()) {
        let numbers = all.iter().map(|explained| number(&explained.limits[place]));
        rows.push([meaning(limit.name)].into_iter().chain(numbers).collect());
    }
    text += &columns(&rows, &[0]);
    let digits =
        || all.first().into_iter().filter_map(|first| first.strangers.first()).flat_map(|odds| &odds.chances);
    text += "\nThe most guesses in a year\n\n";
    text += &columns(&rows_of(all, |odds| grouped(odds.guesses), names().collect()), &[0]);
    for (place, (digits, _)) in digits().enumerate() {
        let _ = write!(text, "\nThe chance that one of them is right, at {digits} random digits\n\n");
        text += &columns(&rows_of(all, |odds| percent(odds.chances[place].1), names().collect()), &[0]);
    }
    for explained in all {
        warnings(&mut text, explained);
    }
    text
}

fn rows_of(all: &[Explained], cell: impl Fn(&Odds) -> String, names: Vec<String>) -> Vec<Vec<String>> {
    let mut rows = vec![[String::new()].into_iter().chain(names).collect::<Vec<_>>()];
    let every = |explained: &'_ Explained| explained.strangers.len() + explained.compared.len();
    for place in 0..all.first().map_or(0, every) {
        let cells: Vec<&Odds> = all
            .iter()
            .filter_map(|explained| explained.strangers.iter().chain(&explained.compared).nth(place))
            .collect();
        let name = cells.first().map_or_else(String::new, |odds| whose(odds.whose));
        rows.push([name].into_iter().chain(cells.into_iter().map(&cell)).collect());
    }
    rows
}

fn numbers(limits: &[Limit]) -> Vec<Vec<String>> {
    limits.iter().map(|limit| vec![meaning(limit.name), number(limit), limit.origin.clone()]).collect()
}

fn warnings(text: &mut String, explained: &Explained) {
    for warning in &explained.warnings {
        let _ = write!(text, "\nwarning: {}\n", warning.words);
    }
}

fn head(odds: &[Odds]) -> Vec<String> {
    let digits = odds.first().into_iter().flat_map(|odds| &odds.chances);
    let digits = digits.map(|(digits, _)| format!("{digits} digits"));
    [String::new(), "guesses".to_owned()].into_iter().chain(digits).collect()
}

fn odds(odds: &Odds) -> Vec<String> {
    let chances = odds.chances.iter().map(|(_, chance)| percent(*chance));
    [whose(odds.whose), grouped(odds.guesses)].into_iter().chain(chances).collect()
}

/// What a limit means, beside its name in the settings.
pub(super) fn meaning(name: &str) -> String {
    let meaning = match name {
        "burst" => "wrong ones in a row before a lock",
        "lock_first_s" => "the first lock, doubled each time",
        "lock_max_s" => "the longest lock",
        "day" => "wrong ones in any 24 hours",
        "lifetime" => "wrong ones since the last right one",
        "in_flight_s" => "an unsettled one is wrong after",
        "same_as_login_day" => "compared with the login secret a day",
        _ => "",
    };
    format!("{meaning} ({name})")
}

/// Whose guesses they are.
pub(super) fn whose(whose: Whose) -> String {
    match whose {
        Whose::Stranger(0) => "the owner is away".to_owned(),
        Whose::Stranger(1) => "the owner succeeds once a day".to_owned(),
        Whose::Stranger(times) => format!("the owner succeeds {times} times a day"),
        Whose::Device => "from that device".to_owned(),
        Whose::Common => "common: five tries, 15 minutes, for ever".to_owned(),
        Whose::Nist => "the most that NIST SP 800-63B allows".to_owned(),
    }
}

/// A limit, with a span of time in its largest whole unit.
pub(super) fn number(limit: &Limit) -> String {
    let value = limit.value;
    match limit.name.strip_suffix("_s") {
        None => value.to_string(),
        Some(_) if value.is_multiple_of(3600) => format!("{} h", value / 3600),
        Some(_) if value.is_multiple_of(60) => format!("{} min", value / 60),
        Some(_) => format!("{value} s"),
    }
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A chance in percent, to three digits that count.
pub(super) fn percent(chance: f64) -> String {
    let percent = chance * 100.0;
    let mut decimals = 2_usize;
    let mut scale = 1.0;
    while percent > 0.0 && percent < scale && decimals < 20 {
        scale /= 10.0;
        decimals += 1;
    }
    let decimals = if percent >= 100.0 {
        0
    } else if percent >= 10.0 {
        1
    } else {
        decimals
    };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_told_to_three_digits() {
        let cases = [
            (1.0, "100 %"),
            (0.1752, "17.5 %"),
            (0.0789, "7.89 %"),
            (0.002, "0.2 %"),
            (0.000_02, "0.002 %"),
            (0.000_012_34, "0.00123 %"),
            (0.0, "0 %"),
        ];
        for (chance, expected) in cases {
            assert_eq!(percent(chance), expected);
        }
    }

    #[test]
    fn thousands_are_parted() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (175_200, "175,200"), (1_234_567, "1,234,567")];
        for (value, expected) in cases {
            assert_eq!(grouped(value), expected);
        }
    }
}
