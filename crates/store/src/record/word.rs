//! Small words that several records share, as stored. The order of their variants is the format.

use countersign_domain::ask::{AskFrequency, Holder};
use countersign_domain::asking::{Exemption, Shortage, Why};
use countersign_domain::code::Purpose;
use countersign_domain::hold::HoldCause;
use countersign_domain::id::{AppId, SessionId};
use countersign_domain::identifier::{Name, TenantId};
use countersign_domain::intent::{Factors, VoidCause};
use countersign_domain::secret::{Input, Kind};
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::damaged;
use crate::door::Stored;

/// Mirrors an enum without fields, in both directions; a variant that is missing here does not compile.
macro_rules! mirror {
    ($name:ident = $domain:ident { $($variant:ident),+ }) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        pub(super) enum $name {
            $($variant),+
        }

        impl From<$domain> for $name {
            fn from(word: $domain) -> Self {
                match word {
                    $($domain::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant),+
                }
            }
        }
    };
}

mirror!(KindV1 = Kind { Login, Payment, Query });
mirror!(InputV1 = Input { Plain, LegacyDigest });
mirror!(PurposeV1 = Purpose { PaymentReset, LoginReset, QueryReset, PaymentChange, PaymentApprove });
mirror!(VoidCauseV1 = VoidCause { SecretChanged, SecretReset, Locked, Guesses, DigestMismatch, Restored });
mirror!(HoldCauseV1 = HoldCause { Reset, MobileChange, Unlock, Restore });
mirror!(FactorsV1 = Factors { Secret, SecretAndCode });
mirror!(ExemptionV1 = Exemption { Window, SmallAmount });
mirror!(WhyV1 = Why { EveryTime, NoWindow, WindowTooOld, Amount, DayAmount, NewPayee, UnknownDevice });
mirror!(AskFrequencyV1 = AskFrequency { Every, Hour, Day });

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum HolderV1 {
    Session([u8; 16]),
    App([u8; 16]),
}

impl From<Holder> for HolderV1 {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Session(id) => Self::Session(*id.as_bytes()),
            Holder::App(id) => Self::App(*id.as_bytes()),
        }
    }
}

impl From<HolderV1> for Holder {
    fn from(holder: HolderV1) -> Self {
        match holder {
            HolderV1::Session(id) => Self::Session(SessionId::from_bytes(id)),
            HolderV1::App(id) => Self::App(AppId::from_bytes(id)),
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum ShortageV1 {
    Secret(WhyV1),
    Code(WhyV1),
    Limit(WhyV1),
    OnHold(i64),
}

impl From<Shortage> for ShortageV1 {
    fn from(shortage: Shortage) -> Self {
        match shortage {
            Shortage::Secret(why) => Self::Secret(why.into()),
            Shortage::Code(why) => Self::Code(why.into()),
            Shortage::Limit(why) => Self::Limit(why.into()),
            Shortage::OnHold(until) => Self::OnHold(until.millis()),
        }
    }
}

impl From<ShortageV1> for Shortage {
    fn from(stored: ShortageV1) -> Self {
        match stored {
            ShortageV1::Secret(why) => Self::Secret(why.into()),
            ShortageV1::Code(why) => Self::Code(why.into()),
            ShortageV1::Limit(why) => Self::Limit(why.into()),
            ShortageV1::OnHold(until) => Self::OnHold(Timestamp::from_millis(until)),
        }
    }
}

/// The tenant of that name, parsed again: a stored value is trusted no more than a received one.
pub(super) fn tenant(text: &str) -> Stored<TenantId> {
    TenantId::parse(text).ok_or_else(|| damaged("its tenant is no tenant's name"))
}

/// The name, parsed again.
pub(super) fn name(text: &str) -> Stored<Name> {
    Name::parse(text).ok_or_else(|| damaged("one of its names is no name"))
}
