//! What a request's head is addressed to, and whether the head is within bounds.

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Version, header};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Registry, Route};

/// Longest path and query in bytes; RFC 9110, section 4.1, asks for at least 8,000.
const LONGEST_TARGET: usize = 8192;

/// Most headers of one request.
const MOST_HEADERS: usize = 100;

/// Stands for a dialect or endpoint in metrics where there is none.
pub(super) const NOWHERE: &str = "none";

/// What a request is addressed to.
pub(super) struct Located {
    /// The dialect's name.
    pub(super) dialect: &'static str,
    /// Which of its endpoints.
    pub(super) endpoint: usize,
    /// That endpoint's path as metrics name it.
    pub(super) template: &'static str,
    /// What the path says in the endpoint's places.
    pub(super) params: Vec<String>,
    /// What is wrong with path or method.
    pub(super) rejection: Option<Rejection>,
}

/// Finds the dialect. What nobody listens to is answered by the native one; `None` if there is not even that.
pub(super) fn locate(registry: &Registry, parts: &Parts) -> Option<Located> {
    match registry.route(&parts.method, parts.uri.path()) {
        Route::Found { dialect, endpoint, params } => {
            let template = dialect.endpoints()[endpoint].path;
            Some(Located { dialect: dialect.name(), endpoint, template, params, rejection: None })
        }
        Route::OtherMethods { dialect, endpoint, allowed } => {
            let template = dialect.endpoints()[endpoint].path;
            let rejection = Some(Rejection::MethodNotAllowed(allowed));
            Some(Located { dialect: dialect.name(), endpoint, template, params: Vec::new(), rejection })
        }
        Route::Nowhere => {
            let native = registry.iter().find(|dialect| dialect.name() == "native")?;
            let rejection = Some(Rejection::NotFound);
            Some(Located {
                dialect: native.name(),
                endpoint: 0,
                template: NOWHERE,
                params: Vec::new(),
                rejection,
            })
        }
    }
}

/// Whether a head of at most so many bytes is within bounds; else what to answer.
pub(super) fn bounded(
    parts: &Parts,
    header_bytes: usize,
) -> Result<(), (StatusCode, &'static str, &'static str)> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > LONGEST_TARGET {
        let detail = "The path and query are longer than 8192 bytes. Send parameters in the body.";
        return Err((StatusCode::URI_TOO_LONG, "malformed_request", detail));
    }
    if parts.headers.len() > MOST_HEADERS || head_bytes(&parts.headers) + target > header_bytes {
        let detail =
            "The headers are too many or too long. Send fewer; cookies and tokens are the usual cause.";
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "malformed_request", detail));
    }
    // RFC 9112, section 3.2: exactly one `Host`, because two ends may believe different ones.
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    if parts.version == Version::HTTP_11 && hosts != 1 {
        return Err((StatusCode::BAD_REQUEST, "malformed_request", "Exactly one Host header is needed."));
    }
    Ok(())
}

/// Each header with the four bytes around it, `: ` and the line's end.
fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
