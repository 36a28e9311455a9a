//! Clients that pay: what they know of intents, and what they ask about them.

use countersign_domain::ask::{AskFrequency, Holder};
use countersign_domain::command::{Command, NewIntent};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::intent::{Digest, Line};
use countersign_domain::money::CurrencyCode;
use countersign_domain::secret::Presented;

use crate::dice::Dice;
use crate::record::{Answer, Ask};
use crate::told::{self, Made};

/// The intents that they know, by number.
#[derive(Default)]
pub(crate) struct Payer {
    made: Vec<Made>,
    /// Those that they believe to be approved and not yet consumed.
    approved: Vec<u32>,
    /// Those of which they know that nothing more comes of them.
    over: Vec<u32>,
    /// Whether the last that they heard is that payments are on hold.
    on_hold: bool,
    /// Which app has proposed to end them.
    proposed: Option<u8>,
    /// The intent that a code was sent for.
    coded: Option<u32>,
    wrong: u32,
}

impl Payer {
    /// What is asked next about an account's payments.
    pub(crate) fn choose(&mut self, account: usize, guess: u32, dice: &mut Dice) -> Ask {
        let create = Ask::Create(50 * dice.at_least(1, 6));
        let own: Vec<u32> = (0..)
            .zip(&self.made)
            .filter(|(_, made)| made.account == account)
            .map(|(number, _)| number)
            .collect();
        let Some(&last) = own.last() else {
            return if dice.once_in(3) { Ask::Choose(AskFrequency::Day) } else { create };
        };
        if let Some(first) = self.proposed.take_if(|_| dice.once_in(2)) {
            return Ask::Release(if dice.once_in(8) { first } else { 1 - first });
        }
        if let Some(number) = self.coded.take_if(|_| !dice.once_in(5)) {
            let number = if dice.once_in(8) { *dice.pick(&own) } else { number };
            return Ask::ApproveByTwo(number, guess, !dice.once_in(4));
        }
        let number = if dice.once_in(4) { *dice.pick(&own) } else { last };
        let app = u8::from(dice.once_in(4));
        if self.on_hold && dice.once_in(3) {
            return Ask::Release(u8::from(dice.once_in(2)));
        }
        if self.over.contains(&last) && !dice.once_in(6) {
            return create;
        }
        if self.approved.contains(&last) && !dice.once_in(3) {
            return Ask::Consume(last, !dice.once_in(12));
        }
        match dice.weighted(&[7, 14, 9, 3, 1, 5, 3, 9]) {
            0 => create,
            1 => Ask::Approve(number, Some(guess), app),
            2 => Ask::Approve(number, None, app),
            3 => Ask::Consume(number, !dice.once_in(10)),
            4 => Ask::Cancel(number),
            5 => Ask::Choose(*dice.pick(&[
                AskFrequency::Day,
                AskFrequency::Day,
                AskFrequency::Hour,
                AskFrequency::Every,
            ])),
            6 => Ask::Release(u8::from(dice.once_in(2))),
            _ => Ask::IntentCode(last),
        }
    }

    /// What others ask at the same time.
    pub(crate) fn race(&mut self, ask: Ask, dice: &mut Dice) -> Vec<Ask> {
        match ask {
            Ask::Consume(number, _) if dice.once_in(4) => {
                vec![Ask::Consume(number, true); 1 + dice.below(5)]
            }
            Ask::ApproveByTwo(number, guess, right) if dice.once_in(4) => {
                vec![Ask::ApproveByTwo(number, guess, right); 1 + dice.below(3)]
            }
            Ask::Approve(number, Some(guess), app) if dice.once_in(3) => {
                let times = 1 + dice.below(4);
                (0..times).map(|_| Ask::Approve(number, Some(self.other(guess, dice)), app)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Writes down an intent that was created; its number.
    pub(crate) fn created(&mut self, words: &str) -> u32 {
        let Some(made) = told::read_created(words) else { unreachable!("the words for a new intent") };
        let known = self.made.iter().position(|known| known.id == made.id);
        let number = known.unwrap_or_else(|| {
            self.made.push(made);
            self.made.len() - 1
        });
        u32::try_from(number).unwrap_or(0)
    }

    /// The clients learn what became of what they asked.
    pub(crate) fn learn(&mut self, ask: Ask, answer: Answer) {
        match (ask, answer) {
            (Ask::Release(app), Answer::Proposed) => self.proposed = Some(app),
            (Ask::Release(_), _) => self.proposed = None,
            (Ask::IntentCode(number), Answer::Done) => self.coded = Some(number),
            _ => {}
        }
        let (Ask::Approve(number, ..)
        | Ask::ApproveByTwo(number, ..)
        | Ask::Consume(number, _)
        | Ask::Cancel(number)) = ask
        else {
            return;
        };
        self.on_hold = answer == Answer::OnHold;
        match answer {
            Answer::Approved => self.approved.push(number),
            Answer::Consumed
            | Answer::ConsumedBefore
            | Answer::Cancelled
            | Answer::Void
            | Answer::Expired => self.over.push(number),
            _ => {}
        }
    }

    /// Says whose the last one is, and tells of all that are new.
    pub(crate) fn list(&mut self, account: usize, known: &mut Vec<Made>) {
        for made in &mut self.made[known.len()..] {
            made.account = account;
            known.push(*made);
        }
    }

    /// The intent of that number.
    #[must_use]
    pub(crate) fn intent(&self, number: u32) -> &Made {
        &self.made[number as usize]
    }

    pub(crate) fn approve(&self, number: u32, presented: Option<Presented>, holder: Holder) -> Command {
        Command::ApproveIntent { intent: self.intent(number).id, presented, code: None, holder }
    }

    pub(crate) fn consume(&self, number: u32, right: bool) -> Command {
        let Made { id, mut digest, .. } = *self.intent(number);
        if !right {
            digest = Digest(digest.0.map(|byte| byte ^ 1));
        }
        Command::ConsumeIntent { intent: id, digest: Some(digest) }
    }

    fn other(&mut self, guess: u32, dice: &mut Dice) -> u32 {
        if dice.once_in(3) {
            return guess;
        }
        self.wrong += 1;
        WRONG + self.wrong
    }
}

/// Numbers of secrets that nobody ever had begin here, beside those of other clients.
const WRONG: u32 = 3_000_000;

/// The command to create an intent of so much.
pub(crate) fn create(account: AccountId, units: u32) -> Command {
    let currency = CurrencyCode::parse("USD").unwrap_or_else(|| unreachable!("a currency"));
    let payee = Line::parse("Acme").unwrap_or_else(|| unreachable!("a line"));
    Command::CreateIntent(Box::new(NewIntent {
        account,
        amount: format!("{}.{:02}", units / 100, units % 100),
        currency,
        payee,
        payee_id: None,
        reference: None,
        memo: None,
        details: None,
        life_s: None,
    }))
}

/// One of the platform's apps.
pub(crate) const fn app(number: u8) -> AppId {
    AppId::from_bytes([3 + number; 16])
}
