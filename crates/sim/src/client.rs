//! The clients: owners who know their secrets more or less, and attackers who know old ones or none.

use countersign_domain::ask::{Holder, WindowOpens};
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::device::DevicePresented;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::Name;
use countersign_domain::secret::{Kind, Presented, SecretText};

use crate::dice::Dice;
use crate::payer::{self, Payer};
use crate::plan::Plan;
use crate::record::{Ask, Device};
use crate::surroundings::Telephone;
use crate::template::{self, ACCOUNTS};

/// Numbers of temporary secrets begin here.
const TEMPORARY: u32 = 1_000_000;

/// Numbers of secrets that nobody ever had begin here.
const NONSENSE: u32 = 2_000_000;

/// What each owner believes each secret to be.
pub(crate) type Beliefs = [[u32; 3]; ACCOUNTS];

/// What all clients together know.
pub(crate) struct Clients {
    /// The secret that the owner believes to be the present one.
    believed: Beliefs,
    /// Secrets that were once given to the server, by whose and which.
    known: Vec<(usize, Kind, u32)>,
    temporaries: Vec<String>,
    /// Tokens of devices, by whose.
    tokens: Vec<(usize, String)>,
    made: u32,
    /// What they know of intents.
    pub(crate) payer: Payer,
}

impl Clients {
    /// What they know at the beginning.
    #[must_use]
    pub(crate) fn new() -> Self {
        let believed =
            core::array::from_fn(|account| Kind::ALL.map(|kind| template::first_secret(account, kind)));
        Self {
            believed,
            known: Vec::new(),
            temporaries: Vec::new(),
            tokens: Vec::new(),
            made: 100,
            payer: Payer::default(),
        }
    }

    /// What is asked next, of whom and about which secret.
    pub(crate) fn choose(&mut self, plan: &Plan, dice: &mut Dice) -> (usize, Kind, Ask) {
        let account = if plan.accounts == 1 && !dice.once_in(4) { 0 } else { dice.below(plan.accounts) };
        let kind = if dice.once_in(4) { *dice.pick(&Kind::ALL) } else { plan.focus };
        if plan.payments && !dice.once_in(4) {
            let guess = self.guess(account, Kind::Payment, plan, dice);
            return (account, Kind::Payment, self.payer.choose(account, guess, dice));
        }
        let weights: [u32; 11] = if plan.patient {
            [30, 4, 3, 1, 0, 1, 0, 0, 0, 1, 0]
        } else {
            [16, 6, 6, 3, 2, 2, 4, 1, 4, 1, 1]
        };
        let ask = match dice.weighted(&weights) {
            0 => Ask::Verify(self.guess(account, kind, plan, dice)),
            1 => return (account, Kind::Login, Ask::Login(self.guess(account, Kind::Login, plan, dice))),
            2 => Ask::Change(self.guess(account, kind, plan, dice), self.fresh(account, kind, dice)),
            3 => {
                let old = (!dice.once_in(4)).then(|| self.guess(account, kind, plan, dice));
                Ask::SetOrChange(old, self.fresh(account, kind, dice))
            }
            4 => Ask::Set(self.fresh(account, kind, dice)),
            5 => {
                let query = self.guess(account, Kind::Query, plan, dice);
                let new = self.fresh(account, Kind::Payment, dice);
                return (account, Kind::Payment, Ask::ByQuery(query, new));
            }
            6 => Ask::Reset(self.fresh(account, kind, dice), !dice.once_in(4)),
            7 => Ask::Temporary,
            8 => Ask::Code,
            9 => Ask::Unlock,
            _ => Ask::Stranger(1),
        };
        (account, kind, ask)
    }

    /// A wrong guess like those of an attacker.
    pub(crate) fn wrong(&mut self) -> u32 {
        self.made += 1;
        NONSENSE + self.made
    }

    /// What the owner believes the secret to be.
    #[must_use]
    pub(crate) const fn believes(&self, account: usize, kind: Kind) -> u32 {
        self.believed[account][kind as usize]
    }

    /// What the owners believe, to be remembered with a backup.
    #[must_use]
    pub(crate) const fn beliefs(&self) -> Beliefs {
        self.believed
    }

    /// The owners learn that a backup came back.
    pub(crate) fn believe(&mut self, believed: Beliefs) {
        self.believed = believed;
    }

    /// The owner learns what the secret is now.
    pub(crate) fn learn(&mut self, account: usize, kind: Kind, secret: u32) {
        self.believed[account][kind as usize] = secret;
    }

    /// A secret that was never one before. A new payment secret may be the login secret, which is to be refused.
    pub(crate) fn fresh(&mut self, account: usize, kind: Kind, dice: &mut Dice) -> u32 {
        let login = self.believes(account, Kind::Login);
        let usable = login < TEMPORARY && !self.known.contains(&(account, Kind::Payment, login));
        let secret = if kind == Kind::Payment && usable && dice.once_in(6) {
            login
        } else {
            self.made += 1;
            self.made
        };
        self.known.push((account, kind, secret));
        secret
    }

    /// Writes down a temporary secret that was shown.
    pub(crate) fn shown(&mut self, secret: &str) -> u32 {
        if let Some(place) = self.temporaries.iter().position(|shown| shown == secret) {
            return TEMPORARY + u32::try_from(place).unwrap_or(0);
        }
        self.temporaries.push(secret.to_owned());
        TEMPORARY + u32::try_from(self.temporaries.len() - 1).unwrap_or(0)
    }

    /// Writes down a token that a device was given.
    pub(crate) fn given(&mut self, account: usize, token: &str) -> u32 {
        let place = self.tokens.iter().position(|(_, given)| given == token);
        let place = place.unwrap_or_else(|| {
            self.tokens.push((account, token.to_owned()));
            self.tokens.len() - 1
        });
        u32::try_from(place).unwrap_or(0)
    }

    /// The device that a request comes from. Whoever guesses may have stolen a token.
    pub(crate) fn device(&self, account: usize, ask: Ask, plan: &Plan, dice: &mut Dice) -> Device {
        let compared = matches!(ask, Ask::Verify(_) | Ask::Login(_) | Ask::Change(..));
        if !compared || !plan.devices || dice.once_in(3) {
            return Device::Nothing;
        }
        if self.tokens.is_empty() || dice.once_in(4) {
            return Device::New;
        }
        let place = dice.below(self.tokens.len());
        let number = u32::try_from(place).unwrap_or(0);
        if self.tokens[place].0 == account {
            return Device::Token(number);
        }
        if dice.once_in(8) {
            return Device::Others(number);
        }
        let own = self.tokens.iter().rposition(|(whose, _)| *whose == account);
        own.map_or(Device::New, |place| Device::Token(u32::try_from(place).unwrap_or(0)))
    }

    /// What the request brings of its device.
    pub(crate) fn device_presented(&self, device: Device) -> DevicePresented {
        match device {
            Device::Nothing => DevicePresented::Nothing,
            Device::New => DevicePresented::Unknown,
            Device::Others(token) | Device::Token(token) => {
                let text = self.tokens.get(token as usize).map(|(_, text)| text.clone()).unwrap_or_default();
                DevicePresented::Token(SecretText::new(text))
            }
        }
    }

    fn guess(&mut self, account: usize, kind: Kind, plan: &Plan, dice: &mut Dice) -> u32 {
        if dice.once_in(plan.right_once_in) {
            return self.believes(account, kind);
        }
        let old: Vec<u32> = self
            .known
            .iter()
            .filter(|(a, k, _)| (*a, *k) == (account, kind))
            .map(|(_, _, secret)| *secret)
            .collect();
        if old.is_empty() || dice.once_in(2) { self.wrong() } else { *dice.pick(&old) }
    }

    /// The command that carries the request out.
    #[must_use]
    pub(crate) fn command(
        &self,
        id: AccountId,
        account: usize,
        kind: Kind,
        ask: Ask,
        telephone: &Telephone,
    ) -> Command {
        let subject = Subject::Account(id);
        match ask {
            Ask::Verify(guess) => {
                Command::Verify { subject, kind, presented: self.presented(guess), holder: Some(HOLDER) }
            }
            Ask::Login(guess) => self.login(&template::username(account), guess),
            Ask::Stranger(guess) => self.login("nobody", guess),
            Ask::Change(old, new) => {
                Command::ChangeSecret { subject, kind, old: self.presented(old), new: self.new_secret(new) }
            }
            Ask::SetOrChange(old, new) => {
                let (old, new) = (old.map(|old| self.presented(old)), self.new_secret(new));
                Command::SetOrChangeSecret { subject, kind, old, new }
            }
            Ask::Set(new) => Command::SetSecret { subject, kind, new: self.new_secret(new), holder: None },
            Ask::ByQuery(query, new) => {
                let (query, new) = (self.presented(query), self.new_secret(new));
                Command::SetPaymentByQuery { subject, query, new }
            }
            Ask::Reset(new, right) => {
                let purpose = Purpose::reset_of(kind);
                let sent = telephone.last(id, purpose).filter(|_| right).map(|(_, message)| message.code);
                let code = sent.unwrap_or_else(|| SecretText::new("none".to_owned()));
                Command::ResetByCode { subject, kind, purpose, code, mobile: None, new: self.new_secret(new) }
            }
            Ask::Temporary => Command::ResetToTemporary { subject, kind },
            Ask::Code => Command::IssueCode { subject, purpose: Purpose::reset_of(kind), mobile: None },
            Ask::Unlock => Command::Unlock { subject, kind, reason: "asked".to_owned(), holder: HOLDER },
            Ask::Create(units) => payer::create(id, units),
            Ask::Approve(number, guess, app) => {
                let presented = guess.map(|guess| self.presented(guess));
                self.payer.approve(number, presented, Holder::App(payer::app(app)))
            }
            Ask::IntentCode(number) => {
                Command::IssueIntentCode { intent: self.payer.intent(number).id, mobile: None }
            }
            Ask::ApproveByTwo(number, guess, right) => {
                let sent = telephone.last(id, Purpose::PaymentApprove).filter(|_| right);
                let code =
                    sent.map_or_else(|| SecretText::new("none".to_owned()), |(_, message)| message.code);
                let intent = self.payer.intent(number).id;
                let (presented, holder) = (Some(self.presented(guess)), HOLDER);
                Command::ApproveIntent { intent, presented, code: Some(code), holder }
            }
            Ask::Consume(number, right) => self.payer.consume(number, right),
            Ask::Cancel(number) => Command::CancelIntent(self.payer.intent(number).id),
            Ask::Choose(choice) => {
                let opens = WindowOpens::OnVerify;
                Command::ChooseAskFrequency { subject, choice, holder: HOLDER, opens }
            }
            Ask::Release(_) => Command::ReleaseHolds { subject, reason: "asked".to_owned() },
        }
    }

    fn login(&self, name: &str, guess: u32) -> Command {
        let username = Name::parse(name).unwrap_or_else(|| unreachable!("a name"));
        Command::OpenSession { username, login: self.presented(guess), expires_in_s: None }
    }

    fn text(&self, number: u32) -> String {
        let temporary = number.checked_sub(TEMPORARY).and_then(|place| self.temporaries.get(place as usize));
        temporary.cloned().unwrap_or_else(|| template::secret(number))
    }

    fn presented(&self, number: u32) -> Presented {
        Presented::Plain(SecretText::new(self.text(number)))
    }

    fn new_secret(&self, number: u32) -> NewSecret {
        NewSecret { presented: self.presented(number), ..template::new_secret(number) }
    }
}

impl Default for Clients {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the server made this secret up.
pub(crate) const fn is_temporary(secret: u32) -> bool {
    secret >= TEMPORARY && secret < NONSENSE
}

const HOLDER: Holder = Holder::App(payer::app(0));
