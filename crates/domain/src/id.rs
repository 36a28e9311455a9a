//! Identities of records. Each is 128 bits chosen by the caller and reads as a prefix and 26 characters.

use core::fmt;

/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`, so an id survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// From 16 bytes; a new identity takes them from the CSPRNG.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes, as stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads the text form; `None` if it is not one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                decode(text.strip_prefix($prefix)?).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(&encode(self.0))
            }
        }
    };
}

id!(
    /// A person's record.
    AccountId, "acct_"
);
id!(
    /// A caller's credential inside a tenant.
    AppId, "app_"
);
id!(
    /// A login session. Its text form is also the session's HAWK id.
    SessionId, "ses_"
);
id!(
    /// A verification code that was issued.
    CodeId, "code_"
);
id!(
    /// A device on which the right secret was presented.
    DeviceId, "dev_"
);
id!(
    /// An audit event. Sorts by time, and within one account by order.
    EventId, "evt_"
);
id!(
    /// An endpoint that is told of events.
    WebhookId, "wh_"
);

/// An intent. It begins with its account's id, so that whoever has the one finds the other without a look-up; what follows
/// is 80 bits of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IntentId {
    account: AccountId,
    own: [u8; 10],
}

impl IntentId {
    /// What the text form begins with.
    pub const PREFIX: &'static str = "int_";

    /// An intent of that account; a new one takes its ten bytes from the CSPRNG.
    #[must_use]
    pub const fn new(account: AccountId, own: [u8; 10]) -> Self {
        Self { account, own }
    }

    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its own ten bytes, as stored in its account's record.
    #[must_use]
    pub const fn own(&self) -> &[u8; 10] {
        &self.own
    }

    /// Reads the text form; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (account, own) = text.strip_prefix(Self::PREFIX)?.split_at_checked(26)?;
        let own = decode(&format!("{}{own}", "0".repeat(10))).filter(|_| own.len() == 16)?;
        let own = own.last_chunk().copied()?;
        decode(account).map(|account| Self { account: AccountId::from_bytes(account), own })
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut own = [0; 16];
        own[6..].copy_from_slice(&self.own);
        write!(f, "{}{}{}", Self::PREFIX, encode(*self.account.as_bytes()), &encode(own)[10..])
    }
}

fn encode(bytes: [u8; 16]) -> String {
    let value = u128::from_be_bytes(bytes);
    (0..26).rev().map(|i| char::from(ALPHABET[((value >> (i * 5)) & 31) as usize])).collect()
}

fn decode(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for (position, c) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&a| a == c)? as u128;
        // 26 characters carry 130 bits: the first may use only three of its five.
        if position == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit;
    }
    Some(value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_intent_names_its_account(account: [u8; 16], own: [u8; 10]) {
            let id = IntentId::new(AccountId::from_bytes(account), own);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 4 + 26 + 16);
            prop_assert_eq!(IntentId::parse(&text), Some(id));
            prop_assert!(IntentId::parse(&text[..text.len() - 1]).is_none());
            let longer = format!("{text}0");
            prop_assert!(IntentId::parse(&longer).is_none());
        }

        #[test]
        fn text_form_round_trips(bytes: [u8; 16]) {
            let id = AccountId::from_bytes(bytes);
            prop_assert_eq!(AccountId::parse(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        let overflow = format!("acct_{}", "z".repeat(26));
        for text in ["", "acct_", "acct_0", "app_00000000000000000000000000", overflow.as_str()] {
            assert!(AccountId::parse(text).is_none(), "{text}");
        }
    }
}
