//! How the token of a known device travels. The same in every dialect that has it switched on, and no part of any of
//! the documented APIs: a caller that does not know of it loses nothing.

use countersign_domain::device::DevicePresented;
use countersign_domain::secret::SecretText;
use http::{HeaderName, HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::raw::{RawRequest, RawResponse};

/// The header, in requests and in answers.
pub const HEADER: HeaderName = HeaderName::from_static("countersign-device");

/// What a device sends that wants to be known.
pub const NEW: &str = "new";

/// The cookie. Its prefix makes a browser refuse it from any other host, from another path, or over plain HTTP.
pub(crate) const COOKIE: &str = "__Host-countersign-device";

/// Seconds that a browser keeps the cookie: as long as cookies may last in today's browsers.
const COOKIE_LIFE_S: u32 = 400 * 24 * 60 * 60;

/// How a device shows that the right secret was presented on it before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceToken {
    /// Not at all: every device is unknown.
    #[default]
    Off,
    /// By the header `Countersign-Device`. A request that sends `new` is given a token with its first success.
    Header,
    /// By a cookie, which every success sets.
    Cookie,
}

impl DeviceToken {
    /// What the request says of its device.
    #[must_use]
    pub fn presented(self, raw: &RawRequest) -> DevicePresented {
        match self {
            Self::Off => DevicePresented::Nothing,
            Self::Header => raw.header(HEADER.as_str()).map_or(DevicePresented::Nothing, presented),
            Self::Cookie => cookie(raw).map_or(DevicePresented::Unknown, presented),
        }
    }

    /// Gives the device its token with an answer.
    pub fn hand_out(self, token: &SecretText, response: &mut RawResponse) {
        let (name, text) = match self {
            Self::Off => return,
            Self::Header => (HEADER, token.expose().to_owned()),
            Self::Cookie => {
                let rules = "Path=/; Secure; HttpOnly; SameSite=Strict";
                let text = format!("{COOKIE}={}; Max-Age={COOKIE_LIFE_S}; {rules}", token.expose());
                (header::SET_COOKIE, text)
            }
        };
        if let Ok(mut value) = HeaderValue::try_from(text) {
            value.set_sensitive(true);
            response.headers.append(name, value);
        }
    }
}

fn presented(text: &str) -> DevicePresented {
    if text == NEW {
        DevicePresented::Unknown
    } else {
        DevicePresented::Token(SecretText::new(text.to_owned()))
    }
}

fn cookie(raw: &RawRequest) -> Option<&str> {
    let lines = raw.headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))
}
