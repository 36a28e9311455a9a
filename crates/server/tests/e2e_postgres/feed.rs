//! The feed of two servers on one database, one of which is killed: the other goes on where it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use crate::receiver::Receiver;
use crate::server::Server;
use crate::stream::Reader;
use crate::webhooks::{create, happen};

#[test]
fn when_the_one_that_gives_places_and_tells_is_killed_the_other_goes_on_and_nothing_is_lost() {
    let one = Server::start();
    let two = Server::start_on(Arc::clone(&one.folder), &[]);
    let receiver = Receiver::start();
    create(&one, &receiver, &json!({ "types": ["secret_unlocked"] }));
    let mut reader = Reader::open(&two, "?types=secret_unlocked", None);
    let mut seen = Vec::new();
    for _ in 0..20 {
        assert_eq!(happen(&one), 200);
        assert_eq!(happen(&two), 200);
    }
    for _ in 0..10 {
        seen.push(reader.next().expect("an event"));
    }
    // In the middle of whatever it does.
    for _ in 0..10 {
        assert_eq!(happen(&one), 200);
    }
    let folder = one.kill();
    for _ in 0..10 {
        assert_eq!(happen(&two), 200);
    }
    while seen.len() < 60 {
        seen.push(reader.next().expect("an event"));
    }
    let places: Vec<u64> = seen.iter().map(|event| event.id.parse().expect("a number")).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "in order");
    let facts: BTreeSet<&str> = seen.iter().map(|event| event.data["id"].as_str().expect("an id")).collect();
    assert_eq!(facts.len(), 60, "each once");
    let told = receiver.until("/hooks", |came| {
        came.iter().map(|message| message.id().to_owned()).collect::<BTreeSet<_>>().len() >= 60
    });
    assert!(told.iter().all(|message| facts.contains(message.id())), "and nothing else");
    drop(folder);
}
