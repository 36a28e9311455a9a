//! Two servers on one database: nothing that decides is in one of them alone.

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_store::contract::sample::{self, account, at, id, index};
use countersign_store::door::{Lookup, Store};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::{note, noted, open};

async fn two() -> [PostgresStore; 2] {
    let url = Server::shared().database();
    [open(&url).await, open(&url).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_guesses_by_both_the_budget_is_charged() {
    let nodes = two().await;
    nodes[0].create(account(1), Vec::new(), None).await.expect("creates");
    let tasks: Vec<_> = (0..1000)
        .map(|n| {
            let store = nodes[n % 2].clone();
            tokio::spawn(async move {
                let begun = store.update(id(1), |draft| {
                    sample::with_scene(1, |scene| {
                        attempt::begin(&mut draft.account, Guess::at(Kind::Payment), scene)
                    })
                });
                matches!(begun.await, Ok(Some(Begun::Compare(..))))
            })
        })
        .collect();
    let mut charged = 0;
    for task in tasks {
        charged += u32::from(task.await.expect("joins"));
    }
    assert_eq!(charged, Policy::default().guesses.burst);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_both_run_one_after_another() {
    let nodes = two().await;
    for n in 0..8 {
        nodes[0].create(account(n), Vec::new(), None).await.expect("creates");
    }
    let tasks: Vec<_> = (0..400_u32)
        .map(|n| {
            let store = nodes[n as usize % 2].clone();
            tokio::spawn(async move { note(&store, n / 2 % 8).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("joins").expect("writes");
    }
    for n in 0..8 {
        assert_eq!(noted(&nodes[1], n).await, 51);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time_sweeps_and_another_takes_over() {
    let nodes = two().await;
    nodes[0].create(account(1), vec![Lookup::Session(index(1), at(10))], None).await.expect("creates");
    assert!(nodes[1].once(index(1), at(200), at(0)).await.expect("answers"));
    assert_eq!(nodes[0].sweep(at(10), 10).await.expect("sweeps"), 1);
    assert_eq!(nodes[1].sweep(at(11), 10).await.expect("leaves it to the other"), 0);
    assert_eq!(nodes[1].sweep(at(200), 10).await.expect("takes over"), 1);
    assert_eq!(nodes[0].sweep(at(201), 10).await.expect("leaves it to the other"), 0);
}
