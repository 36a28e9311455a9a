//! Whether the person must be asked: the table of every preset, every rule by itself, and that less danger never asks for more.

mod support;

use countersign_domain::ask::AskFrequency;
use countersign_domain::asking::{Basis, Day, Exemption, Need, Shortage, Why, need};
use countersign_domain::event::What;
use countersign_domain::intent::{Factors, Grounds};
use countersign_domain::money::CurrencyCode;
use countersign_domain::policy::{AskPolicy, CurrencyRules, PaymentPreset};
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::till::Till;

fn code(text: &str) -> CurrencyCode {
    CurrencyCode::parse(text).expect("a code")
}

/// CNY 10, to a known payee, from a known device, in a window that was opened a minute ago.
fn easy() -> Basis {
    Basis {
        currency: code("CNY"),
        units: 1_000,
        payee_known: true,
        device_known: true,
        window: Some(Span::from_minutes(1)),
        day: Day::default(),
        hold_until: None,
    }
}

fn all(units: u128) -> Day {
    Day { unasked: units, by_one: units, all: units }
}

const SPARED: Need = Need::Nothing(Exemption::Window);
const HELD: Timestamp = Timestamp::from_secs(2_000_000_000);

#[test]
fn every_preset_asks_as_its_table_says() {
    use Need::{Never, OnHold, Secret, TwoFactors};
    use PaymentPreset::{AsChosen, CnPayments, EveryTime, Exchange, Psd2};
    let every = Secret(Why::EveryTime);
    let minutes = |minutes| Some(Span::from_minutes(minutes));
    let facts = [
        easy(),
        Basis { window: None, ..easy() },
        Basis { window: minutes(59), ..easy() },
        Basis { window: minutes(60), ..easy() },
        Basis { window: minutes(24 * 60), ..easy() },
        Basis { payee_known: false, ..easy() },
        Basis { device_known: false, ..easy() },
        Basis { units: 100_000, ..easy() },
        Basis { units: 100_001, ..easy() },
        Basis { day: all(99_001), ..easy() },
        Basis { day: Day { by_one: 0, unasked: 0, all: 499_000 }, ..easy() },
        Basis { day: Day { by_one: 0, unasked: 0, all: 499_001 }, ..easy() },
        Basis { currency: code("USD"), units: u128::MAX, day: all(u128::MAX), ..easy() },
        Basis { hold_until: Some(HELD), ..easy() },
    ];
    let held = OnHold(HELD);
    let old = Secret(Why::WindowTooOld);
    let (by_day, over) = (TwoFactors(Why::DayAmount), Never(Why::DayAmount));
    let table: [(PaymentPreset, [Need; 14]); 5] = [
        (
            AsChosen,
            [
                SPARED,
                Secret(Why::NoWindow),
                SPARED,
                SPARED,
                old,
                SPARED,
                SPARED,
                SPARED,
                SPARED,
                SPARED,
                SPARED,
                SPARED,
                SPARED,
                held,
            ],
        ),
        (EveryTime, strict(every, held)),
        (Psd2, strict(TwoFactors(Why::Amount), held)),
        (Exchange, strict(every, held)),
        (
            CnPayments,
            [
                SPARED,
                Secret(Why::NoWindow),
                SPARED,
                old,
                old,
                Secret(Why::NewPayee),
                SPARED,
                SPARED,
                by_day,
                by_day,
                SPARED,
                over,
                SPARED,
                held,
            ],
        ),
    ];
    for (preset, expected) in table {
        for (row, (basis, expected)) in facts.iter().zip(expected).enumerate() {
            assert_eq!(need(basis, &preset.ask()), expected, "{}, row {row}: {basis:?}", preset.as_str());
        }
    }
}

fn strict(every: Need, held: Need) -> [Need; 14] {
    let mut row = [every; 14];
    row[13] = held;
    row
}

#[test]
fn every_rule_holds_by_itself_and_from_its_first_unit_on() {
    let easy = easy();
    let usual = AskPolicy { ask_new_payee: true, ..PaymentPreset::AsChosen.ask() };
    let with = |others| AskPolicy { others, ..usual.clone() };
    let none = CurrencyRules::default();
    let small = CurrencyRules { unasked: Some(1_000), unasked_day: Some(3_000), ..none };
    let asked = Basis { window: None, ..easy };
    let at_once = Basis { units: 1_001, ..easy };
    let day = |day| Basis { day, ..easy };
    let unasked = |unasked| Basis { day: Day { unasked, ..Day::default() }, ..asked };
    let spared_small = Need::Nothing(Exemption::SmallAmount);
    let no_window = Need::Secret(Why::NoWindow);
    let in_window = CurrencyRules { in_window: Some(1_000), ..none };
    let in_window_day = CurrencyRules { in_window_day: Some(1_000), ..none };
    let one_factor = CurrencyRules { one_factor: Some(1_000), ..none };
    let one_factor_day = CurrencyRules { one_factor_day: Some(1_000), ..none };
    let two_factors_day = CurrencyRules { two_factors_day: Some(1_000), ..none };
    let on_hold = CurrencyRules { on_hold_day: 1_000, ..none };
    let held = |basis: Basis| Basis { hold_until: Some(HELD), ..basis };
    let (one, two) = (Day { all: 1, ..Day::default() }, Day { by_one: 1, all: 1, ..Day::default() });
    for (rules, basis, expected) in [
        (small, asked, spared_small),
        (small, Basis { units: 1_001, ..asked }, no_window),
        (small, unasked(2_000), spared_small),
        (small, unasked(2_001), no_window),
        (small, Basis { device_known: false, ..asked }, spared_small),
        (small, Basis { payee_known: false, ..easy }, Need::Secret(Why::NewPayee)),
        // Without a limit for the day nobody is spared.
        (CurrencyRules { unasked_day: None, ..small }, asked, no_window),
        (CurrencyRules { unasked: None, ..small }, asked, no_window),
        (in_window, easy, SPARED),
        (in_window, at_once, Need::Secret(Why::Amount)),
        (in_window_day, easy, SPARED),
        (in_window_day, day(one), Need::Secret(Why::DayAmount)),
        (one_factor, easy, SPARED),
        (one_factor, at_once, Need::TwoFactors(Why::Amount)),
        (one_factor_day, day(one), SPARED),
        (one_factor_day, day(two), Need::TwoFactors(Why::DayAmount)),
        (two_factors_day, easy, SPARED),
        (two_factors_day, day(one), Need::Never(Why::DayAmount)),
        // Under a hold what is allowed at all is asked for, window or not, small or not.
        (on_hold, held(easy), Need::Secret(Why::EveryTime)),
        (CurrencyRules { on_hold_day: 1_000, ..small }, held(easy), Need::Secret(Why::EveryTime)),
        (on_hold, held(at_once), Need::OnHold(HELD)),
        (on_hold, held(day(one)), Need::OnHold(HELD)),
    ] {
        assert_eq!(need(&basis, &with(rules)), expected, "{rules:?} {basis:?}");
    }
}

#[test]
fn an_unknown_payee_or_device_is_asked_for_where_the_rules_say_so() {
    let small = CurrencyRules { unasked: Some(1_000), unasked_day: Some(3_000), ..CurrencyRules::default() };
    let usual = AskPolicy { others: small, ask_new_payee: false, ..PaymentPreset::AsChosen.ask() };
    let payee = AskPolicy { ask_new_payee: true, ..usual.clone() };
    let device = AskPolicy { ask_unknown_device: true, ..usual };
    let (new, unknown) = (Basis { payee_known: false, ..easy() }, Basis { device_known: false, ..easy() });
    assert_eq!(need(&easy(), &payee), Need::Nothing(Exemption::SmallAmount));
    assert_eq!(need(&new, &payee), Need::Secret(Why::NewPayee), "a small amount is no way around it");
    let large = Basis { units: 1_001, ..unknown };
    assert_eq!(need(&large, &device), Need::Secret(Why::UnknownDevice));
    assert_eq!(need(&Basis { device_known: true, ..large }, &device), SPARED);
}

#[test]
fn a_currency_with_rules_of_its_own_has_only_those() {
    let mut policy = PaymentPreset::AsChosen.ask();
    policy.others.in_window = Some(1);
    policy.currencies.insert(code("CNY"), CurrencyRules::default());
    assert_eq!(need(&easy(), &policy), SPARED);
    let other = Basis { currency: code("USD"), ..easy() };
    assert_eq!(need(&other, &policy), Need::Secret(Why::Amount));
}

#[test]
fn every_exemption_is_told_with_its_reason_and_its_facts() {
    let mut till = Till::new();
    till.world.policy.payments.ask.ask_new_payee = false;
    let rules = &mut till.world.policy.payments.ask.others;
    (rules.unasked, rules.unasked_day) = (Some(100), Some(250));
    till.choose(AskFrequency::Hour);
    let spared = |till: &mut Till, amount| {
        let id = till.create(amount);
        till.spared(id).map(|()| till.last_approval())
    };
    let (grounds, basis) = spared(&mut till, "1").expect("small");
    assert_eq!(grounds, Grounds::Exempt { why: Exemption::SmallAmount, secret_at: None });
    assert_eq!((basis.units, basis.day, basis.window), (100, Day::default(), None));
    spared(&mut till, "1.01").expect_err("not small");
    till.open_window();
    let opened = till.world.now;
    till.world.pass(Span::from_minutes(2));
    let (grounds, basis) = spared(&mut till, "1.01").expect("in the window");
    assert_eq!(grounds, Grounds::Exempt { why: Exemption::Window, secret_at: Some(opened) });
    assert_eq!(basis.window, Some(Span::from_minutes(2)));
    assert_eq!(basis.day, Day { unasked: 100, by_one: 100, all: 100 });
    let id = till.create("9");
    till.with(id, Factors::SecretAndCode).expect("the right ones");
    let (grounds, basis) = till.last_approval();
    assert_eq!((grounds, basis.day.all), (Grounds::Factors(Factors::SecretAndCode), 201));
}

#[test]
fn every_refusal_is_told_with_its_facts_and_each_reason_once() {
    let mut till = Till::new();
    let told = |till: &Till| {
        let refused = |what: &What| match what {
            What::IntentRefused { presented, shortage, basis, .. } => {
                Some((*presented, *shortage, basis.units))
            }
            _ => None,
        };
        let events = till.account.fresh_events.iter();
        events.filter_map(|event| refused(&event.what)).collect::<Vec<_>>()
    };
    let id = till.create("5");
    let no_window = (None, Shortage::Secret(Why::NoWindow), 500);
    for _ in 0..50 {
        till.spared(id).expect_err("no window");
    }
    assert_eq!(told(&till), [no_window], "nobody fills the trail");
    till.world.policy.payments.ask.others.one_factor = Some(100);
    till.spared(id).expect_err("a code is needed");
    let charged = till.charged();
    till.right(id).expect_err("a code is needed");
    assert_eq!(till.charged(), charged, "nothing was compared");
    let code = (None, Shortage::Code(Why::Amount), 500);
    assert_eq!(told(&till), [no_window, code]);
    till.hold_until(Span::from_hours(1));
    let held = till.world.now + Span::from_hours(1);
    till.with(id, Factors::SecretAndCode).expect_err("on hold");
    till.hold_until(Span::from_hours(2));
    till.with(id, Factors::SecretAndCode).expect_err("still on hold");
    let both = Some(Factors::SecretAndCode);
    assert_eq!(told(&till), [no_window, code, (both, Shortage::OnHold(held), 500)]);
    till.account.holds.running.clear();
    let another = till.create("6");
    till.right(another).expect_err("a code is needed");
    let last = (Some(Factors::Secret), Shortage::Code(Why::Amount), 600);
    assert_eq!(told(&till).last(), Some(&last), "another intent is another fact");
    assert_eq!(till.with(id, Factors::SecretAndCode), Ok(()), "a refusal ends nothing");
}

/// How much must be presented.
fn strictness(need: Need) -> u8 {
    match need {
        Need::Nothing(_) => 0,
        Need::Secret(_) => 1,
        Need::TwoFactors(_) => 2,
        Need::Never(_) | Need::OnHold(_) => 3,
    }
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![0..20_u128, 0..2_000_u128, any::<u128>()]
}

fn bases() -> impl Strategy<Value = Basis> {
    let window = prop::option::of((0..2_000_u32).prop_map(Span::from_minutes));
    let day = (amount(), amount(), amount()).prop_map(|(unasked, by_one, all)| {
        let by_one = by_one.saturating_add(unasked);
        Day { unasked, by_one, all: all.saturating_add(by_one) }
    });
    let held = prop::option::weighted(0.2, Just(HELD));
    (amount(), any::<bool>(), any::<bool>(), window, day, held).prop_map(
        |(units, payee_known, device_known, window, day, hold_until)| Basis {
            currency: code("CNY"),
            units,
            payee_known,
            device_known,
            window,
            day,
            hold_until,
        },
    )
}

fn policies() -> impl Strategy<Value = AskPolicy> {
    let limit = || prop::option::of(amount());
    let at_once = (limit(), limit(), limit());
    let a_day = (limit(), limit(), limit(), limit(), amount());
    let rules = (at_once, a_day).prop_map(
        |(
            (unasked, in_window, one_factor),
            (unasked_day, in_window_day, one_factor_day, two, on_hold_day),
        )| {
            CurrencyRules {
                unasked,
                unasked_day,
                in_window,
                in_window_day,
                one_factor,
                one_factor_day,
                two_factors_day: two,
                on_hold_day,
            }
        },
    );
    let windows = prop::sample::select(AskFrequency::ALL.to_vec());
    (rules, windows, any::<bool>(), any::<bool>()).prop_map(|(others, windows, payee, device)| AskPolicy {
        windows,
        ask_new_payee: payee,
        ask_unknown_device: device,
        currencies: [].into_iter().collect(),
        others,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn less_danger_never_asks_for_more(basis in bases(), policy in policies(), smaller in any::<u128>()) {
        let asked = strictness(need(&basis, &policy));
        let day = |part: u128| Day { unasked: part.min(basis.day.unasked), by_one: part.min(basis.day.by_one), all: part.min(basis.day.all) };
        for safer in [
            Basis { units: smaller.min(basis.units), ..basis },
            Basis { day: day(smaller), ..basis },
            Basis { payee_known: true, ..basis },
            Basis { device_known: true, ..basis },
            Basis { window: Some(Span::ZERO), ..basis },
            Basis { hold_until: None, ..basis },
        ] {
            prop_assert!(strictness(need(&safer, &policy)) <= asked, "{safer:?}");
        }
    }

    #[test]
    fn a_stricter_policy_never_asks_for_less(basis in bases(), policy in policies(), lower in any::<u128>()) {
        let asked = strictness(need(&basis, &policy));
        let rules = policy.others;
        let less = |limit: Option<u128>| Some(limit.map_or(lower, |limit| limit.min(lower)));
        let with = |others| AskPolicy { others, ..policy.clone() };
        for stricter in [
            AskPolicy { windows: AskFrequency::Every, ..policy.clone() },
            AskPolicy { ask_new_payee: true, ..policy.clone() },
            AskPolicy { ask_unknown_device: true, ..policy.clone() },
            with(CurrencyRules { unasked: None, ..rules }),
            with(CurrencyRules { unasked_day: rules.unasked_day.map(|limit| limit.min(lower)), ..rules }),
            with(CurrencyRules { in_window: less(rules.in_window), ..rules }),
            with(CurrencyRules { in_window_day: less(rules.in_window_day), ..rules }),
            with(CurrencyRules { one_factor: less(rules.one_factor), ..rules }),
            with(CurrencyRules { one_factor_day: less(rules.one_factor_day), ..rules }),
            with(CurrencyRules { two_factors_day: less(rules.two_factors_day), ..rules }),
            with(CurrencyRules { on_hold_day: rules.on_hold_day.min(lower), ..rules }),
        ] {
            prop_assert!(strictness(need(&basis, &stricter)) >= asked, "{stricter:?}");
        }
    }
}
