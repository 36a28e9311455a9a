//! How a person showed who they are, in the words of RFC 8176.

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A word of the registry "Authentication Method Reference Values" (RFC 8176).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Method {
            $($(#[$doc])* $name,)*
        }

        impl Method {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

methods! {
    /// The face.
    Face = "face",
    /// A fingerprint.
    Fingerprint = "fpt",
    /// Where the person is.
    Place = "geo",
    /// A key in hardware.
    HardwareKey = "hwk",
    /// The iris.
    Iris = "iris",
    /// What only the person knows about themselves.
    Knowledge = "kba",
    /// Over several channels.
    SeveralChannels = "mca",
    /// Several factors. The words of the factors stand beside it.
    SeveralFactors = "mfa",
    /// A one-time password.
    OneTime = "otp",
    /// A PIN: a secret of digits only.
    Pin = "pin",
    /// Proof that a key is there.
    Possession = "pop",
    /// A password.
    Password = "pwd",
    /// What is known of the risk.
    Risk = "rba",
    /// The retina.
    Retina = "retina",
    /// A smart card.
    SmartCard = "sc",
    /// A message to a mobile.
    Sms = "sms",
    /// A key in software.
    SoftwareKey = "swk",
    /// A telephone call.
    Telephone = "tel",
    /// That somebody is there.
    Presence = "user",
    /// The voice.
    Voice = "vbm",
    /// The integrated authentication of Windows.
    Windows = "wia",
}

impl Method {
    /// The method of exactly that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == word)
    }
}
