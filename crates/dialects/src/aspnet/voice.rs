//! Speaks: a body in the negotiated media type, with the status and the headers that belong to it.

use countersign_domain::lang::Lang;
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::aspnet::content::{Content, ModelState};
use crate::aspnet::media::{self, Media};
use crate::aspnet::texts::Text;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid};

/// The framework's sentence above a `ModelState`.
const INVALID: &str = "The request is invalid.";
/// The framework's sentence for whatever it does not explain to a caller from outside.
const OPAQUE: &str = "An error has occurred.";

/// How to answer one request.
pub(crate) struct Voice<'a> {
    media: &'static Media,
    lang: Lang,
    method: &'a str,
    prefix: &'a str,
}

impl<'a> Voice<'a> {
    /// `prefix` is the name of the framework's parameter, before every `ModelState` key.
    pub(crate) fn new(raw: &'a RawRequest, prefix: &'a str) -> Self {
        let lang = raw.header(header::ACCEPT_LANGUAGE.as_str()).unwrap_or_default();
        Self {
            media: media::negotiate(raw),
            lang: Lang::negotiate(lang, Lang::ZhCn),
            method: raw.method.as_str(),
            prefix,
        }
    }

    /// Success.
    pub(crate) fn done(&self) -> RawResponse {
        self.write(StatusCode::OK, &Content::Result { errcode: 0, errmsg: "" })
    }

    /// A business result that is not success.
    pub(crate) fn result(&self, text: Text) -> RawResponse {
        let errmsg = text.errmsg(self.lang);
        self.write(StatusCode::OK, &Content::Result { errcode: text.errcode(), errmsg })
    }

    /// 400 with what is wrong, member by member.
    pub(crate) fn invalid(&self, faults: &[Invalid]) -> RawResponse {
        let mut state = ModelState::default();
        for fault in faults {
            state.add(self.key(&fault.member), sentence(fault));
        }
        self.write(
            StatusCode::BAD_REQUEST,
            &Content::Error { message: INVALID.to_owned(), model_state: state },
        )
    }

    /// 400 for a body that cannot be read. The framework says no more to callers from outside, and the parser's
    /// own words could quote a secret.
    pub(crate) fn malformed(&self) -> RawResponse {
        let mut state = ModelState::default();
        state.add(self.prefix.to_owned(), OPAQUE.to_owned());
        self.write(
            StatusCode::BAD_REQUEST,
            &Content::Error { message: INVALID.to_owned(), model_state: state },
        )
    }

    /// 401 with a `WWW-Authenticate` header of that value.
    pub(crate) fn unauthorized(&self, challenge: &str) -> RawResponse {
        let message = "Authorization has been denied for this request.";
        with(self.error(StatusCode::UNAUTHORIZED, message), header::WWW_AUTHENTICATE, challenge)
    }

    /// 404.
    pub(crate) fn not_found(&self) -> RawResponse {
        self.error(StatusCode::NOT_FOUND, "No HTTP resource was found that matches the request URI.")
    }

    /// 405 with an `Allow` header of these methods.
    pub(crate) fn method_not_allowed(&self, allowed: &[String]) -> RawResponse {
        let message = format!("The requested resource does not support http method '{}'.", self.method);
        with(self.error(StatusCode::METHOD_NOT_ALLOWED, &message), header::ALLOW, &allowed.join(", "))
    }

    /// 413.
    pub(crate) fn too_large(&self) -> RawResponse {
        self.error(StatusCode::PAYLOAD_TOO_LARGE, "Maximum request length exceeded.")
    }

    /// 415. `media` is the type as sent, empty if there was none.
    pub(crate) fn unsupported(&self, media: &str) -> RawResponse {
        let message = if media.is_empty() {
            "The request contains an entity body but no Content-Type header. The inferred media type \
             'application/octet-stream' is not supported for this resource."
                .to_owned()
        } else {
            format!("The request entity's media type '{media}' is not supported for this resource.")
        };
        self.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message)
    }

    /// 503, with the seconds after which another try is worth while.
    pub(crate) fn overloaded(&self, retry_after_s: i64) -> RawResponse {
        let message = "The service is busy. Please try again.";
        self.error(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(retry_after_s)
    }

    /// 500: our fault, of which nothing is told.
    pub(crate) fn fault(&self) -> RawResponse {
        self.error(StatusCode::INTERNAL_SERVER_ERROR, OPAQUE)
    }

    fn error(&self, status: StatusCode, message: &str) -> RawResponse {
        self.write(
            status,
            &Content::Error { message: message.to_owned(), model_state: ModelState::default() },
        )
    }

    fn write(&self, status: StatusCode, content: &Content) -> RawResponse {
        RawResponse::new(status, self.media.content_type, content.write(self.media.writer))
    }

    fn key(&self, member: &str) -> String {
        if self.prefix.is_empty() { member.to_owned() } else { format!("{}.{member}", self.prefix) }
    }
}

/// The framework's own sentences for `Required` and `MaxLength`. It would quote a value of the wrong type; we do not.
fn sentence(invalid: &Invalid) -> String {
    let member = &invalid.member;
    match invalid.fault {
        Fault::Required => format!("The {member} field is required."),
        Fault::TooLong(max) => {
            format!("The field {member} must be a string or array type with a maximum length of '{max}'.")
        }
        Fault::NotAllowed(_) => format!("The value is not valid for {member}."),
    }
}

/// With a header, unless its value cannot stand in one.
fn with(mut response: RawResponse, name: HeaderName, value: &str) -> RawResponse {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers.insert(name, value);
    }
    response
}
