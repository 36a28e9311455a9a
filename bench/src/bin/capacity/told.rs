//! Numbers as a person reads them.

/// Three figures that count, with the thousands apart: `0.46`, `27.8`, `2,778`, `27,800`.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        big if big >= 99.95 => 0,
        big if big >= 9.995 => 1,
        some if some >= 0.0995 => 2,
        0.0 => 0,
        _ => 4,
    };
    let step = match value.abs() {
        big if big >= 1e4 => 10_f64.powf(big.log10().floor() - 2.0),
        _ => 1.0,
    };
    let value = if step > 1.0 { (value / step).round() * step } else { value };
    let text = format!("{value:.digits$}");
    if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { apart(&text) }
}

/// As [`number`], without rounding what is whole.
pub(crate) fn whole(value: f64) -> String {
    apart(&format!("{value:.0}"))
}

/// Of people: `1 M`, `1 B`.
pub(crate) fn people(value: f64) -> String {
    scaled(value, &[(1e9, " B"), (1e6, " M"), (1e3, " k"), (1.0, "")])
}

/// In powers of ten, as disks are sold.
pub(crate) fn bytes(value: f64) -> String {
    scaled(value, &[(1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1.0, " B")])
}

/// A share as parts of a hundred.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// Seconds as milliseconds.
pub(crate) fn ms(seconds: f64) -> String {
    number(seconds * 1000.0)
}

fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let unit = units.iter().find(|(least, _)| value >= *least * 0.9995).or(units.last());
    unit.map_or_else(String::new, |(least, name)| format!("{}{name}", number(value / least)))
}

fn apart(text: &str) -> String {
    let digits = text.len();
    let mut told = String::new();
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && (digits - place).is_multiple_of(3) && letter.is_ascii_digit() {
            told.push(',');
        }
        told.push(letter);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_figures() {
        let told = [0.0, 0.0042, 0.457, 1.0, 9.96, 27.78, 99.97, 2777.8, 27_777.8, 1_234_567.0].map(number);
        assert_eq!(told, ["0", "0.0042", "0.46", "1", "9.96", "27.8", "100", "2,778", "27,800", "1,230,000"]);
        assert_eq!(number(f64::NAN), "–");
    }

    #[test]
    fn units_follow_the_size() {
        let told = [999.0, 1e3, 2.34e9, 9.999e11, 6.3e13].map(bytes);
        assert_eq!(told, ["999 B", "1 kB", "2.34 GB", "1 TB", "63 TB"]);
        assert_eq!([1e6, 1e9, 2.5e8, 5.0].map(people), ["1 M", "1 B", "250 M", "5"]);
        assert_eq!(
            (percent(0.887), ms(0.0123), whole(12_345.4)),
            ("88.7 %".into(), "12.3".into(), "12,345".into())
        );
    }
}
