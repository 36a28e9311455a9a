//! Method and path to endpoint, over every dialect at once. The input is a line `METHOD path`.

use countersign_dialects::{Registry, Route};
use countersign_server::config::{Dialects, Preset};
use countersign_server::run::registry;
use http::Method;

use super::lines;
use crate::words::dialects::NAMES;
use crate::{Outcome, seeds};

thread_local! {
    static REGISTRY: Registry = registry(&Dialects::of(Preset::Default), true);
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    let [line] = lines(input);
    let mut words = line.splitn(2, |&c| c == b' ');
    let method = words.next().and_then(|word| Method::from_bytes(word).ok()).unwrap_or_default();
    let path = String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
    REGISTRY.with(|registry| match registry.route(&method, &path) {
        Route::Found { dialect, endpoint, params } => {
            let found = &dialect.endpoints()[endpoint];
            assert_eq!(found.method, method, "found under another method");
            assert_eq!(params.len(), found.path.matches('{').count(), "{} has other names", found.path);
            assert!(params.iter().all(|param| !param.is_empty()), "a name stands for nothing");
            assert_eq!(
                found.path.split('/').count(),
                path.split('/').count(),
                "segments appeared or vanished"
            );
            Outcome::of((dialect.name(), endpoint))
        }
        Route::OtherMethods { dialect, endpoint, allowed } => {
            assert!(!allowed.is_empty() && !allowed.iter().any(|other| other == method.as_str()));
            Outcome::of((dialect.name(), endpoint, &allowed))
        }
        Route::Nowhere => Outcome::of(()),
    })
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let vectors = NAMES.iter().flat_map(|name| seeds::vectors(name));
    let mut lines: Vec<_> = vectors.map(|v| format!("{} {}", v.method(), v.target()).into_bytes()).collect();
    lines.sort();
    lines.dedup();
    lines
}
