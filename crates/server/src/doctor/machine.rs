//! Memory, disk, open files, the master key's file, and the hash engine.

use std::fs;
use std::path::Path;

use countersign_crypto::engine::self_check;
use rustix::fs::statvfs;

use super::Check;
use crate::config::{Config, Loaded, Origin, StoreKind};
use crate::run;

/// Below this, a day of a busy server may fill the disk.
const LITTLE: u64 = 2 << 30;

/// Below this, the next log of the database may not fit.
const TOO_LITTLE: u64 = 200 << 20;

pub(super) fn checks(loaded: &Loaded) -> Vec<Check> {
    let config = &loaded.config;
    let mut checks = vec![engine(), open_files(config)];
    checks.extend(memory(config));
    if config.store.kind == StoreKind::Sqlite {
        checks.push(disk(&config.store.path));
    }
    checks.push(master_key(loaded));
    checks
}

fn engine() -> Check {
    match self_check() {
        Ok(()) => Check::ok("hash_engine", "Both hash engines give the known answers."),
        Err(error) => Check::failed(
            "hash_engine",
            format!("A hash engine gives a wrong answer: {error}"),
            "Serve nothing from this machine: look at its memory and at the program's checksum.",
        ),
    }
}

fn memory(config: &Config) -> Vec<Check> {
    let planned = config.pool().map_err(|error| error.to_string());
    let planned = planned.and_then(|pool| run::memory_plan(config, &pool).map_err(|error| error.to_string()));
    match planned {
        Err(why) => vec![Check::failed("memory", why, "Give the process more memory, or the hash less.")],
        Ok(plan) => {
            let warnings: Vec<_> = plan
                .warnings()
                .into_iter()
                .map(|warning| Check::warn("memory", warning, "Give the process more memory, or allow less."))
                .collect();
            if warnings.is_empty() {
                vec![Check::ok("memory", "It is enough for everything that is allowed.")]
            } else {
                warnings
            }
        }
    }
}

fn open_files(config: &Config) -> Check {
    let connections = config.server.max_connections;
    match run::fewer_connections_than(connections) {
        None => Check::ok("open_files", format!("{connections} connections may be open at once.")),
        Some(possible) => Check::warn(
            "open_files",
            format!("{connections} connections are allowed, and the limit of open files lets {possible} be."),
            "Raise it (LimitNOFILE= in systemd, --ulimit nofile= in Docker), or lower server.max_connections.",
        ),
    }
}

fn disk(path: &Path) -> Check {
    let free = match statvfs(path) {
        Ok(told) => told.f_bavail.saturating_mul(told.f_frsize),
        Err(error) => {
            return Check::failed(
                "disk",
                format!("{}: {error}", path.display()),
                "Set store.path to a folder that is there.",
            );
        }
    };
    let told = format!("{} MiB are free at {}.", free >> 20, path.display());
    match free {
        ..TOO_LITTLE => {
            Check::failed("disk", told, "Make room at once: nothing is written when the disk is full.")
        }
        TOO_LITTLE..LITTLE => Check::warn("disk", told, "Make room, or move store.path to a larger disk."),
        _ => Check::ok("disk", told),
    }
}

fn master_key(loaded: &Loaded) -> Check {
    let setting = loaded.settings.iter().find(|setting| setting.path == "keys.master_key");
    match setting.map(|setting| &setting.origin) {
        Some(Origin::SecretFile(path, ..) | Origin::EnvironmentFile(_, path)) => key_file(path),
        _ if loaded.config.keys.master_key.is_some() => {
            Check::ok("master_key", "It is set. Is there a copy of it elsewhere?")
        }
        _ => Check::failed(
            "master_key",
            "It is not set.",
            "Make one with `countersign keygen` for a new database, or name the old one's file.",
        ),
    }
}

/// A key that others can read is no key.
fn key_file(path: &Path) -> Check {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) => {
            return Check::failed(
                "master_key",
                format!("{}: {error}", path.display()),
                "Put the key file back; without it nothing can be opened.",
            );
        }
    };
    if readable_by_others(&about) {
        return Check::failed(
            "master_key",
            format!("Others than its owner may read {}.", path.display()),
            format!("chmod 600 {}; and think about who has read it.", path.display()),
        );
    }
    Check::ok("master_key", "Only its owner may read the key's file. Is there a copy of it elsewhere?")
}

#[cfg(unix)]
fn readable_by_others(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &fs::Metadata) -> bool {
    false
}
