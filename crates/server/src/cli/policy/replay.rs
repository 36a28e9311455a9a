//! `countersign policy replay`: another policy, tried on past approvals and refusals before it is switched on.
//!
//! Every approval's event and every refusal's holds the facts that it was decided on, so the rule is run on them again. The sums of a day are
//! those of what happened: had an earlier payment been refused, a later one would have met a smaller sum.

use core::fmt::Write;
use std::collections::BTreeMap;

use clap::Args;
use clap::builder::PossibleValuesParser;
use countersign_domain::asking::{self, Basis, Need};
use countersign_domain::command::Page;
use countersign_domain::event::{Event, What};
use countersign_domain::id::{EventId, IntentId};
use countersign_domain::identifier::TenantId;
use countersign_domain::intent::{Factors, Grounds};
use countersign_domain::policy::{AskPolicy, PaymentPreset};
use countersign_domain::time::Timestamp;
use countersign_store::door::Store;
use countersign_store::sqlite::{Older, Options};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};

use crate::cli::output::{self, OutputFormat, columns};
use crate::cli::records::{self, Records, expect_database};
use crate::cli::{ConfigFile, Done, Failure, runtime};

/// Events that are read at once.
const PART: u32 = 1000;

#[derive(Args)]
pub(super) struct ReplayArgs {
    /// The configuration whose `policy.payments` is tried; its database is read, and nothing is written. A copy of the
    /// server's own file with another policy in it serves best.
    #[command(flatten)]
    file: ConfigFile,
    /// Try this preset as it is instead.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PaymentPreset::ALL.map(PaymentPreset::as_str)))]
    preset: Option<String>,
    /// How many approvals and refusals are tried at most, the newest first.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    limit: usize,
    /// How many of those that would have been decided otherwise are shown.
    #[arg(long, value_name = "N", default_value_t = 10)]
    show: usize,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(super) fn run(args: &ReplayArgs) -> Done {
    let config = args.file.sources().load()?.config;
    let preset =
        PaymentPreset::ALL.into_iter().find(|preset| Some(preset.as_str()) == args.preset.as_deref());
    let policy = preset.map_or_else(|| config.policy().payments.ask, PaymentPreset::ask);
    expect_database(&config)?;
    let replay = runtime()?.block_on(async {
        let options = Options { older: Older::Refuse, ..Options::default() };
        let store = records::open(&config, options).await?;
        replayed(&store, &policy, args).await
    })?;
    output::data(&match args.output {
        OutputFormat::Table => replay.table(),
        OutputFormat::Json => format!("{:#}", replay.json()),
    })
}

/// What was presented, or would have to be. In the order of how much is asked of a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Nothing,
    Secret,
    SecretAndCode,
    Refused,
}

impl Asked {
    const ALL: [Self; 4] = [Self::Nothing, Self::Secret, Self::SecretAndCode, Self::Refused];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Secret => "secret",
            Self::SecretAndCode => "secret_and_code",
            Self::Refused => "refused",
        }
    }

    const fn then(grounds: Grounds) -> Self {
        match grounds.count() {
            0 => Self::Nothing,
            1 => Self::Secret,
            _ => Self::SecretAndCode,
        }
    }

    fn now(need: Need) -> (Self, &'static str) {
        match need {
            Need::Nothing(why) => (Self::Nothing, why.as_str()),
            Need::Secret(why) => (Self::Secret, why.as_str()),
            Need::TwoFactors(why) => (Self::SecretAndCode, why.as_str()),
            Need::Never(why) => (Self::Refused, why.as_str()),
            Need::OnHold(_) => (Self::Refused, "on_hold"),
        }
    }
}

/// What became of past approvals under another policy.
#[derive(Default)]
struct Replay {
    /// Approvals that were given.
    tried: usize,
    /// Approvals that were refused.
    refused: usize,
    span: Option<(Timestamp, Timestamp)>,
    /// How often: what was presented then, what would be asked now, and why.
    outcomes: BTreeMap<(Asked, Asked, &'static str), usize>,
    shown: Vec<(EventId, IntentId, Asked, Asked, &'static str)>,
}

async fn replayed(store: &Records, policy: &AskPolicy, args: &ReplayArgs) -> Result<Replay, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if !output::tells_a_person() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let mut replay = Replay::default();
    let mut page = Page { after: None, limit: PART };
    while replay.tried + replay.refused < args.limit {
        let events = store.events(TenantId::default_tenant(), None, page).await;
        let events = events.map_err(|error| Failure::failed(&error))?;
        let Some(last) = events.last() else { break };
        page.after = Some(last.id);
        for event in &events {
            replay.take(event, policy, args);
        }
        bar.inc(events.len() as u64);
    }
    bar.finish_and_clear();
    Ok(replay)
}

impl Replay {
    fn take(&mut self, event: &Event, policy: &AskPolicy, args: &ReplayArgs) {
        if self.tried + self.refused >= args.limit {
            return;
        }
        let (intent, then, (now, why)) = match &event.what {
            What::IntentApproved { intent, grounds, basis } => {
                self.tried += 1;
                (intent, Asked::then(*grounds), judged(basis, policy))
            }
            What::IntentRefused { intent, presented, basis, .. } => {
                self.refused += 1;
                (intent, Asked::Refused, let_pass(*presented, judged(basis, policy)))
            }
            _ => return,
        };
        let (first, last) = self.span.unwrap_or((event.at, event.at));
        self.span = Some((first.min(event.at), last.max(event.at)));
        *self.outcomes.entry((then, now, why)).or_default() += 1;
        if differs(then, now) && self.shown.len() < args.show {
            self.shown.push((event.id, *intent, then, now, why));
        }
    }

    fn count(&self, matches: impl Fn(Asked, Asked) -> bool) -> usize {
        self.outcomes.iter().filter(|((then, now, _), _)| matches(*then, *now)).map(|(_, count)| count).sum()
    }

    fn table(&self) -> String {
        let Some((first, last)) = self.span else {
            return "There are no approvals to try it on, and no refusals.\n".to_owned();
        };
        let mut text = format!(
            "{} approvals, from {} to {}\n\nWhat was presented, and what this policy would ask for\n\n",
            self.tried,
            rfc3339(first),
            rfc3339(last)
        );
        let head = ["then", "now: nothing", "secret", "secret and code", "refused"].map(str::to_owned);
        let row = |then: Asked| {
            let cells = Asked::ALL.map(|now| self.count(|t, n| (t, n) == (then, now)).to_string());
            [then.as_str().replace('_', " ")].into_iter().chain(cells).collect::<Vec<_>>()
        };
        let rows = Asked::ALL.map(row);
        text += &columns(&[vec![head.to_vec()], rows.to_vec()].concat(), &[0]);
        let (more, less) = (self.count(|then, now| now > then), self.count(spared));
        let _ =
            write!(text, "\n{more} would have been asked for more or refused, {less} spared the secret.\n");
        if self.refused > 0 {
            let passed = self.count(let_through);
            let _ =
                writeln!(text, "Of {} that were refused, {passed} would have been let pass.", self.refused);
        }
        let reasons = self.outcomes.iter().filter(|((then, now, _), _)| differs(*then, *now));
        let reasons = reasons.map(|((then, now, why), count)| {
            [then.as_str(), now.as_str(), why]
                .map(str::to_owned)
                .into_iter()
                .chain([count.to_string()])
                .collect()
        });
        let reasons: Vec<Vec<String>> = reasons.collect();
        if !reasons.is_empty() {
            let head = ["then", "now", "because", "times"].map(str::to_owned).to_vec();
            text += "\n";
            text += &columns(&[vec![head], reasons].concat(), &[0, 1, 2]);
        }
        for (event, intent, then, now, why) in &self.shown {
            let _ = write!(text, "\n{event} {intent}: {} then, {} now ({why})", then.as_str(), now.as_str());
        }
        if !self.shown.is_empty() {
            text += "\n";
        }
        text
    }

    fn json(&self) -> Value {
        let outcomes = self.outcomes.iter().map(|((then, now, why), count)| {
            json!({ "then": then.as_str(), "now": now.as_str(), "reason": why, "times": count })
        });
        let shown = self.shown.iter().map(|(event, intent, then, now, why)| {
            json!({
                "event_id": event.to_string(), "intent_id": intent.to_string(),
                "then": then.as_str(), "now": now.as_str(), "reason": why,
            })
        });
        json!({
            "tried": self.tried,
            "from": self.span.map(|(first, _)| rfc3339(first)),
            "to": self.span.map(|(_, last)| rfc3339(last)),
            "asked_more": self.count(|then, now| now > then),
            "spared": self.count(spared),
            "refused": self.refused,
            "let_pass": self.count(let_through),
            "outcomes": outcomes.collect::<Vec<_>>(),
            "differences": shown.collect::<Vec<_>>(),
        })
    }
}

fn judged(basis: &Basis, policy: &AskPolicy) -> (Asked, &'static str) {
    Asked::now(asking::need(basis, policy))
}

/// A person may present more than is asked; only what they would be spared, or asked for beyond that, is a difference.
const fn differs(then: Asked, now: Asked) -> bool {
    spared(then, now) || let_through(then, now) || now as u8 > then as u8
}

/// What would become of a request that was refused: it still is, unless it brought what is asked for now.
fn let_pass(presented: Option<Factors>, (now, why): (Asked, &'static str)) -> (Asked, &'static str) {
    let brought = presented.map_or(Asked::Nothing, |factors| Asked::then(Grounds::Factors(factors)));
    (if now <= brought { now } else { Asked::Refused }, why)
}

/// Whether it was refused then, and would not be now.
const fn let_through(then: Asked, now: Asked) -> bool {
    matches!((then, now), (Asked::Refused, Asked::Nothing | Asked::Secret | Asked::SecretAndCode))
}

/// Whether the person presented something then, and would be asked for nothing now.
const fn spared(then: Asked, now: Asked) -> bool {
    matches!((then, now), (Asked::Secret | Asked::SecretAndCode, Asked::Nothing))
}

fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    format!("{at:.0}")
}
