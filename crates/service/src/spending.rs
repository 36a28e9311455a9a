//! What codes cost: charged before one is handed over, given back where it was not, and judged by how many are verified.
//!
//! Two sums are kept in the store, which all servers share: one for the prefix that a number belongs to, one for the
//! tenant. The prefix is charged first; if the server dies in between, its sum is too high by one code, never too low.

use countersign_crypto::seal::BlindDomain;
use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::calling::{Dialled, Prefix};
use countersign_domain::code::Purpose;
use countersign_domain::identifier::Mobile;
use countersign_domain::ledger::DAY;
use countersign_domain::spend::{Caps, Money, NotAllowed, Rate, Spending, Stopped};
use countersign_domain::time::Timestamp;
use countersign_store::door::{Index, Store};

use crate::case::{Case, Step};
use crate::ports::CodeStop;

/// A code that was charged and is on its way.
pub(crate) struct Charge {
    rate: Rate,
    at: Timestamp,
}

impl<S: Store> Case<S> {
    /// Charges a code to that number.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], whatever the reason: who asks for codes to some number need not learn what is spent.
    pub(crate) async fn charge_code(&self, number: &Dialled) -> Step<Charge> {
        let now = self.now();
        let rate = match self.settings.policy.spend.rate(number) {
            Ok(rate) => rate,
            Err(NotAllowed(prefix)) => {
                self.inner.observer.code_stopped(&prefix, CodeStop::NotAllowed);
                return Err(Refusal::RateLimited { retry_at: now + DAY }.into());
            }
        };
        self.charge_prefix(&rate, now).await?;
        let charge = Charge { rate, at: now };
        let tenant = self.settings.policy.spend.tenant;
        if let Err(stopped) = self.charge_tenant(charge.rate.price, tenant, now).await? {
            let given_back = self.uncharge(false, &charge).await;
            self.told_if_lost(&charge, &given_back);
            return Err(self.stop(&charge.rate.prefix, stopped, CodeStop::TenantCap).into());
        }
        Ok(charge)
    }

    async fn charge_prefix(&self, rate: &Rate, now: Timestamp) -> Step<()> {
        let (price, caps, breaker) = (rate.price, rate.caps, self.settings.policy.spend.breaker);
        let charged = self.spending(Some(&rate.prefix), now, move |spending| {
            let (turned, charged) = spending.charge(price, caps, Some(&breaker), now);
            (turned, charged, spending.is_tripped())
        });
        let (turned, charged, tripped) = charged.await?;
        self.inner.observer.breaker_seen(&rate.prefix, tripped, turned);
        Ok(charged.map_err(|stopped| self.stop(&rate.prefix, stopped, CodeStop::PrefixCap))?)
    }

    async fn charge_tenant(&self, price: Money, caps: Caps, now: Timestamp) -> Step<Result<(), Stopped>> {
        self.spending(None, now, move |spending| spending.charge(price, caps, None, now).1).await
    }

    fn stop(&self, prefix: &Prefix, stopped: Stopped, cap: CodeStop) -> Refusal {
        let why = match stopped {
            Stopped::Cap(_) => cap,
            Stopped::Breaker(_) => CodeStop::Breaker,
        };
        self.inner.observer.code_stopped(prefix, why);
        Refusal::RateLimited { retry_at: stopped.retry_at() }
    }

    /// Settles a charge by how often the code was handed over, or may have been: not at all, then it is given back; more
    /// than once, because a sender did not answer in time and another took over, then each time is charged. If the store
    /// fails, what was charged stays so, and what became of the code is told all the same.
    pub(crate) async fn settle_code(&self, charge: Charge, hand_overs: u32) {
        let Some(more) = hand_overs.checked_sub(1) else {
            let given_back = self.uncharge(true, &charge).await;
            return self.told_if_lost(&charge, &given_back);
        };
        self.inner.observer.code_spent(&charge.rate.prefix, charge.rate.price.times(hand_overs));
        if more > 0 {
            let added = self.charge_more(&charge, more).await;
            self.told_if_lost(&charge, &added);
        }
    }

    async fn charge_more(&self, charge: &Charge, times: u32) -> Step<()> {
        let (cost, now) = (charge.rate.price.times(times), self.now());
        self.spending(Some(&charge.rate.prefix), now, move |spending| spending.add(cost, now)).await?;
        self.spending(None, now, move |spending| spending.add(cost, now)).await
    }

    fn told_if_lost(&self, charge: &Charge, written: &Step<()>) {
        if written.is_err() {
            self.inner.observer.spending_lost(&charge.rate.prefix);
        }
    }

    /// Gives a charge back to its prefix, and to the tenant where it was charged too.
    async fn uncharge(&self, tenant: bool, charge: &Charge) -> Step<()> {
        let (price, at, now) = (charge.rate.price, charge.at, self.now());
        self.spending(Some(&charge.rate.prefix), now, move |spending| spending.give_back(price, at)).await?;
        if tenant {
            self.spending(None, now, move |spending| spending.give_back(price, at)).await?;
        }
        Ok(())
    }

    /// The prefix under which the code of that purpose is judged when it is verified, if it is judged at all.
    pub(crate) async fn judged_prefix(&self, account: &Account, purpose: Purpose) -> Step<Option<Prefix>> {
        let policy = &self.settings.policy.spend;
        let code = account.codes.live.iter().find(|code| code.purpose == purpose);
        let Some(code) = code.filter(|_| policy.breaker.percent > 0) else { return Ok(None) };
        let mobiles = self.mobiles(account).await?;
        let mobile = mobiles.get(usize::from(code.to));
        Ok(mobile.and_then(|mobile| policy.rate(&self.dialled(mobile)).ok()).map(|rate| rate.prefix))
    }

    /// A code to that prefix was verified. What it was for is done, whatever becomes of the count.
    pub(crate) async fn code_verified(&self, judged: Option<Prefix>) {
        let Some(prefix) = judged else { return };
        let now = self.now();
        if self.spending(Some(&prefix), now, move |spending| spending.verify(now)).await.is_err() {
            self.inner.observer.spending_lost(&prefix);
        }
    }

    /// How a number is dialled from anywhere.
    pub(crate) fn dialled(&self, mobile: &Mobile) -> Dialled {
        Dialled::of(mobile, &self.settings.policy.spend.home)
    }

    /// Decides about what was spent on one prefix, or by the whole tenant.
    async fn spending<R, F>(&self, prefix: Option<&Prefix>, now: Timestamp, decide: F) -> Step<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static,
    {
        let index = self.spending_index(prefix);
        Ok(self.inner.store.spending(index, Spending::forgotten_at(now), now, decide).await?)
    }

    fn spending_index(&self, prefix: Option<&Prefix>) -> Index {
        let (tenant, prefix) = (self.tenant.as_str(), prefix.map_or_else(String::new, Prefix::to_string));
        self.keyring().blind(BlindDomain::Watch, &[tenant.as_bytes(), b"spending", prefix.as_bytes()])
    }
}
