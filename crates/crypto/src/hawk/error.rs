//! Why a request is not authentic, and how that is said to the caller.

/// Why a request is not authentic.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HawkError {
    /// There is no `Authorization` header of this scheme.
    #[error("no Hawk authorization")]
    Missing,
    /// The header cannot be read.
    #[error("malformed Hawk header: {0}")]
    Malformed(HeaderFault),
    /// Nobody has this id. Whoever must not learn which ids exist gets [`Self::BadMac`] instead.
    #[error("unknown credentials")]
    UnknownCredentials,
    /// Wrong key, or the request is not the one that was signed.
    #[error("bad mac")]
    BadMac,
    /// The request has a body and the header has no hash of it.
    #[error("missing payload hash")]
    MissingPayloadHash,
    /// The body or its content type is not the one that was signed.
    #[error("bad payload hash")]
    BadPayloadHash,
    /// The caller's clock is off. Only ever answered to a good MAC, because `tsm` is made with the key.
    #[error("stale timestamp")]
    StaleTimestamp {
        /// The server's time in seconds since the epoch.
        ts: i64,
        /// The MAC of it, so that the client may trust it and adjust its clock.
        tsm: String,
    },
    /// The same id, nonce and timestamp were seen before.
    #[error("replayed nonce")]
    Replay,
}

impl HawkError {
    /// The value of `WWW-Authenticate` for the 401 answer, in the words of the reference implementation.
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        match self {
            Self::StaleTimestamp { ts, tsm } => {
                format!("Hawk ts=\"{ts}\", tsm=\"{tsm}\", error=\"{}\"", self.reason())
            }
            Self::Missing
            | Self::Malformed(_)
            | Self::UnknownCredentials
            | Self::BadMac
            | Self::MissingPayloadHash
            | Self::BadPayloadHash
            | Self::Replay => format!("Hawk error=\"{}\"", self.reason()),
        }
    }

    /// The text inside `error="…"`. Fixed words: nothing the caller sent comes back.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "Missing authentication",
            Self::Malformed(fault) => fault.as_str(),
            Self::UnknownCredentials => "Unknown credentials",
            Self::BadMac => "Bad mac",
            Self::MissingPayloadHash => "Missing required payload hash",
            Self::BadPayloadHash => "Bad payload hash",
            Self::StaleTimestamp { .. } => "Stale timestamp",
            Self::Replay => "Invalid nonce",
        }
    }
}

impl From<HeaderFault> for HawkError {
    fn from(fault: HeaderFault) -> Self {
        Self::Malformed(fault)
    }
}

/// What is wrong with an `Authorization` or `Server-Authorization` header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum HeaderFault {
    /// Longer than 4096 bytes.
    TooLong,
    /// Not a comma-separated list of `name="value"`.
    Syntax,
    /// An attribute that HAWK does not have.
    UnknownAttribute,
    /// An attribute given twice.
    DuplicateAttribute,
    /// An attribute with a value it cannot have.
    BadAttribute,
    /// `id`, `ts`, `nonce` or `mac` is not there.
    MissingAttribute,
}

impl HeaderFault {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "Header length too long",
            Self::Syntax => "Bad header format",
            Self::UnknownAttribute => "Unknown attribute",
            Self::DuplicateAttribute => "Duplicate attribute",
            Self::BadAttribute => "Bad attribute value",
            Self::MissingAttribute => "Missing attributes",
        }
    }
}

/// A value that no header attribute can carry: empty, with a quote, a backslash or a byte that is not
/// printable ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the value of `{0}` cannot stand in a Hawk header")]
pub struct NotAnAttribute(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_the_words_of_the_reference_implementation() {
        let stale = HawkError::StaleTimestamp { ts: 1_353_832_234, tsm: "bWFj".to_owned() };
        let cases = [
            (HawkError::Missing, "Hawk error=\"Missing authentication\""),
            (HawkError::BadMac, "Hawk error=\"Bad mac\""),
            (HawkError::Malformed(HeaderFault::MissingAttribute), "Hawk error=\"Missing attributes\""),
            (HawkError::Replay, "Hawk error=\"Invalid nonce\""),
            (stale, "Hawk ts=\"1353832234\", tsm=\"bWFj\", error=\"Stale timestamp\""),
        ];
        for (error, expected) in cases {
            assert_eq!(error.www_authenticate(), expected);
        }
    }
}
