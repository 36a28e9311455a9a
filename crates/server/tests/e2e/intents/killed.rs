//! Servers that are killed between an approval and its use, and in the middle of many uses at once.
//!
//! What was acknowledged is so, nothing is consumed twice, what was not answered is either, and asking again under the same
//! key tells which.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use serde_json::json;

use super::{Buyer, Intent, RIGHT, is, told};
use crate::server::Server;

/// Cheap hashes: the less is computed the more is written when a kill comes.
const CHEAP: [(&str, &str); 5] = [
    ("COUNTERSIGN_HASH__PRESET", "custom"),
    ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
    ("COUNTERSIGN_HASH__MEMORY_KIB", "64"),
    ("COUNTERSIGN_HASH__PASSES", "1"),
    ("COUNTERSIGN_HASH__LANES", "1"),
];
/// So long may a request be at work before another one carries it on, in seconds.
const LEASE_S: u32 = 65;
/// Callers who want the same intent, each under a key of its own.
const RIVALS: usize = 3;
const INTENTS: usize = 16;

/// What each rival was told of each intent: a status, or nothing.
type Journal = Vec<[Option<u16>; RIVALS]>;

#[test]
fn a_kill_between_approval_and_use_or_among_many_uses_consumes_nothing_twice() {
    let mut folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    let mut open = 0;
    for round in 0..10_u64 {
        let servers = [Server::start_on(folder, &CHEAP)];
        let buyer = Buyer::new(&servers, &format!("raced-{round}"));
        let intents: Vec<Intent> = (0..INTENTS).map(|_| buyer.approved()).collect();
        let [server] = servers;
        // None at all, in the first: between the approvals and their use.
        let answers = (round * 7) % 48;
        let (killed, journal) = storm(&buyer, &intents, answers, || server.kill());
        let servers = [Server::start_on(killed, &CHEAP)];
        let buyer = Buyer { bearer: bearer(&servers[0]), nodes: vec![servers[0].http.clone()], ..buyer };
        open += settle(&servers[0], &buyer, &intents, &journal);
        let [server] = servers;
        folder = server.kill();
    }
    assert!(open > 0, "some requests were cut off");
}

#[test]
fn what_one_server_left_unanswered_is_answered_by_the_other() {
    let mut open = 0;
    for round in 0..4_u64 {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let one = Server::start_on(Arc::clone(&folder), &CHEAP);
        let servers = [Server::start_on(folder, &CHEAP), one];
        // The key is the survivor's.
        let buyer = Buyer::new(&servers, "raced");
        let intents: Vec<Intent> = (0..INTENTS).map(|_| buyer.approved()).collect();
        let [survivor, killed] = servers;
        let (_folder, journal) = storm(&buyer, &intents, 3 + round * 5, || killed.kill());
        let buyer = Buyer { nodes: vec![survivor.http.clone()], ..buyer };
        open += settle(&survivor, &buyer, &intents, &journal);
    }
    assert!(open > 0, "some requests were cut off");
}

fn bearer(server: &Server) -> String {
    format!("Bearer {}", server.says("/api_key"))
}

/// Every rival wants every intent, until the servers are gone; `kill` comes after so many answers. Gives what `kill` gives.
fn storm<R>(buyer: &Buyer, intents: &[Intent], answers: u64, kill: impl FnOnce() -> R) -> (R, Journal) {
    let (answered, heard) = channel();
    thread::scope(|scope| {
        let rivals: Vec<_> = (0..RIVALS)
            .map(|rival| {
                let answered = answered.clone();
                scope.spawn(move || want(buyer, intents, rival, &answered))
            })
            .collect();
        drop(answered);
        let heard = heard.iter().take(usize::try_from(answers).expect("few")).count();
        assert_eq!(heard as u64, answers, "there was enough to do");
        let killed = kill();
        let mut journal: Journal = vec![[None; RIVALS]; intents.len()];
        for (rival, wants) in rivals.into_iter().enumerate() {
            for (n, told) in wants.join().expect("ends").into_iter().enumerate() {
                journal[n][rival] = told;
            }
        }
        (killed, journal)
    })
}

/// One rival, who begins at another place than the others; what it was told of each intent.
fn want(buyer: &Buyer, intents: &[Intent], rival: usize, answered: &Sender<()>) -> Vec<Option<u16>> {
    let mut told = vec![None; intents.len()];
    for step in 0..intents.len() {
        let n = (step + rival / 2) % intents.len();
        told[n] = consume(buyer, rival, &intents[n], rival).map(|(status, _)| status);
        // Whoever counts may have heard enough.
        let _ = answered.send(());
    }
    told
}

/// Under the rival's own key; `None` where the server was gone.
fn consume(buyer: &Buyer, node: usize, intent: &Intent, rival: usize) -> Option<(u16, String)> {
    let (key, body) = (format!("{}-{rival}", intent.id), json!({ "digest": intent.digest }));
    buyer
        .try_at(node, Some(&key), "POST", &intent.path("consume"), Some(&body))
        .ok()
        .map(|answer| told(&answer))
}

/// Checks what was told against what is, and asks every open question again. Gives how many were open.
fn settle(server: &Server, buyer: &Buyer, intents: &[Intent], journal: &Journal) -> usize {
    for (intent, told) in intents.iter().zip(journal) {
        let state = buyer.read(intent)["state"].clone();
        let won = told.iter().filter(|told| **told == Some(200)).count();
        assert!(won <= 1, "consumed twice: {told:?}");
        assert!(told.iter().flatten().all(|told| matches!(told, 200 | 409)), "{told:?}");
        match told.iter().flatten().count() {
            0 => assert!(state == "approved" || state == "consumed", "{state}"),
            _ => assert_eq!(state, "consumed", "an acknowledged use is one: {told:?}"),
        }
    }
    // Whoever was at work on a key is known to be gone by then.
    server.advance(LEASE_S);
    for (intent, before) in intents.iter().zip(journal) {
        let again: Vec<_> =
            (0..RIVALS).map(|rival| consume(buyer, 0, intent, rival).expect("it is there")).collect();
        for (before, (again, _)) in before.iter().zip(&again) {
            assert!(before.is_none_or(|before| before == *again), "a key has one answer: {before:?} {again}");
        }
        let won = again.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!(won, 1, "exactly one key has it: {before:?} {again:?}");
        is(&buyer.consume(0, intent), 409, "intent_consumed");
        assert_eq!(buyer.read(intent)["state"], "consumed");
        is(&buyer.approve(0, intent, RIGHT), 409, "intent_consumed");
    }
    let mut consumed: Vec<String> =
        buyer.events(server, "intent_consumed").iter().map(|event| super::text(event, "intent_id")).collect();
    let all = consumed.len();
    consumed.sort_unstable();
    consumed.dedup();
    assert_eq!((all, consumed.len()), (intents.len(), intents.len()), "each is told once");
    journal.iter().flatten().filter(|told| told.is_none()).count()
}
