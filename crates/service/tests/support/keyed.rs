//! Requests with an idempotency key, some of which die on their way.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use std::sync::Arc;

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::command::Command;
use countersign_domain::device::DevicePresented;
use countersign_domain::id::AppId;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Span;
use countersign_service::{Admission, Context, Wording};

use super::{World, origin};

const APP: AppId = AppId::from_bytes([1; 16]);
const LEASE: Span = Span::from_secs(60);

/// What a request with a key came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// Answered now.
    First(String),
    /// Answered before, in these words.
    Again(String),
    Running,
    Mismatch,
    /// Nobody is there to answer any more.
    Died,
}

impl Told {
    pub fn text(&self) -> &str {
        match self {
            Self::First(text) | Self::Again(text) => text,
            other => panic!("no answer: {other:?}"),
        }
    }
}

/// An answer as its caller reads it, with all that is shown only once.
fn words(outcome: Result<&Done, &Refusal>) -> String {
    let done = match outcome {
        Err(refusal) => return format!("{refusal:?}"),
        Ok(done) => done,
    };
    let reply = match &done.reply {
        Reply::Verified { fresh_until, .. } => format!("verified {fresh_until:?}"),
        Reply::SecretSet => "set".to_owned(),
        Reply::SecretChanged => "changed".to_owned(),
        Reply::SecretReset => "reset".to_owned(),
        Reply::AccountCreated(view) => format!("created {:?}", view.id),
        Reply::Unlocked(view) => format!("unlocked {:?}", view.id),
        Reply::SessionOpened(opened) => format!("opened {}", opened.access_token.expose()),
        _ => panic!("not asked for here"),
    };
    format!("{reply} {}", done.device.as_ref().map_or("", SecretText::expose))
}

/// Sends a request with a key. It dies at its `dies_at`-th step, wherever that is, if it is not done by then.
pub async fn send(world: &World, key: &str, body: &str, command: Command, dies_at: usize) -> Told {
    let admitted = world.service.admit_key(APP, key, &[b"POST", body.as_bytes()], LEASE).await;
    let claim = match admitted.expect("no fault") {
        Admission::Fresh(claim) => claim,
        Admission::Answered(bytes) => return Told::Again(String::from_utf8(bytes).expect("text")),
        Admission::Running => return Told::Running,
        Admission::Mismatch => return Told::Mismatch,
    };
    let wording: Wording = Arc::new(|outcome, _| words(outcome).into_bytes());
    let claim = claim.worded(wording);
    let (key, device) = (Some(claim.clone()), DevicePresented::Unknown);
    let context = Context { key, device, ..Context::of(origin()) };
    let mut work = pin!(async {
        let outcome = world.service.execute(command, context).await.expect("no fault");
        world.service.settle_key(&claim, outcome.as_ref()).await.expect("no fault");
        Told::First(words(outcome.as_ref()))
    });
    let mut steps = 0;
    poll_fn(|task| {
        if steps == dies_at {
            return Poll::Ready(Told::Died);
        }
        steps += 1;
        work.as_mut().poll(task)
    })
    .await
}

/// It does not die.
pub const LIVES: usize = usize::MAX;
