//! Requests begin: one, many at once, twice, or again under the key that was sent before.

use std::sync::Arc;

use countersign_domain::code::Purpose;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AppId;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use countersign_service::{Admission, Context};

use crate::history::Run;
use crate::kept;
use crate::payer;
use crate::record::{Ask, Device, Op};

/// Who sends requests with keys.
const APP: AppId = payer::app(0);

impl Run<'_> {
    pub(crate) fn begin_some(&mut self) {
        if self.plan.devices && self.record.ops.is_empty() {
            // The owner makes a device known.
            let kind = self.plan.focus;
            let ask = Ask::Verify(self.clients.believes(0, kind));
            self.begin_with(0, kind, ask, None, Device::New);
        }
        let (account, kind, ask) = self.clients.choose(&self.plan, &mut self.dice);
        // An attacker sends many at once.
        let often = if self.plan.payments { 12 } else { 5 };
        let attack = matches!(ask, Ask::Verify(_) | Ask::Login(_)) && self.dice.once_in(often);
        let times =
            if attack { 2 + self.dice.below(2 * self.plan.policy.guesses.burst as usize + 2) } else { 1 };
        let device = self.clients.device(account, ask, &self.plan, &mut self.dice);
        self.begin_with(account, kind, ask, None, device);
        for _ in 1..times {
            let guess = self.clients.wrong();
            let ask = if matches!(ask, Ask::Login(_)) { Ask::Login(guess) } else { Ask::Verify(guess) };
            let device = self.clients.device(account, ask, &self.plan, &mut self.dice);
            self.begin_with(account, kind, ask, None, device);
        }
        for ask in self.clients.payer.race(ask, &mut self.dice) {
            self.begin_with(account, kind, ask, None, Device::Nothing);
        }
        // A request may be delivered twice, and one with a key may be sent again much later.
        if !attack && self.dice.once_in(12) {
            self.begin_with(account, kind, ask, None, device);
        }
        if self.dice.once_in(3) {
            self.begin_keyed();
        }
    }

    /// A request with an idempotency key: a new one, or one that was sent before.
    fn begin_keyed(&mut self) {
        let keyed: Vec<usize> =
            (0..self.record.ops.len()).filter(|&op| self.record.ops[op].key.is_some()).collect();
        if keyed.is_empty() || self.dice.once_in(2) {
            let (account, kind, ask) = self.clients.choose(&self.plan, &mut self.dice);
            let key = u32::try_from(self.record.ops.len()).unwrap_or(0);
            self.begin_with(account, kind, ask, Some(key), Device::Nothing);
        } else {
            let op = &self.record.ops[*self.dice.pick(&keyed)];
            self.begin_with(op.account, op.kind, op.ask, op.key, Device::Nothing);
        }
    }

    pub(crate) fn begin(&mut self, account: usize, kind: Kind, ask: Ask) -> usize {
        self.begin_with(account, kind, ask, None, Device::Nothing)
    }

    fn begin_with(
        &mut self,
        account: usize,
        kind: Kind,
        ask: Ask,
        key: Option<u32>,
        device: Device,
    ) -> usize {
        let op = self.record.ops.len();
        let id = self.template.accounts()[account];
        let purpose = match ask {
            Ask::Reset(_, true) => Some(Purpose::reset_of(kind)),
            Ask::ApproveByTwo(_, _, true) => Some(Purpose::PaymentApprove),
            _ => None,
        };
        let sent = purpose.and_then(|purpose| self.world.telephone.last(id, purpose));
        let code = sent.map(|(number, _)| number);
        self.record.ops.push(Op { code, device, key, ..Op::begun(account, kind, ask, self.step) });
        let command = self.clients.command(id, account, kind, ask, &self.world.telephone);
        let actor = match ask {
            Ask::Release(app) => Actor::App(self.template.apps()[usize::from(app)]),
            _ => Actor::Nobody,
        };
        let origin = Origin { dialect: "simulation".to_owned(), actor, request_id: op.to_string() };
        let presented = self.clients.device_presented(device);
        let service = self.machine().service.clone();
        let request = format!("owner-{account} {kind} {ask:?}");
        self.tasks.begin(op, async move {
            let Some(key) = key else {
                let outcome =
                    service.execute(command, Context { device: presented, ..Context::of(origin) }).await?;
                return Ok((kept::words(outcome.as_ref()), false));
            };
            let lease = Span::from_secs(20);
            let admitted = service.admit_key(APP, &key.to_string(), &[request.as_bytes()], lease).await?;
            let key = match admitted {
                Admission::Fresh(key) => key.worded(Arc::new(|outcome, _| kept::words(outcome).into_bytes())),
                Admission::Answered(words) => {
                    return Ok((String::from_utf8_lossy(&words).into_owned(), true));
                }
                Admission::Running | Admission::Mismatch => return Ok(("busy".to_owned(), true)),
            };
            let context = Context { key: Some(key.clone()), ..Context::of(origin) };
            let outcome = service.execute(command, context).await?;
            // What was done stays done, even if its answer cannot be kept.
            let _ = service.settle_key(&key, outcome.as_ref()).await;
            Ok((kept::words(outcome.as_ref()), false))
        });
        let keyed = key.map(|key| format!(" under key {key}")).unwrap_or_default();
        let from = if device == Device::Nothing { String::new() } else { format!(" from {device:?}") };
        self.tell(format_args!("#{op} owner-{account} {kind}: {ask:?}{keyed}{from}"));
        op
    }
}
