//! Headers of requests and answers that are about more than the credential.

use http::Method;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::parameter;
use crate::device::{COOKIE, DeviceToken};
use crate::native::calls::{Call, Entry};
use crate::native::envelope::{CLIENT_ADDRESS, IDEMPOTENCY_KEY};

/// As people write it; headers are read in any case.
const DEVICE_HEADER: &str = "Countersign-Device";

const ONCE: &str = "The same key with the same body gives the first answer again, and spends no second guess. An answer \
    that was lost can be read again; a request that never got one may be carried on once twice the time that requests \
    may take is over, still for the one guess that it was charged. A refusal that is of the moment only (429, 503, `payments_on_hold`, \
    `intent_not_approved`, `secret_required`, `code_required`, `limit_exceeded`, `webhook_limit`) is no answer to it: the same key \
    may be sent again";
const ADDRESS: &str = "The person's IP address, as this platform sees it: wrong guesses are also counted by network, \
    and a platform's own address names nobody's";
const DEVICE: &str = "`new`, or the token that an earlier answer gave this device. Guesses from a known device cost its \
    own small budget, so that strangers who use up the account's do not lock its owner out. A token is worth nothing \
    without the secret; one that is unknown by now counts as `new`";
const PREFER: &str = "`step-up=rfc9470`: where the secret or a code is needed too, the answer is 401 with \
    `insufficient_user_authentication` in `WWW-Authenticate` (RFC 9470), instead of 403";
const TOKEN: &str =
    "For the person's device to keep and to send from now on; given to one that asked to be known";

/// Those of a request, as parameters.
pub(super) fn of_request(entry: &Entry, device: DeviceToken) -> Vec<Parameter> {
    let header = |name, about, schema| parameter(name, ParameterIn::Header, about, schema);
    let mut parameters = Vec::new();
    if matches!(entry.method, Method::POST | Method::PUT) {
        let schema = text().pattern(Some("^[!-~]+$")).min_length(Some(1)).max_length(Some(255)).build();
        parameters.push(header(IDEMPOTENCY_KEY, ONCE, schema));
    }
    if entry.call.can_miss() {
        parameters.push(header(CLIENT_ADDRESS, ADDRESS, address()));
    }
    if entry.call == Call::ApproveIntent {
        parameters.push(header("Prefer", PREFER, text().build()));
    }
    if entry.call.guesses() {
        parameters.extend(match device {
            DeviceToken::Off => None,
            DeviceToken::Header => Some(header(DEVICE_HEADER, DEVICE, text().build())),
            DeviceToken::Cookie => Some(parameter(COOKIE, ParameterIn::Cookie, DEVICE, text().build())),
        });
    }
    parameters
}

/// The one that an answer brings after the right secret.
pub(super) fn of_success(entry: &Entry, device: DeviceToken) -> Option<(&'static str, Header)> {
    let name = match device {
        DeviceToken::Header => DEVICE_HEADER,
        DeviceToken::Cookie => "Set-Cookie",
        DeviceToken::Off => return None,
    };
    let header = || HeaderBuilder::new().schema(Some(text().build())).description(Some(TOKEN)).build();
    entry.call.guesses().then(|| (name, header()))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Either family of addresses, as text.
fn address() -> Object {
    text().pattern(Some(r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$")).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::HEADER;

    #[test]
    fn the_name_is_the_one_that_is_read() {
        assert!(DEVICE_HEADER.eq_ignore_ascii_case(HEADER.as_str()));
    }
}
