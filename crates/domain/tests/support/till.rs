//! An account with a payment secret, and transactions put before its person.

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::ask::{self, AskFrequency, Holder, WindowOpens};
use countersign_domain::asking::Basis;
use countersign_domain::attempt::{self, Approves, Begun, Guess, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::event::What;
use countersign_domain::hold;
use countersign_domain::id::{AppId, IntentId};
use countersign_domain::intent::{self, Digest, Factors, Grounds, Line, PayeeMark, Stage, Transaction};
use countersign_domain::money::{Amount, Currency, CurrencyCode};
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;

use super::{World, verifier};

/// Whose windows count here.
pub const HOLDER: Holder = Holder::App(AppId::from_bytes([5; 16]));

/// How long an intent lives here if a test says nothing else.
pub const LIFE: Span = Span::from_minutes(5);

pub struct Till {
    pub world: World,
    pub account: Account,
    made: u16,
}

impl Till {
    pub fn new() -> Self {
        Self::under(|_| {})
    }

    /// Under a policy that is the default but for what is changed.
    pub fn under(change: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new();
        change(&mut world);
        let account = world.enrolled();
        Self { world, account, made: 0 }
    }

    /// A transaction of that amount, pending.
    pub fn create(&mut self, amount: &str) -> IntentId {
        self.try_create(amount, 1, LIFE).expect("there is room for one more")
    }

    pub fn create_for(&mut self, amount: &str, payee: u8) -> IntentId {
        self.try_create(amount, payee, LIFE).expect("there is room for one more")
    }

    pub fn try_create(&mut self, amount: &str, payee: u8, life: Span) -> Result<IntentId, Refusal> {
        self.made += 1;
        let mut own = [0; 10];
        own[..2].copy_from_slice(&self.made.to_be_bytes());
        let id = IntentId::new(self.account.id, own);
        let bound = (digest(id), self.world.now + life);
        let about = (transaction(amount, "CNY"), PayeeMark([payee; 8]));
        intent::create(&mut self.account, id, about, bound, &self.world.scene()).map(|()| id)
    }

    /// An approved one.
    pub fn approved(&mut self, amount: &str) -> IntentId {
        let id = self.create(amount);
        self.right(id).expect("the right secret");
        id
    }

    /// A consumed one.
    pub fn paid(&mut self, amount: &str, payee: u8) {
        let id = self.create_for(amount, payee);
        self.right(id).expect("the right secret");
        self.consume(id).expect("approved");
    }

    pub fn begin(&mut self, id: IntentId) -> Begun {
        self.begin_with(id, Factors::Secret)
    }

    pub fn begin_with(&mut self, intent: IntentId, factors: Factors) -> Begun {
        let approves = Some(Approves { intent, factors, holder: Some(HOLDER) });
        attempt::begin(&mut self.account, Guess { approves, ..Guess::at(Kind::Payment) }, &self.world.scene())
    }

    pub fn ticket(&mut self, id: IntentId) -> Ticket {
        match self.begin(id) {
            Begun::Compare(ticket, _) => ticket,
            other => panic!("expected a charged guess, got {other:?}"),
        }
    }

    pub fn succeed(&mut self, ticket: Ticket) -> Result<(), Refusal> {
        let purpose = Purpose::Approve;
        attempt::succeed(&mut self.account, ticket, purpose, &self.world.scene()).map(drop)
    }

    pub fn miss(&mut self, ticket: Ticket) -> Refusal {
        attempt::miss(&mut self.account, ticket, &self.world.scene())
    }

    /// Presents the right secret for it.
    pub fn right(&mut self, id: IntentId) -> Result<(), Refusal> {
        self.with(id, Factors::Secret)
    }

    pub fn with(&mut self, id: IntentId, factors: Factors) -> Result<(), Refusal> {
        match self.begin_with(id, factors) {
            Begun::Compare(ticket, _) => self.succeed(ticket),
            Begun::Decoy(refusal) | Begun::Refused(refusal) => Err(refusal),
        }
    }

    /// Presents a wrong secret for it.
    pub fn wrong(&mut self, id: IntentId) -> Refusal {
        match self.begin(id) {
            Begun::Compare(ticket, _) => self.miss(ticket),
            Begun::Decoy(refusal) | Begun::Refused(refusal) => refusal,
        }
    }

    /// Presents nothing for it.
    pub fn spared(&mut self, id: IntentId) -> Result<(), Refusal> {
        intent::approve_in_window(&mut self.account, id, HOLDER, false, &self.world.scene())
    }

    pub fn consume(&mut self, id: IntentId) -> Result<(), Refusal> {
        self.consume_as(id, Some(digest(id)))
    }

    pub fn consume_as(&mut self, id: IntentId, digest: Option<Digest>) -> Result<(), Refusal> {
        intent::consume(&mut self.account, id, digest, &self.world.scene())
    }

    pub fn cancel(&mut self, id: IntentId) -> Result<(), Refusal> {
        intent::cancel(&mut self.account, id, &self.world.scene())
    }

    pub fn change(&mut self) {
        let next = verifier(self.account.payment.version + 1);
        let ticket = self.world.ticket(&mut self.account);
        attempt::succeed(&mut self.account, ticket, Purpose::Change(next), &self.world.scene())
            .expect("the right secret");
    }

    pub fn reset(&mut self) {
        let next = verifier(self.account.payment.version + 1);
        credential::reset(&mut self.account, Kind::Payment, next, &self.world.scene()).expect("a reset");
    }

    pub fn lock(&mut self) {
        while let Begun::Compare(ticket, _) = self.world.begin(&mut self.account) {
            self.miss(ticket);
        }
    }

    pub fn hold_until(&mut self, span: Span) {
        let until = self.world.now + span;
        hold::begin_until(&mut self.account, hold::HoldCause::Reset, until, &self.world.scene());
    }

    /// Has the person choose how often to be asked; no window is opened by it.
    pub fn choose(&mut self, often: AskFrequency) {
        ask::choose(&mut self.account, often, HOLDER, WindowOpens::OnVerify, &self.world.scene());
    }

    /// Opens a window by a plain verification.
    pub fn open_window(&mut self) {
        let ticket = self.world.ticket(&mut self.account);
        let purpose = Purpose::Verify(Some(HOLDER));
        attempt::succeed(&mut self.account, ticket, purpose, &self.world.scene()).expect("the right secret");
    }

    pub fn stage(&self, id: IntentId) -> Option<Stage> {
        intent::view(&self.account, id, &self.world.scene()).map(|view| view.stage)
    }

    /// On what the last approval was decided, as the trail tells it.
    pub fn last_approval(&self) -> (Grounds, Basis) {
        let approved = |what: &What| match what {
            What::IntentApproved { grounds, basis, .. } => Some((*grounds, *basis)),
            _ => None,
        };
        let mut told = self.account.fresh_events.iter().rev();
        told.find_map(|event| approved(&event.what)).expect("something was approved")
    }

    /// How many guesses are charged and not forgiven.
    pub fn charged(&self) -> usize {
        self.account.payment.ledger.charges.len()
    }
}

/// What is digested of it here.
pub const fn digest(id: IntentId) -> Digest {
    let own = id.own();
    let mut digest = [0; 32];
    (digest[0], digest[1]) = (own[0], own[1]);
    Digest(digest)
}

pub fn transaction(amount: &str, code: &str) -> Transaction {
    let code = CurrencyCode::parse(code).expect("a code");
    let currency = Currency::iso(code).expect("a currency");
    Transaction {
        amount: Amount::parse(amount, currency).expect("an amount"),
        currency,
        payee: Line::parse("ACME").expect("a line"),
        payee_id: None,
        reference: None,
        memo: None,
        details: None,
    }
}
