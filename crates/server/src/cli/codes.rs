//! `countersign codes`: what verification codes can cost at most.

use core::fmt::Write;

use clap::{Args, Subcommand};
use countersign_domain::calling::Prefix;
use countersign_domain::spend::{Caps, Money, SpendPolicy};
use serde_json::{Value, json};

use crate::cli::output::{self, OutputFormat, columns};
use crate::cli::{ConfigFile, Done};

/// Explain what verification codes can cost.
#[derive(Args)]
pub(crate) struct CodesArgs {
    #[command(subcommand)]
    command: CodesCommand,
}

#[derive(Subcommand)]
enum CodesCommand {
    /// Print what a code to each prefix costs, and the most that anybody can make codes cost in 24 hours.
    Economics(EconomicsArgs),
}

#[derive(Args)]
struct EconomicsArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

/// What holds for one prefix.
struct Row {
    /// `None` for every country that has no row of its own.
    prefix: Option<Prefix>,
    price: Money,
    caps: Caps,
    /// The most in 24 hours, and the most while nobody verifies any; absent where nothing bounds them.
    worst: Option<Money>,
    unverified: Option<Money>,
}

pub(crate) fn run(args: &CodesArgs) -> Done {
    let CodesCommand::Economics(args) = &args.command;
    let policy = args.file.sources().load()?.config.policy().spend;
    let rows = rows(&policy);
    output::data(&match args.output {
        OutputFormat::Table => table(&policy, &rows),
        OutputFormat::Json => format!("{:#}", json_of(&policy, &rows)),
    })
}

/// Every prefix that the settings name, in order, and the rest of the world.
fn rows(policy: &SpendPolicy) -> Vec<Row> {
    let priced = policy.prices.iter().map(|price| &price.prefix);
    let capped = policy.prefixes.iter().map(|(prefix, _)| prefix);
    let mut named: Vec<&Prefix> = priced.chain(capped).collect();
    named.sort_unstable();
    named.dedup();
    let row = |prefix: Option<Prefix>, price: Money, caps: Caps| {
        let worst = [caps.worst_day(), policy.worst_day()].into_iter().flatten().min();
        let unverified = policy.worst_day_unverified(price, caps);
        Row { prefix, price, caps, worst, unverified }
    };
    let of = |prefix: &Prefix| {
        let longest = |lengths: Vec<&Prefix>| {
            let leads = |other: &&Prefix| prefix.to_string().starts_with(&other.to_string());
            lengths.into_iter().filter(leads).max_by_key(|other| other.len()).cloned()
        };
        let priced = longest(policy.prices.iter().map(|price| &price.prefix).collect());
        let capped = longest(policy.prefixes.iter().map(|(prefix, _)| prefix).collect());
        let price = policy.prices.iter().find(|price| Some(&price.prefix) == priced.as_ref());
        let caps = policy.prefixes.iter().find(|(prefix, _)| Some(prefix) == capped.as_ref());
        row(
            Some(prefix.clone()),
            price.map_or(policy.price_elsewhere, |price| price.price),
            caps.map_or(policy.each_prefix, |(_, caps)| *caps),
        )
    };
    let elsewhere = row(None, policy.price_elsewhere, policy.each_prefix);
    named.into_iter().map(of).chain([elsewhere]).collect()
}

fn table(policy: &SpendPolicy, rows: &[Row]) -> String {
    let amount = |amount: Option<Money>| amount.map_or_else(|| "no limit".to_owned(), |it| it.to_string());
    let head = ["prefix", "a code", "an hour", "24 hours", "at most", "unverified"];
    let mut lines: Vec<Vec<String>> = vec![head.map(str::to_owned).into()];
    for row in rows {
        lines.push(vec![
            row.prefix.as_ref().map_or_else(|| "elsewhere".to_owned(), Prefix::to_string),
            row.price.to_string(),
            amount(row.caps.hour),
            amount(row.caps.day),
            amount(row.worst),
            amount(row.unverified),
        ]);
    }
    let mut text = format!("What codes can cost, in {}\n\n", policy.currency);
    text += &columns(&lines, &[0]);
    let SpendPolicy { tenant, refused, breaker, .. } = policy;
    let most = amount(policy.worst_day());
    let _ = write!(
        text,
        "\nAll together: {} an hour, {} in 24 hours.\nNobody can make them cost more than {most} in 24 hours.\n",
        amount(tenant.hour),
        amount(tenant.day)
    );
    text +=
        "`at most` is what one prefix can cost in 24 hours, `unverified` while nobody verifies any code.\n";
    if breaker.percent == 0 {
        text += "No breaker is set: codes that nobody verifies go on being sent up to the caps.\n";
    }
    let places: Vec<String> = refused.iter().map(Prefix::to_string).collect();
    if !places.is_empty() {
        let _ = writeln!(text, "No code goes to {}.", places.join(", "));
    }
    text
}

fn json_of(policy: &SpendPolicy, rows: &[Row]) -> Value {
    let amount = |amount: Option<Money>| amount.map(|amount| amount.to_string());
    let row = |row: &Row| {
        json!({
            "prefix": row.prefix.as_ref().map(Prefix::to_string),
            "price": row.price.to_string(),
            "hour_cap": amount(row.caps.hour),
            "day_cap": amount(row.caps.day),
            "worst_day": amount(row.worst),
            "worst_day_unverified": amount(row.unverified),
        })
    };
    json!({
        "currency": policy.currency,
        "hour_cap": amount(policy.tenant.hour),
        "day_cap": amount(policy.tenant.day),
        "worst_day": amount(policy.worst_day()),
        "prefixes": rows.iter().map(row).collect::<Vec<_>>(),
        "refused": policy.refused.iter().map(Prefix::to_string).collect::<Vec<_>>(),
    })
}
