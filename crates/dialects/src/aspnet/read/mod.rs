//! Reading a body into named members, by its `Content-Type`.

mod bson;
mod encoding;
mod form;
mod json;
mod xml;

use crate::aspnet::media::{self, Reader};
use crate::aspnet::members::{Case, Members, Model, Twice};
use crate::raw::RawRequest;
use crate::rejection::Rejection;

/// Reads the members of `model`; which of them are missing is found when they are taken out.
///
/// # Errors
/// [`Rejection::UnsupportedMediaType`], or [`Rejection::Malformed`] for a body that is not of its type, has another
/// XML root, or gives a member twice. An empty body has no members, whatever its type.
pub(crate) fn read(raw: &RawRequest, model: &'static Model) -> Result<Members, Rejection> {
    if raw.body.is_empty() {
        return Ok(Members::none(model, Case::Ignored));
    }
    let (reader, charset) = media::reader(raw)?;
    let members = match reader {
        Reader::Bson => bson::read(&raw.body, model),
        Reader::Json => json::read(&encoding::text(&raw.body, charset)?, model),
        Reader::Xml => xml::read(&encoding::text(&raw.body, charset)?, model),
        Reader::Form => form::read(&encoding::text(&raw.body, charset)?, model),
    };
    Ok(members?)
}

/// Why a body cannot be read. Holds nothing of what was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unreadable {
    /// Its bytes are no text.
    Encoding,
    /// It is not well-formed, or its outermost value is not the one that is expected.
    Syntax,
    /// It has a document type definition, which could define entities.
    Dtd,
    /// It is nested deeper than any real body.
    Depth,
    /// It gives a member twice.
    Twice,
}

impl From<Unreadable> for Rejection {
    fn from(why: Unreadable) -> Self {
        let text = match why {
            Unreadable::Encoding => "the body is not text in its charset",
            Unreadable::Syntax => "the body is not well-formed",
            Unreadable::Dtd => "the body has a document type definition",
            Unreadable::Depth => "the body is nested too deeply",
            Unreadable::Twice => "the body gives a member twice",
        };
        Self::Malformed(text.to_owned())
    }
}

impl From<Twice> for Unreadable {
    fn from(_: Twice) -> Self {
        Self::Twice
    }
}
