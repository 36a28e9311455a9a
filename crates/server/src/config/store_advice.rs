//! What is allowed of the database and yet hardly meant: changes that a failover loses, secrets that others can read.

use crate::config::advice::{Advice, named};
use crate::config::{Loaded, StoreKind, SynchronousCommit};

/// Everything that is worth a warning about what these settings say of the database.
#[must_use]
pub fn of_store(loaded: &Loaded) -> Vec<Advice> {
    let (store, named) = (&loaded.config.store, |path: &str| named(&loaded.settings, path));
    let mut all = Vec::new();
    if store.read_only {
        let words = format!(
            "{}: every change and every guess is refused until it is taken back",
            named("store.read_only")
        );
        all.push(Advice { code: "read_only", words });
    }
    let (StoreKind::Postgres, Some(address)) = (store.kind, store.postgres.address()) else { return all };
    if address.leaves_the_machine() && store.postgres.ca.is_none() {
        let words = format!(
            "{} leads to another machine, and without store.postgres.ca nothing on the way is encrypted, nor is it known \
             who answers",
            named("store.postgres.url")
        );
        all.push(Advice { code: "not_encrypted", words });
    }
    let weak = matches!(store.postgres.synchronous_commit, SynchronousCommit::Off | SynchronousCommit::Local);
    if weak {
        let words = format!(
            "{} accepts a server that acknowledges what a crash or a failover then loses, a changed secret or a charged \
             guess among it",
            named("store.postgres.synchronous_commit")
        );
        all.push(Advice { code: "not_durable", words });
    }
    if address.hosts.len() > 1 && !weak && !store.postgres.require_standby {
        let words = format!(
            "several servers are named, and {} accepts one that waits for no standby: what it acknowledges alone is lost \
             when another takes its place",
            named("store.postgres.require_standby")
        );
        all.push(Advice { code: "not_durable", words });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn codes(variables: &[(&str, &str)]) -> Vec<&'static str> {
        let environment = variables.iter().copied().collect();
        let loaded = Sources { environment, ..Sources::default() }.load();
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        let advice = of_store(&loaded);
        assert!(advice.iter().all(|advice| !advice.words.contains("hidden")), "a secret is told");
        advice.iter().map(|advice| advice.code).collect()
    }

    #[test]
    fn what_could_be_lost_or_read_is_told() {
        let [kind, url, ca] =
            ["KIND", "POSTGRES__URL", "POSTGRES__CA"].map(|name| format!("COUNTERSIGN_STORE__{name}"));
        let [commit, standby] = ["SYNCHRONOUS_COMMIT", "REQUIRE_STANDBY"]
            .map(|name| format!("COUNTERSIGN_STORE__POSTGRES__{name}"));
        let with = |address, more: &[(&str, &str)]| {
            codes(&[&[(kind.as_str(), "postgres"), (url.as_str(), address)], more].concat())
        };
        assert!(with("postgresql://u:hidden@127.0.0.1/x", &[]).is_empty());
        assert_eq!(with("postgresql://u:hidden@db/x", &[]), ["not_encrypted"]);
        let (several, ca) = ("postgresql://u:hidden@a,b/x", (ca.as_str(), "ca.pem"));
        assert_eq!(with(several, &[]), ["not_encrypted", "not_durable"]);
        assert!(with(several, &[ca, (&standby, "true")]).is_empty());
        assert_eq!(with(several, &[ca, (&commit, "local")]), ["not_durable"]);
        assert_eq!(codes(&[("COUNTERSIGN_STORE__READ_ONLY", "true")]), ["read_only"]);
        assert!(codes(&[]).is_empty());
    }
}
