//! `application/x-www-form-urlencoded`.

use zeroize::Zeroizing;

use crate::aspnet::members::{Case, Members, Model, Scalar};
use crate::aspnet::read::Unreadable;
use crate::body::form_decoded;

/// Reads the pairs; names in any case. What is no UTF-8 is refused, not replaced: a replaced character in a username
/// would be somebody else's name.
pub(super) fn read(text: &str, model: &'static Model) -> Result<Members, Unreadable> {
    let mut members = Members::none(model, Case::Ignored);
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        members.put(&decoded(name)?, Scalar::text(decoded(value)?.as_str()))?;
    }
    Ok(members)
}

fn decoded(text: &str) -> Result<Zeroizing<String>, Unreadable> {
    form_decoded(text).map(Zeroizing::new).map_err(|_| Unreadable::Encoding)
}
