//! Writes an account straight from the domain's type, as [`reader`](super::reader) reads it and for the same reason: every
//! decision writes one. The tests hold the bytes against what the mirrors give.

use countersign_domain::account::{Account, Credential, Profile, SecretState};
use countersign_domain::ask::{AskFrequency, AskState, Holder};
use countersign_domain::code::{Code, CodeBook, Purpose, SimChange};
use countersign_domain::device::Device;
use countersign_domain::identifier::Wallet;
use countersign_domain::ledger::{Charge, Fate, Gate, Ledger, Tag};
use countersign_domain::secret::{Input, Sealed, Verifier};
use countersign_domain::session::Session;
use countersign_domain::time::Timestamp;
use serde::Serialize;

use super::USUAL;
use super::approvals::ApprovalsV1;
use super::bytes::Written;

/// A record of that format.
pub(super) fn account(format: u8, account: &Account) -> Vec<u8> {
    let mut writer = Writer::begin(format);
    writer.account(account);
    writer.0
}

/// A ledger alone, as a record of that format.
pub(super) fn ledger(format: u8, ledger: &Ledger) -> Vec<u8> {
    let mut writer = Writer::begin(format);
    writer.ledger(ledger);
    writer.0
}

/// What is written so far.
struct Writer(Vec<u8>);

impl Writer {
    fn begin(format: u8) -> Self {
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.push(format);
        Self(bytes)
    }

    fn account(&mut self, account: &Account) {
        let Account { id, tenant, created_at, restored_at, profile, login, payment, query, .. } = account;
        // Fresh events are no part of it: they have rows of their own.
        let Account { same_as_login, ask, windows, codes, sessions, events_made, fresh_events: _, .. } =
            account;
        let approvals = ApprovalsV1::of(account);
        self.fixed(id.as_bytes());
        self.bytes(tenant.as_str().as_bytes());
        self.instant(*created_at);
        self.option(restored_at.as_ref(), |it, at| it.instant(*at));
        self.profile(profile);
        self.credential(login);
        self.credential(payment);
        self.credential(query);
        self.list(same_as_login, |it, asked| {
            it.instant(asked.at);
            it.tag(asked.tag);
        });
        self.ask(*ask);
        self.list(windows, |it, window| {
            it.holder(window.holder);
            it.instant(window.opened_at);
            it.instant(window.until);
            it.short_number(u32::from(window.counts));
        });
        self.codes(codes);
        self.list(sessions, Self::session);
        self.short_number(*events_made);
        self.option(approvals.as_ref(), Self::mirror);
    }

    /// By way of its mirror, which nothing that it holds can fail to be written by.
    fn mirror<T: Serialize>(&mut self, mirror: &T) {
        let written = core::mem::take(&mut self.0);
        self.0 =
            postcard::serialize_with_flavor(mirror, Written(written)).expect("text and numbers are written");
    }

    fn profile(&mut self, profile: &Profile) {
        let Profile { username, user_id, agent, wallet, mobiles } = profile;
        for name in [username, user_id] {
            self.option(name.as_ref(), |it, name| it.bytes(name.as_str().as_bytes()));
        }
        self.option(agent.as_ref(), |it, agent| {
            it.signed(agent.agentid);
            it.signed(agent.usercode);
        });
        self.option(wallet.as_ref(), |it, Wallet { app, addr, user_id }| {
            it.fixed(app.as_bytes());
            it.bytes(addr.as_str().as_bytes());
            it.bytes(user_id.as_str().as_bytes());
        });
        self.list(mobiles, Self::sealed);
    }

    fn credential(&mut self, credential: &Credential) {
        let Credential { version, state, ledger, devices } = credential;
        self.number(*version);
        match state {
            SecretState::Unset => self.short_number(0),
            SecretState::Active(verifier) => {
                self.short_number(1);
                self.verifier(verifier);
            }
            SecretState::Temporary { verifier, until } => {
                self.short_number(2);
                self.verifier(verifier);
                self.instant(*until);
            }
        }
        self.ledger(ledger);
        self.list(devices, |it, Device { id, seen_at, ledger }| {
            it.fixed(id.as_bytes());
            it.instant(*seen_at);
            it.ledger(ledger);
        });
    }

    fn verifier(&mut self, verifier: &Verifier) {
        let Verifier { version, input, sealed } = verifier;
        self.number(*version);
        self.short_number(match input {
            Input::Plain => 0,
            Input::LegacyDigest => 1,
        });
        self.sealed(sealed);
    }

    fn ledger(&mut self, ledger: &Ledger) {
        let Ledger { next, burst_from, locks, gate, charges } = ledger;
        self.number(*next);
        self.number(*burst_from);
        self.short_number(*locks);
        match gate {
            Gate::Open => self.short_number(0),
            Gate::Locked { until } => {
                self.short_number(1);
                self.instant(*until);
            }
            Gate::Blocked => self.short_number(2),
            Gate::Disabled => self.short_number(3),
        }
        self.list(charges, Self::charge);
    }

    fn charge(&mut self, charge: &Charge) {
        let Charge { number, at, fate, tag } = charge;
        self.number(*number);
        self.instant(*at);
        self.short_number(match fate {
            Fate::InFlight => 0,
            Fate::Missed => 1,
        });
        self.tag(*tag);
    }

    fn ask(&mut self, ask: AskState) {
        match ask {
            AskState::Every => self.short_number(0),
            AskState::Eased { chosen, until, counts } => {
                self.short_number(1);
                self.short_number(match chosen {
                    AskFrequency::Every => 0,
                    AskFrequency::Hour => 1,
                    AskFrequency::Day => 2,
                });
                self.instant(until);
                self.short_number(u32::from(counts));
            }
            AskState::Unchosen { until } => {
                self.short_number(2);
                self.instant(until);
            }
        }
    }

    fn holder(&mut self, holder: Holder) {
        match holder {
            Holder::Session(id) => {
                self.short_number(0);
                self.fixed(id.as_bytes());
            }
            Holder::App(id) => {
                self.short_number(1);
                self.fixed(id.as_bytes());
            }
        }
    }

    fn codes(&mut self, codes: &CodeBook) {
        let CodeBook { live, sent, missed, sim_changes } = codes;
        self.list(live, |it, Code { id, purpose, hash, sent_at, expires_at, missed, to }| {
            it.fixed(id.as_bytes());
            it.short_number(match purpose {
                Purpose::PaymentReset => 0,
                Purpose::LoginReset => 1,
                Purpose::QueryReset => 2,
                Purpose::PaymentChange => 3,
                Purpose::PaymentApprove => 4,
            });
            it.fixed(hash);
            it.instant(*sent_at);
            it.instant(*expires_at);
            it.short_number(*missed);
            it.fixed(&[*to]);
        });
        self.list(sent, |it, at| it.instant(*at));
        self.list(missed, |it, at| it.instant(*at));
        self.list(sim_changes, |it, SimChange { mobile, changed_at }| {
            it.fixed(mobile);
            it.instant(*changed_at);
        });
    }

    fn session(&mut self, session: &Session) {
        let Session { id, opened_at, expires_at, login_version, key, login_digest, missed } = session;
        self.fixed(id.as_bytes());
        self.instant(*opened_at);
        self.instant(*expires_at);
        self.number(*login_version);
        self.sealed(key);
        self.sealed(login_digest);
        self.short_number(*missed);
    }

    fn tag(&mut self, tag: Option<Tag>) {
        self.option(tag.as_ref(), |it, Tag(tag)| it.fixed(tag));
    }

    fn sealed(&mut self, sealed: &Sealed) {
        self.bytes(&sealed.0);
    }

    fn instant(&mut self, at: Timestamp) {
        self.signed(at.millis());
    }
}

/// Postcard's own forms (<https://postcard.jamesmunns.com/wire-format>).
impl Writer {
    fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    fn short_number(&mut self, number: u32) {
        self.number(number.into());
    }

    /// Zigzag: 0, -1, 1, -2, and so on.
    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.fixed(bytes);
    }

    fn option<T>(&mut self, option: Option<&T>, some: impl FnOnce(&mut Self, &T)) {
        match option {
            None => self.fixed(&[0]),
            Some(value) => {
                self.fixed(&[1]);
                some(self, value);
            }
        }
    }

    fn list<T>(&mut self, list: &[T], one: impl Fn(&mut Self, &T)) {
        self.length(list.len());
        for element in list {
            one(self, element);
        }
    }
}
