//! Sections `events` and `webhooks`: how the feed of events is read, and where it is sent.

use std::path::PathBuf;

use countersign_domain::time::Span;
use countersign_domain::webhook::guard::{Block, Rules};
use countersign_service::Outward;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Cidr;

/// How the feed of events is kept and followed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// Days for which an event keeps its place in the feed: who follows can come back, and a webhook can be told again, for as
    /// long. At least a day more than the five for which an endpoint may take nothing. The audit trail itself is kept for good.
    #[schemars(range(min = 6, max = 90))]
    pub feed_days: u32,
    /// Milliseconds between two looks for new events while anybody follows.
    #[schemars(range(min = 10, max = 10_000))]
    pub poll_ms: u32,
    /// Streams of events (`GET /v1/events` as `text/event-stream`) that are open at once; one more is answered as overloaded.
    #[schemars(range(min = 0, max = 10_000))]
    pub streams: usize,
}

impl Default for Events {
    fn default() -> Self {
        // Longer than a message is tried again for, which is three days and a half.
        Self { feed_days: 7, poll_ms: 100, streams: 64 }
    }
}

/// Webhooks: where they may go, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Whether this server tells webhooks of events. Where none does, they are told later.
    pub deliver: bool,
    /// Address ranges that webhooks may call although they are not public, on any port and also by `http`. Under `dev` this
    /// machine is allowed.
    pub allow_private: Vec<Cidr>,
    /// Ports that webhooks may call elsewhere.
    #[schemars(inner(range(min = 1, max = 65_535)))]
    pub ports: Vec<u16>,
    /// The most webhooks that there may be.
    #[schemars(range(min = 0, max = 1000))]
    pub most: u32,
    /// Messages that are under way to one webhook at once.
    #[schemars(range(min = 1, max = 256))]
    pub concurrency: usize,
    /// File with the only certificate authorities to trust, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            deliver: true,
            allow_private: Vec::new(),
            ports: Rules::default().ports,
            most: 50,
            concurrency: 8,
            ca_file: None,
        }
    }
}

/// What the service is told of both, `dev` or not.
pub(super) fn of(events: &Events, webhooks: &Webhooks, dev: bool) -> Outward {
    let loopback = ["127.0.0.0/8", "::1"].into_iter().filter_map(|range| range.parse::<Cidr>().ok());
    let loopback = loopback.filter(|_| dev);
    let block = |range: Cidr| {
        let (address, bits) = range.parts();
        Block { address, bits }
    };
    let allowed = webhooks.allow_private.iter().copied().chain(loopback).map(block).collect();
    Outward {
        feed_life: Span::from_hours(events.feed_days.saturating_mul(24)),
        webhooks: webhooks.most,
        rules: Rules { allowed, ports: webhooks.ports.clone() },
    }
}
