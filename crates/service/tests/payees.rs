//! By what a payee is known again: the platform's own name for it, or else what the person reads.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal, Reply};
use countersign_domain::ask::{AskFrequency, WindowOpens};
use countersign_domain::asking::Why;
use countersign_domain::command::{Command, NewIntent, Subject};
use countersign_domain::id::AccountId;
use countersign_domain::intent::{IntentView, Line};
use countersign_domain::money::CurrencyCode;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use support::{APP, World, plain};

const RIGHT: &str = "kZ81mq";

/// A payee's text and, where the platform gives one, its own name.
type Payee = (&'static str, Option<&'static str>);

async fn intent(world: &World, account: AccountId, (payee, id): Payee) -> Box<IntentView> {
    let new = NewIntent {
        account,
        amount: "1.00".to_owned(),
        currency: CurrencyCode::parse("EUR").expect("a code"),
        payee: Line::parse(payee).expect("a line"),
        payee_id: id.and_then(Line::parse),
        reference: None,
        memo: None,
        details: None,
        life_s: None,
    };
    match world.run(Command::CreateIntent(Box::new(new))).await {
        Ok(Reply::IntentCreated(view)) => view,
        other => panic!("no intent: {:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_is_known_by_the_platforms_name_for_it_or_else_by_its_text() {
    let table: [(Payee, Payee, bool); 7] = [
        (("ACME", None), ("ACME", None), true),
        (("ACME", None), ("ACME Tea", None), false),
        (("ACME", Some("m-1")), ("ACME Tea", Some("m-1")), true),
        (("ACME", Some("m-1")), ("ACME", Some("m-2")), false),
        (("ACME", Some("m-1")), ("ACME", None), false),
        (("ACME", None), ("ACME", Some("m-1")), false),
        (("ACME", Some("m-1")), ("m-1", None), false),
    ];
    for (paid, next, known) in table {
        let mut policy = Policy::default();
        policy.payments.ask.ask_new_payee = true;
        let world = World::with(policy, 8).await;
        let account = world.account("payer", &[(Kind::Payment, RIGHT)]).await;
        let (subject, choice) = (Subject::Account(account), AskFrequency::Hour);
        let opens = WindowOpens::OnVerify;
        world.run(Command::ChooseAskFrequency { subject, choice, holder: APP, opens }).await.expect("chosen");
        let first = intent(&world, account, paid).await;
        let approve =
            |intent, presented| Command::ApproveIntent { intent, presented, code: None, holder: APP };
        world.run(approve(first.id, Some(plain(RIGHT)))).await.expect("the right secret");
        let consume = Command::ConsumeIntent { intent: first.id, digest: Some(first.digest) };
        world.run(consume).await.expect("approved");
        let second = intent(&world, account, next).await;
        let asked = Refusal::Intent(IntentRefusal::SecretRequired(Why::NewPayee));
        let told = world.run(approve(second.id, None)).await.err();
        assert_eq!(told, (!known).then_some(asked), "{paid:?}, then {next:?}");
    }
}
