//! When webhooks are tried again, when they are given up, and who tells them.

use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{EventId, WebhookId};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Sealed;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::{
    Answered, Attempt, Disabled, Next, Progress, RETRIES, Scheme, Signing, Webhook, WebhookState,
};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId::from_bytes([1; 16]),
        tenant: TenantId::default_tenant(),
        url: "https://shop.example/hooks".into(),
        types: Vec::new(),
        description: String::new(),
        created_at: NOW,
        signing: Signing {
            scheme: Scheme::V1,
            current: Sealed(Vec::new()),
            version: 1,
            public: None,
            previous: Vec::new(),
        },
        state: WebhookState::Enabled,
        progress: Progress::default(),
    }
}

const fn answered(status: u16) -> Answered {
    Answered { status: Some(status), retry_after: None }
}

fn attempt(at: Timestamp) -> Attempt {
    Attempt { event: EventId::from_bytes([2; 16]), at, status: None, took_ms: 1, next: Next::GivenUp }
}

#[test]
fn what_failed_is_tried_again_by_the_schedule_and_then_given_up() {
    for (made, wait) in (1..).zip(RETRIES) {
        for dice in [0, 1, 12_345, u32::MAX] {
            let Next::At(next) = answered(500).next(made, NOW, dice) else { panic!("attempt {made}") };
            let waited = NOW.until(next);
            assert!(wait <= waited && waited.millis() <= wait.millis() + wait.millis() / 10, "{made}");
        }
    }
    assert_eq!(answered(500).next(10, NOW, 0), Next::GivenUp);
    assert_eq!(answered(204).next(10, NOW, 0), Next::Delivered);
    assert!(!answered(302).is_success(), "nobody is followed elsewhere");
}

#[test]
fn an_endpoint_may_ask_to_be_left_alone() {
    let ask = |status, secs| Answered { status: Some(status), retry_after: Some(Span::from_secs(secs)) };
    assert_eq!(ask(503, 600).next(1, NOW, 0), Next::At(NOW + Span::from_secs(600)));
    assert_eq!(ask(429, 1).next(2, NOW, 0), Next::At(NOW + Span::from_minutes(5)), "but not to be hurried");
    assert_eq!(ask(500, 600).next(1, NOW, 0), Next::At(NOW + Span::from_secs(5)));
    let longest = ask(503, 10_000_000).next(1, NOW, 0);
    assert_eq!(longest, Next::At(NOW + Span::from_hours(24)));
}

#[test]
fn one_that_is_gone_or_fails_for_long_is_disabled() {
    let mut gone = webhook();
    assert_eq!(gone.note(&[(attempt(NOW), answered(410))], NOW), Some(Disabled::Gone));
    assert_eq!(gone.note(&[(attempt(NOW), answered(410))], NOW), None, "told once");
    let mut failing = webhook();
    let days = |days: u32| NOW + Span::from_hours(24 * days);
    assert_eq!(failing.note(&[(attempt(NOW), answered(500))], NOW), None);
    assert_eq!(failing.note(&[(attempt(days(4)), answered(200))], days(4)), None);
    assert_eq!(failing.note(&[(attempt(days(4)), answered(500))], days(4)), None);
    assert_eq!(failing.note(&[(attempt(days(8)), answered(500))], days(8)), None);
    assert_eq!(failing.note(&[(attempt(days(9)), answered(500))], days(9)), Some(Disabled::Failing));
    failing.enable(FeedPlace::of(7));
    assert_eq!((failing.state, failing.progress.cursor), (WebhookState::Enabled, FeedPlace::of(7)));
    assert_eq!(failing.note(&[(attempt(days(9)), answered(500))], days(9)), None, "its time begins anew");
}

#[test]
fn one_server_at_a_time_tells_it() {
    let (mut webhook, span) = (webhook(), Span::from_secs(30));
    assert!(webhook.hold([1; 8], NOW, span) && webhook.is_held_by([1; 8]));
    assert!(!webhook.hold([2; 8], NOW + Span::from_secs(29), span));
    assert!(webhook.hold([1; 8], NOW + Span::from_secs(29), span), "kept");
    assert!(webhook.hold([2; 8], NOW + Span::from_secs(60), span), "and lost");
    assert!(!webhook.is_held_by([1; 8]));
    let ahead = NOW - Span::from_hours(1);
    assert!(!webhook.is_held_by_another([1; 8], ahead, span), "a clock that was ahead is no holder");
    assert!(webhook.hold([1; 8], ahead, span), "so whoever asks first has it");
}

#[test]
fn every_secret_that_was_replaced_signs_for_a_day_and_no_more_of_them_than_four() {
    let at = |hours: u32| NOW + Span::from_hours(hours);
    let mut signing = webhook().signing;
    signing.current = Sealed(vec![1]);
    for hour in 1..=4_u8 {
        assert_eq!(signing.rotate(Sealed(vec![hour + 1]), None, at(hour.into())), Ok(()), "{hour}");
    }
    let sign = |signing: &Signing, hours| -> Vec<(u32, u8)> {
        signing.signing(at(hours)).map(|(version, sealed)| (version, sealed.0[0])).collect()
    };
    assert_eq!(sign(&signing, 5), [(5, 5), (4, 4), (3, 3), (2, 2), (1, 1)]);
    let before = signing.clone();
    assert_eq!(signing.rotate(Sealed(vec![6]), None, at(24)), Err(at(25)), "until the oldest is a day old");
    assert_eq!(signing, before);
    assert_eq!(sign(&signing, 25), [(5, 5), (4, 4), (3, 3), (2, 2)]);
    assert_eq!(signing.rotate(Sealed(vec![6]), None, at(25)), Ok(()));
    assert_eq!(sign(&signing, 25), [(6, 6), (5, 5), (4, 4), (3, 3), (2, 2)]);
    assert_eq!(sign(&signing, 49), [(6, 6)]);
}
