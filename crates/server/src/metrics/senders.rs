//! How the senders of codes do. There are as many as are configured, and no number is ever a label.

use core::time::Duration;

use metrics::{Key, Label, Recorder};

use super::{METADATA, Metrics};
use crate::senders::{SenderObserver, SenderOutcome};

impl SenderObserver for Metrics {
    fn asked(&self, sender: &str, outcome: SenderOutcome, took: Duration) {
        let labels = vec![of(sender), Label::new("outcome", outcome.as_str())];
        self.recorder
            .register_counter(&Key::from_parts("countersign_codes_sent_total", labels), &METADATA)
            .increment(1);
        self.recorder
            .register_histogram(
                &Key::from_parts("countersign_codes_sent_seconds", vec![of(sender)]),
                &METADATA,
            )
            .record(took.as_secs_f64());
    }

    fn fell_back(&self, sender: &str) {
        let key = Key::from_parts("countersign_codes_fallbacks_total", vec![of(sender)]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }
}

fn of(sender: &str) -> Label {
    Label::new("sender", sender.to_owned())
}
