//! The same key with the same request gives the first answer.

use countersign_domain::answer::Reply;
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::command::Command;
use countersign_domain::event::{Actor, Origin};
use countersign_service::Context;

use crate::site::{Scene, scene, server};
use crate::wire::request;

async fn api_key(scene: &Scene) -> String {
    let origin =
        Origin { dialect: "test".to_owned(), actor: Actor::Server, request_id: "req_test".to_owned() };
    let command =
        Command::CreateApp { name: "till".to_owned(), kind: AppKind::Api, scopes: Scopes::default() };
    let done = scene
        .running
        .service()
        .execute(command, Context::of(origin))
        .await
        .expect("no fault")
        .expect("no refusal");
    match done.reply {
        Reply::AppCreated(_, key) => key.expose().to_owned(),
        _ => panic!("an app was asked for"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_is_given_again() {
    let scene = scene(server()).await;
    let headers = format!("Authorization: Bearer {}\r\nIdempotency-Key: k-1\r\n", api_key(&scene).await);
    let first = request(scene.at.public, "POST /probe/apps", &headers, "{}").await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    let again = request(scene.at.public, "POST /probe/apps", &headers, "{}").await;
    assert_eq!((again.status, again.body.as_str()), (201, first.body.as_str()));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.header("content-type"), Some("text/plain"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    for (line, body) in
        [("POST /probe/apps", "{ }"), ("POST /probe/apps?x=1", "{}"), ("POST /probe/echo", "{}")]
    {
        let other = request(scene.at.public, line, &headers, body).await;
        assert_eq!((other.status, other.body.as_str()), (422, "IdempotencyMismatch"), "{line} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_an_app_means_nothing() {
    let scene = scene(server()).await;
    let once = request(scene.at.public, "POST /probe/apps", "Idempotency-Key: k-1\r\n", "").await;
    let twice = request(scene.at.public, "POST /probe/apps", "Idempotency-Key: k-1\r\n", "").await;
    assert_ne!(once.body, twice.body);
}
