//! Reads an account straight into the domain's type: by way of its mirror it takes two to three times as many instructions,
//! and every request reads one. The mirrors say what is stored; the tests hold this against them, for any bytes.

use countersign_domain::account::{Account, Credential, Profile, Question, SecretState};
use countersign_domain::ask::{AskFrequency, AskState, Holder, Window};
use countersign_domain::code::{Code, CodeBook, Purpose, SimChange};
use countersign_domain::device::Device;
use countersign_domain::hold::Holds;
use countersign_domain::id::{AccountId, AppId, CodeId, DeviceId, SessionId};
use countersign_domain::identifier::{Agent, Name, Wallet};
use countersign_domain::ledger::{Charge, Fate, Gate, Ledger, Tag};
use countersign_domain::payments::Payments;
use countersign_domain::secret::{Input, Sealed, Verifier};
use countersign_domain::session::Session;
use countersign_domain::time::Timestamp;

use super::approvals::{self, ApprovalsV1};
use super::{damaged, word};
use crate::door::Stored;

/// The most elements of a list for which room is taken before they are seen: a length is only a claim.
const LIKELY: usize = 32;

/// Reads the body of an account's record of format 3, all of it.
pub(super) fn account(body: &[u8]) -> Stored<Account> {
    let mut reader = Reader(body);
    let account = reader.account()?;
    // Bytes left over mean that another type was written, whatever the first ones happen to spell.
    if reader.0.is_empty() { Ok(account) } else { Err(damaged("there are bytes too many")) }
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn account(&mut self) -> Stored<Account> {
        let mut account = Account {
            id: AccountId::from_bytes(self.fixed()?),
            tenant: word::tenant(self.text()?)?,
            created_at: self.instant()?,
            restored_at: self.option(Self::instant)?,
            profile: self.profile()?,
            login: self.credential()?,
            payment: self.credential()?,
            query: self.credential()?,
            same_as_login: self.list(|it| Ok(Question { at: it.instant()?, tag: it.option(Self::tag)? }))?,
            ask: self.ask()?,
            windows: self.list(Self::window)?,
            codes: self.codes()?,
            sessions: self.list(Self::session)?,
            events_made: self.short_number()?,
            intents: Vec::new(),
            holds: Holds::default(),
            payments: Payments::default(),
            outside: Vec::new(),
            fresh_events: Vec::new(),
        };
        self.approvals(&mut account)?;
        Ok(account)
    }

    /// By way of their mirror: most records have none.
    fn approvals(&mut self, account: &mut Account) -> Stored<()> {
        let stored: Option<ApprovalsV1>;
        (stored, self.0) = postcard::take_from_bytes(self.0).map_err(|error| damaged(&error.to_string()))?;
        (account.intents, account.holds, account.payments, account.outside) =
            approvals::restored(stored, account.id)?;
        Ok(())
    }

    fn window(&mut self) -> Stored<Window> {
        let (holder, opened_at, until) = (self.holder()?, self.instant()?, self.instant()?);
        Ok(Window { holder, opened_at, until, counts: self.one_of(&[false, true])? })
    }

    fn profile(&mut self) -> Stored<Profile> {
        Ok(Profile {
            username: self.option(Self::name)?,
            user_id: self.option(Self::name)?,
            agent: self.option(|it| Ok(Agent { agentid: it.signed()?, usercode: it.signed()? }))?,
            wallet: self.option(|it| {
                let app = AppId::from_bytes(it.fixed()?);
                Ok(Wallet { app, addr: it.name()?, user_id: it.name()? })
            })?,
            mobiles: self.list(Self::sealed)?,
        })
    }

    fn credential(&mut self) -> Stored<Credential> {
        Ok(Credential {
            version: self.number()?,
            state: match self.short_number()? {
                0 => SecretState::Unset,
                1 => SecretState::Active(self.verifier()?),
                2 => SecretState::Temporary { verifier: self.verifier()?, until: self.instant()? },
                _ => return Err(unknown()),
            },
            ledger: self.ledger()?,
            devices: self.list(|it| {
                let id = DeviceId::from_bytes(it.fixed()?);
                Ok(Device { id, seen_at: it.instant()?, ledger: it.ledger()? })
            })?,
        })
    }

    fn verifier(&mut self) -> Stored<Verifier> {
        let version = self.number()?;
        let input = self.one_of(&[Input::Plain, Input::LegacyDigest])?;
        Ok(Verifier { version, input, sealed: self.sealed()? })
    }

    fn ledger(&mut self) -> Stored<Ledger> {
        Ok(Ledger {
            next: self.number()?,
            burst_from: self.number()?,
            locks: self.short_number()?,
            gate: match self.short_number()? {
                0 => Gate::Open,
                1 => Gate::Locked { until: self.instant()? },
                2 => Gate::Blocked,
                3 => Gate::Disabled,
                _ => return Err(unknown()),
            },
            charges: self.list(|it| {
                let (number, at) = (it.number()?, it.instant()?);
                let fate = it.one_of(&[Fate::InFlight, Fate::Missed])?;
                Ok(Charge { number, at, fate, tag: it.option(Self::tag)? })
            })?,
        })
    }

    fn ask(&mut self) -> Stored<AskState> {
        match self.short_number()? {
            0 => Ok(AskState::Every),
            1 => Ok(AskState::Eased {
                chosen: self.one_of(&[AskFrequency::Every, AskFrequency::Hour, AskFrequency::Day])?,
                until: self.instant()?,
                counts: self.one_of(&[false, true])?,
            }),
            2 => Ok(AskState::Unchosen { until: self.instant()? }),
            _ => Err(unknown()),
        }
    }

    fn holder(&mut self) -> Stored<Holder> {
        match self.short_number()? {
            0 => Ok(Holder::Session(SessionId::from_bytes(self.fixed()?))),
            1 => Ok(Holder::App(AppId::from_bytes(self.fixed()?))),
            _ => Err(unknown()),
        }
    }

    fn codes(&mut self) -> Stored<CodeBook> {
        Ok(CodeBook {
            live: self.list(|it| {
                Ok(Code {
                    id: CodeId::from_bytes(it.fixed()?),
                    purpose: it.one_of(&Purpose::ALL)?,
                    hash: it.fixed()?,
                    sent_at: it.instant()?,
                    expires_at: it.instant()?,
                    missed: it.short_number()?,
                    to: it.byte()?,
                })
            })?,
            sent: self.list(Self::instant)?,
            missed: self.list(Self::instant)?,
            sim_changes: self.list(|it| Ok(SimChange { mobile: it.fixed()?, changed_at: it.instant()? }))?,
        })
    }

    fn session(&mut self) -> Stored<Session> {
        Ok(Session {
            id: SessionId::from_bytes(self.fixed()?),
            opened_at: self.instant()?,
            expires_at: self.instant()?,
            login_version: self.number()?,
            key: self.sealed()?,
            login_digest: self.sealed()?,
            missed: self.short_number()?,
        })
    }

    fn byte(&mut self) -> Stored<u8> {
        self.fixed().map(|[byte]| byte)
    }

    fn name(&mut self) -> Stored<Name> {
        word::name(self.text()?)
    }

    fn tag(&mut self) -> Stored<Tag> {
        self.fixed().map(Tag)
    }

    fn sealed(&mut self) -> Stored<Sealed> {
        self.bytes().map(|bytes| Sealed(bytes.to_vec()))
    }

    fn instant(&mut self) -> Stored<Timestamp> {
        self.signed().map(Timestamp::from_millis)
    }
}

/// Postcard's own forms (<https://postcard.jamesmunns.com/wire-format>).
impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Stored<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Stored<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(cut)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Seven bits a byte, the lowest first, at most so many bytes; the last of these has only so many values.
    #[inline]
    fn varint(&mut self, bytes: u32, last: u8) -> Stored<u64> {
        let mut value = 0;
        for place in 0..bytes {
            let (&byte, rest) = self.0.split_first().ok_or_else(cut)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let fits = place + 1 < bytes || byte <= last;
                return if fits { Ok(value) } else { Err(damaged("a number is too great")) };
            }
        }
        Err(damaged("a number is too great"))
    }

    fn number(&mut self) -> Stored<u64> {
        self.varint(10, 1)
    }

    fn short_number(&mut self) -> Stored<u32> {
        self.varint(5, 15)?.try_into().map_err(|_| damaged("a number is too great"))
    }

    /// Zigzag: 0, -1, 1, -2, and so on.
    fn signed(&mut self) -> Stored<i64> {
        let folded = self.number()?;
        Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
    }

    fn length(&mut self) -> Stored<usize> {
        self.number()?.try_into().map_err(|_| cut())
    }

    fn bytes(&mut self) -> Stored<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Stored<&'a str> {
        str::from_utf8(self.bytes()?).map_err(|_| damaged("a text is no text"))
    }

    fn option<T>(&mut self, some: impl FnOnce(&mut Self) -> Stored<T>) -> Stored<Option<T>> {
        match self.fixed()? {
            [0] => Ok(None),
            [1] => some(self).map(Some),
            _ => Err(unknown()),
        }
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Stored<T>) -> Stored<Vec<T>> {
        let length = self.length()?;
        let mut list = Vec::with_capacity(length.min(LIKELY));
        for _ in 0..length {
            list.push(one(self)?);
        }
        Ok(list)
    }

    /// A variant without fields, by its number.
    fn one_of<T: Copy>(&mut self, variants: &[T]) -> Stored<T> {
        let number = usize::try_from(self.short_number()?).unwrap_or(usize::MAX);
        variants.get(number).copied().ok_or_else(unknown)
    }
}

fn cut() -> crate::door::StoreFault {
    damaged("it is cut short")
}

fn unknown() -> crate::door::StoreFault {
    damaged("a variant is not known")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_number_is_read_as_the_mirror_reads_it() {
        for length in 0..12 {
            for last in [0, 1, 2, 15, 16, 127] {
                let mut number = vec![0xff; length];
                number.push(last);
                let read = Reader(&number).number().ok();
                assert_eq!(read, postcard::from_bytes::<u64>(&number).ok(), "{length} {last}");
                assert_eq!(
                    Reader(&number).short_number().ok(),
                    postcard::from_bytes::<u32>(&number).ok(),
                    "{length} {last}"
                );
                let signed = Reader(&number).signed().ok();
                assert_eq!(signed, postcard::from_bytes::<i64>(&number).ok(), "{length} {last}");
            }
        }
    }
}
