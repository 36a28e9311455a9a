//! Ask frequency and windows: when the payment secret must be asked again.
//!
//! The *state* is what the person chose and belongs to the account. A *window* is the time in which the secret need
//! not be asked; it belongs to whoever verified. Both end by themselves: nothing has to run at that moment.

use crate::account::{Account, Scene, SecretState};
use crate::attempt;
use crate::event::What;
use crate::id::{AppId, SessionId};
use crate::ledger::Gate;
use crate::secret::Kind;
use crate::time::{Span, Timestamp};

/// How often the payment secret is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskFrequency {
    /// Every time.
    Every,
    /// Once an hour.
    Hour,
    /// Once in twenty-four hours.
    Day,
}

impl AskFrequency {
    /// Every choice, in the order 1, 2, 3 of the `currency_pass` dialect.
    pub const ALL: [Self; 3] = [Self::Every, Self::Hour, Self::Day];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Every => "every",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The choice of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }

    /// How long the choice lasts; `None` for the one that never ends.
    #[must_use]
    pub const fn span(self) -> Option<Span> {
        match self {
            Self::Every => None,
            Self::Hour => Some(Span::from_hours(1)),
            Self::Day => Some(Span::from_hours(24)),
        }
    }
}

/// The choice and its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskState {
    /// Asked every time.
    Every,
    /// Asked less often until this instant, and every time from then on.
    Eased {
        /// `Hour` or `Day`, as chosen.
        chosen: AskFrequency,
        /// When it falls back to `Every`.
        until: Timestamp,
        /// Whether it spares payments too: the platform chose it, by its key. Whoever holds a session's token may choose
        /// without the secret, and may be its thief.
        counts: bool,
    },
    /// Asked once an hour until this instant, as it is after a first secret, although nobody has chosen it. The dialects
    /// know no difference; for payments it spares nobody.
    Unchosen {
        /// When it falls back to `Every`.
        until: Timestamp,
    },
}

impl AskState {
    /// The state that a first payment secret begins with at `now`.
    #[must_use]
    pub fn first(now: Timestamp) -> Self {
        Self::Unchosen { until: now + Span::from_hours(1) }
    }

    /// The state that a choice of `by` made at `now` leads to, always with its full time. For payments only an app's
    /// choice counts.
    #[must_use]
    pub fn chosen(choice: AskFrequency, by: Holder, now: Timestamp) -> Self {
        let counts = matches!(by, Holder::App(_));
        choice.span().map_or(Self::Every, |span| Self::Eased { chosen: choice, until: now + span, counts })
    }

    /// Whether a window that is opened under it spares payments too.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Eased { counts: true, .. })
    }

    /// The state at `now`: one that has run out is `Every`.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Eased { until, .. } | Self::Unchosen { until } if now < until => self,
            Self::Eased { .. } | Self::Unchosen { .. } | Self::Every => Self::Every,
        }
    }

    /// The choice without its end.
    #[must_use]
    pub const fn frequency(self) -> AskFrequency {
        match self {
            Self::Every => AskFrequency::Every,
            Self::Eased { chosen, .. } => chosen,
            Self::Unchosen { .. } => AskFrequency::Hour,
        }
    }

    /// When it ends, if it ends.
    #[must_use]
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Every => None,
            Self::Eased { until, .. } | Self::Unchosen { until } => Some(until),
        }
    }
}

/// Whom a window belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// The session that verified.
    Session(SessionId),
    /// The account under that app, for native callers.
    App(AppId),
}

/// A time in which its holder need not present the secret again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Whom it belongs to.
    pub holder: Holder,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The secret must be asked again from this instant.
    pub until: Timestamp,
    /// Whether it spares payments too: the secret was presented, under a frequency that [counts](AskState::counts).
    pub counts: bool,
}

/// What opens a window (setting `window_opens` of `currency_pass`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowOpens {
    /// A successful verify, so that a stolen session cannot choose a day and then skip the secret.
    OnVerify,
    /// Also the choice itself, for callers that rely on the document's literal behaviour.
    OnSetting,
}

/// What a caller may know of the ask frequency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AskView {
    /// The state at that instant.
    pub frequency: AskFrequency,
    /// When it falls back to `Every`.
    pub expires_at: Option<Timestamp>,
    /// Until when this holder's window is open.
    pub window_until: Option<Timestamp>,
    /// Until when payments rest, if they do.
    pub hold_until: Option<Timestamp>,
    /// The instant at which all this was true.
    pub now: Timestamp,
}

/// The person chooses. An open window is never lengthened: it ends at the earlier of its old and its new end.
pub fn choose(
    account: &mut Account,
    choice: AskFrequency,
    holder: Holder,
    opens: WindowOpens,
    scene: &Scene<'_>,
) {
    let before = account.ask.at(scene.now);
    account.ask = AskState::chosen(choice, holder, scene.now);
    if !repeated(before, account.ask) {
        account.record(scene, What::AskFrequencyChosen(choice));
    }
    match account.ask.until() {
        None => account.windows.clear(),
        Some(end) => account.windows.iter_mut().for_each(|window| window.until = window.until.min(end)),
    }
    if opens == WindowOpens::OnSetting {
        open(account, holder, false, scene);
    }
}

/// Whether the same was chosen less than a minute before: a call made over and over must not fill the trail.
fn repeated(before: AskState, after: AskState) -> bool {
    let gained = before.until().zip(after.until()).map(|(before, after)| before.until(after));
    let first = matches!(before, AskState::Unchosen { .. });
    !first
        && before.counts() == after.counts()
        && before.frequency() == after.frequency()
        && gained.is_none_or(|gained| gained < Span::from_minutes(1))
}

/// Whether windows are worth anything: the payment secret is one that the person chose, and not locked.
fn may_open(account: &Account, scene: &Scene<'_>) -> bool {
    let payment = account.credential(Kind::Payment);
    let chosen = matches!(payment.state, SecretState::Active(_));
    chosen && attempt::gate(account, Kind::Payment, scene) == Gate::Open
}

/// The secret was presented: opens a window for `holder` until the state runs out, and says until when; `None` while the
/// state is `Every`.
pub(crate) fn open_window(account: &mut Account, holder: Holder, scene: &Scene<'_>) -> Option<Timestamp> {
    open(account, holder, account.ask.counts(), scene)
}

/// Opens a window. One that opens without the secret `counts` for no payment, and nothing dates a secret by it.
fn open(account: &mut Account, holder: Holder, counts: bool, scene: &Scene<'_>) -> Option<Timestamp> {
    let until = account.ask.at(scene.now).until().filter(|_| may_open(account, scene))?;
    account.windows.retain(|window| window.holder != holder && scene.now < window.until);
    account.windows.push(Window { holder, opened_at: scene.now, until, counts });
    account.record(scene, What::WindowOpened { until });
    Some(until)
}

/// What `holder` may know of the account's ask frequency at the scene's instant.
#[must_use]
pub fn view(account: &Account, holder: Option<Holder>, scene: &Scene<'_>) -> AskView {
    let state = account.ask.at(scene.now);
    AskView {
        frequency: state.frequency(),
        expires_at: state.until(),
        window_until: holder.and_then(|holder| window_until(account, holder, scene)),
        hold_until: account.holds.until(scene.now),
        now: scene.now,
    }
}

/// Until when `holder` need not present the payment secret; `None` if it must.
///
/// The lock is asked again here, because a guess that nobody settled closes the gate by its age alone.
#[must_use]
pub fn window_until(account: &Account, holder: Holder, scene: &Scene<'_>) -> Option<Timestamp> {
    let state_end = account.ask.at(scene.now).until()?;
    let window = account.windows.iter().find(|window| window.holder == holder)?;
    let until = window.until.min(state_end);
    (may_open(account, scene) && scene.now < until).then_some(until)
}

/// How long ago the secret opened the window of `holder`, if one is open that counts for payments.
pub(crate) fn window_age(account: &Account, holder: Holder, scene: &Scene<'_>) -> Option<Span> {
    window_until(account, holder, scene)?;
    let window = account.windows.iter().find(|window| window.holder == holder && window.counts)?;
    Some(window.opened_at.until(scene.now))
}
