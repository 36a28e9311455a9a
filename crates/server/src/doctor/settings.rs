//! What the settings say, and the files that they name.

use std::sync::Arc;

use super::Check;
use crate::config::store_advice::of_store;
use crate::config::{Config, Loaded, SenderKind, advice};
use crate::http::tls;
use crate::{logs, run};

const FIX: &str = "Correct the setting; `countersign config check` says whether it is right.";

pub(super) fn checks(loaded: &Loaded) -> Vec<Check> {
    let config = &loaded.config;
    let mut checks = vec![log(config), certificates(config), admin(config), codes(config)];
    let advice = [advice::of(loaded), advice::of_hash(loaded), of_store(loaded)].into_iter().flatten();
    let warnings: Vec<_> = advice.map(|advice| Check::warn("settings", advice.words, FIX)).collect();
    if warnings.is_empty() {
        checks.push(Check::ok("settings", "The settings are valid, and none of them is weak."));
    }
    checks.extend(warnings);
    checks
}

fn log(config: &Config) -> Check {
    match logs::parse(&config.log.filter) {
        Ok(_) => Check::ok("log", format!("The log's filter is {}.", config.log.filter)),
        Err(error) => Check::failed("log", format!("The log's filter cannot be read: {error}"), FIX),
    }
}

fn certificates(config: &Config) -> Check {
    let files = [config.server.tls.files(), config.server.admin_tls.files()];
    let used = files.into_iter().flatten().map(tls::server_config).collect::<Result<Vec<_>, _>>();
    match used.as_deref() {
        Ok([]) => Check::warn(
            "tls",
            "Neither listener speaks TLS itself.",
            "Let a proxy on this machine speak it, or set server.tls and server.admin_tls.",
        ),
        Ok(used) => {
            Check::ok("tls", format!("{} of 2 listeners speak TLS with a certificate of theirs.", used.len()))
        }
        Err(error) => Check::failed(
            "tls",
            format!("A certificate cannot be used: {error}"),
            "Put files there that can be read and belong together.",
        ),
    }
}

/// Whoever reaches the admin listener reads metrics and may try to sign in.
fn admin(config: &Config) -> Check {
    let address = config.server.admin_listen;
    if address.ip().is_loopback() || config.server.admin_tls.files().is_some() {
        return Check::ok("admin_listener", format!("The admin listener is at {address}."));
    }
    Check::warn(
        "admin_listener",
        format!(
            "The admin listener is at {address}, which others reach, and speaks no TLS: browsers keep no session there."
        ),
        "Let it listen on loopback behind a proxy, or set server.admin_tls.",
    )
}

fn codes(config: &Config) -> Check {
    let sender = &config.codes.sender;
    if let Err(error) = run::sender(config, Arc::new(())) {
        return Check::failed("codes", format!("The sender of codes cannot be used: {error}"), FIX);
    }
    if sender.kind == SenderKind::None {
        return Check::warn(
            "codes",
            "No sender of codes is set: nobody can reset a secret.",
            "Set codes.sender.kind; see docs/codes.md.",
        );
    }
    Check::ok("codes", "A sender of codes is set.")
}
