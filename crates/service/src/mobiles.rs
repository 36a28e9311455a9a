//! Mobile numbers: whose SIM was changed, and which others take their place.

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::code::{self, Destination, MobileMark, NewMobiles};
use countersign_domain::command::Subject;
use countersign_domain::identifier::Mobile;
use countersign_domain::time::Timestamp;
use countersign_domain::view;
use countersign_store::door::{Lookup, Store};

use crate::case::{Case, Step};
use crate::subject::mobile_index;

impl<S: Store> Case<S> {
    /// Notes that one of an account's numbers has a new SIM.
    ///
    /// # Errors
    /// [`Refusal::NoMobile`]: the number is none of the account's.
    pub(crate) async fn note_sim_change(
        &self,
        subject: Subject,
        mobile: Mobile,
        changed_at: Timestamp,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let record = self.read(found.account).await?;
        let numbers = self.mobiles(&record).await?;
        let (of, number) = self.destination(&numbers, Some(&mobile)).ok_or(Refusal::NoMobile)?;
        let mobile_masked = number.masked();
        self.conclude(found.account, move |draft, scene| {
            let changed_at = changed_at.min(scene.now);
            let codes_from = code::sim_changed(&mut draft.account, of, changed_at, scene);
            let reply = Reply::SimChangeNoted { mobile_masked, changed_at, codes_from };
            Ok(Done { reply, wallet: None, device: None })
        })
        .await
    }

    /// Puts other numbers in place of all that an account has. From then on it is found by these. A number of before stays the
    /// same one wherever it stands.
    pub(crate) async fn replace_mobiles(
        &self,
        subject: Subject,
        mobiles: Vec<Mobile>,
        holder: Holder,
    ) -> Step<Done> {
        let found = self.find(&subject).await?;
        let sealed = self.sealed_mobiles(found.account, &mobiles);
        let index = |mobile: &Mobile| mobile_index(&self.keyring(), &self.tenant, mobile);
        let lookups: Vec<Lookup> = mobiles.iter().map(|mobile| Lookup::Mobile(index(mobile))).collect();
        let record = self.read(found.account).await?;
        let before = self.mobiles(&record).await?;
        let forgotten = before.iter().map(index).collect();
        // Digits of two countries may be equal and ring elsewhere.
        let same = |one: &Mobile, other: &Mobile| one == other && self.dialled(one) == self.dialled(other);
        let place =
            |number: &Mobile| (0..).zip(&mobiles).find(|(_, now)| same(number, now)).map(|(place, _)| place);
        let moved = before.iter().map(place).collect();
        let adds = mobiles.iter().any(|mobile| !before.iter().any(|number| same(number, mobile)));
        let new = NewMobiles { sealed, adds, moved };
        let seen = record.profile.mobiles;
        self.conclude(found.account, move |draft, scene| {
            // What it is found by was read before: had another replaced the numbers since, theirs would stay findable.
            if draft.account.profile.mobiles != seen {
                return Err(Refusal::Busy);
            }
            code::replace_mobiles(&mut draft.account, new, scene);
            (draft.lookups, draft.forgotten) = (lookups, forgotten);
            let masked = mobiles.iter().map(Mobile::masked).collect();
            let view = view::account(&draft.account, masked, Some(holder), scene);
            Ok(Done { reply: Reply::Account(Box::new(view)), wallet: None, device: None })
        })
        .await
    }

    /// Where a code goes: to the number that was asked for, or to the first; `None` if the account has no such number.
    pub(crate) fn destination<'a>(
        &self,
        numbers: &'a [Mobile],
        asked: Option<&Mobile>,
    ) -> Option<(Destination, &'a Mobile)> {
        let mut places = (0..).zip(numbers);
        let (place, number) = places.find(|(_, number)| asked.is_none_or(|asked| *number == asked))?;
        Some((Destination { place, mobile: self.mobile_mark(number) }, number))
    }

    fn mobile_mark(&self, mobile: &Mobile) -> MobileMark {
        let [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            mobile_index(&self.keyring(), &self.tenant, mobile);
        mark
    }
}
