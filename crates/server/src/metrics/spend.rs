//! What codes cost, by prefix. There are some hundred prefixes at most; no number is ever a label.

use countersign_domain::calling::Prefix;
use countersign_domain::spend::{Money, Turned};
use countersign_service::CodeStop;
use metrics::{Key, Label, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::METADATA;

/// A code was not sent because of what codes cost.
pub(super) fn stopped(recorder: &PrometheusRecorder, prefix: &Prefix, why: CodeStop) {
    tracing::warn!(%prefix, why = why.as_str(), "a code was not sent because of what codes cost");
    let labels = vec![of(prefix), Label::new("why", why.as_str())];
    recorder
        .register_counter(&Key::from_parts("countersign_code_stopped_total", labels), &METADATA)
        .increment(1);
}

/// Codes have cost so much more, in millionths of the currency: counters are whole numbers.
pub(super) fn spent(recorder: &PrometheusRecorder, prefix: &Prefix, cost: Money) {
    let key = Key::from_parts("countersign_code_spend_total", vec![of(prefix)]);
    recorder.register_counter(&key, &METADATA).increment(cost.millionths());
}

/// Whether only a trickle is let through, as this server last saw it.
pub(super) fn breaker(recorder: &PrometheusRecorder, prefix: &Prefix, tripped: bool, turned: Option<Turned>) {
    match turned {
        None => {}
        Some(Turned::Closed) => tracing::info!(%prefix, "codes are verified again; they flow freely"),
        Some(Turned::Tripped) => {
            tracing::error!(%prefix, "hardly any code is verified: only a trickle is sent from now on");
        }
        Some(Turned::Prolonged) => {
            tracing::warn!(%prefix, "too little of the trickle is verified: it stays a trickle");
        }
    }
    let key = Key::from_parts("countersign_code_breaker_tripped", vec![of(prefix)]);
    recorder.register_gauge(&key, &METADATA).set(f64::from(u8::from(tripped)));
}

fn of(prefix: &Prefix) -> Label {
    Label::new("prefix", prefix.to_string())
}
