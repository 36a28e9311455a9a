//! A clock that is set back: what a caller was told of an intent stays true, also by those that only look.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal, Reply};
use countersign_domain::command::{Command, NewIntent, Page, Subject};
use countersign_domain::id::{AccountId, IntentId};
use countersign_domain::intent::{Line, Stage};
use countersign_domain::money::CurrencyCode;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::{APP, World, plain};

const RIGHT: &str = "kZ81mq";

fn all_of(account: AccountId) -> Command {
    let page = Page { after: None, limit: 50 };
    Command::ListIntents { subject: Subject::Account(account), stage: None, page }
}

async fn intent(world: &World, account: AccountId) -> IntentId {
    let new = NewIntent {
        account,
        amount: "1.00".to_owned(),
        currency: CurrencyCode::parse("EUR").expect("a code"),
        payee: Line::parse("ACME Tea").expect("a line"),
        payee_id: None,
        reference: None,
        memo: None,
        details: None,
        life_s: None,
    };
    match world.run(Command::CreateIntent(Box::new(new))).await {
        Ok(Reply::IntentCreated(view)) => view.id,
        other => panic!("no intent: {:?}", other.err()),
    }
}

async fn stage(world: &World, id: IntentId) -> Stage {
    match world.run(Command::ReadIntent(id)).await {
        Ok(Reply::Intent(view, _)) => view.stage,
        other => panic!("it is not told of: {:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_was_read_as_expired_is_expired_for_good() {
    for looks in ["read", "list", "code", "nobody"] {
        let world = World::new().await;
        let account = world.account("payer", &[(Kind::Payment, RIGHT)]).await;
        let id = intent(&world, account).await;
        let begun = world.service.now();
        world.clock.go_to(begun + Span::from_minutes(5));
        match looks {
            "read" => assert_eq!(stage(&world, id).await, Stage::Expired),
            "list" => match world.run(all_of(account)).await {
                Ok(Reply::Intents(listed)) => assert_eq!(listed.items[0].stage, Stage::Expired),
                other => panic!("no list: {:?}", other.err()),
            },
            "code" => {
                let told = world.run(Command::IssueIntentCode { intent: id, mobile: None }).await;
                assert_eq!(told.err(), Some(Refusal::Intent(IntentRefusal::Expired)));
            }
            _ => {}
        }
        world.clock.go_to(begun + Span::from_secs(1));
        let (presented, holder) = (Some(plain(RIGHT)), APP);
        let approve = Command::ApproveIntent { intent: id, presented, code: None, holder };
        let told = world.run(approve).await.err();
        let expired = (looks != "nobody").then_some(Refusal::Intent(IntentRefusal::Expired));
        assert_eq!(told, expired, "{looks}");
        let after = stage(&world, id).await;
        assert_eq!(after == Stage::Expired, looks != "nobody", "{looks}: {after:?}");
    }
}
