//! The members of a request's body, by name, and what is wrong with them.

use std::collections::HashSet;

use countersign_domain::secret::SecretText;

use crate::rejection::{Fault, Invalid, Rejection};

/// What a body is read as.
pub(crate) struct Model {
    /// Name of the XML root element.
    pub(crate) root: &'static str,
    /// XML namespaces of root and members; any one of them, the same for all.
    pub(crate) namespaces: &'static [&'static str],
    /// The members' names. Every other member of a body is ignored.
    pub(crate) names: &'static [&'static str],
}

/// A member's value. Numbers are kept as text, because every format takes one for the other.
pub(crate) enum Scalar {
    /// Null, or `i:nil`: the same as absent.
    Null,
    /// Text, or a number in decimal.
    Text(SecretText),
    /// Anything else: a truth value, a list, an object.
    Other,
}

/// Whether the case of a member's name matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// Json.NET (so JSON and BSON) and forms: it does not.
    Ignored,
    /// `DataContractSerializer` (XML): it does.
    Counts,
}

/// A member given twice. The framework takes the last; here no proxy before us may have believed the first.
pub(crate) struct Twice;

/// The members that were read. Taking one out checks it; whatever is wrong is collected, so that the caller is
/// told all of it at once.
pub(crate) struct Members {
    names: &'static [&'static str],
    case: Case,
    values: Vec<Option<Scalar>>,
    ignored: HashSet<String>,
    wrong: Vec<Invalid>,
}

impl Members {
    /// No member at all, as in an empty body.
    pub(crate) fn none(model: &Model, case: Case) -> Self {
        let values = model.names.iter().map(|_| None).collect();
        Self { names: model.names, case, values, ignored: HashSet::new(), wrong: Vec::new() }
    }

    /// Takes a member in. One that the model does not have is only remembered by name.
    pub(super) fn put(&mut self, name: &str, value: Scalar) -> Result<(), Twice> {
        let fresh = match self.place(name) {
            Some(place) => self.values[place].replace(value).is_none(),
            None => self.ignored.insert(name.to_owned()),
        };
        if fresh { Ok(()) } else { Err(Twice) }
    }

    /// Whether the model has a member of that name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// A required text of at most `max` UTF-16 units, the framework's measure. Blank counts as absent, as its
    /// `Required` has it.
    pub(crate) fn text(&mut self, name: &'static str, max: usize) -> Option<SecretText> {
        let text = self.required(name)?;
        if text.expose().encode_utf16().count() > max {
            return self.fail(name, Fault::TooLong(max));
        }
        Some(text)
    }

    /// A required integer of 64 bits.
    pub(crate) fn integer(&mut self, name: &'static str) -> Option<i64> {
        let text = self.required(name)?;
        match text.expose().trim().parse() {
            Ok(integer) => Some(integer),
            Err(_) => self.fail(name, Fault::NotAllowed("an integer of 64 bits")),
        }
    }

    /// Everything that was wrong with the members taken out so far.
    pub(crate) fn into_rejection(self) -> Rejection {
        Rejection::Invalid(self.wrong)
    }

    fn required(&mut self, name: &'static str) -> Option<SecretText> {
        let value = self.place(name).and_then(|place| self.values[place].take());
        match value {
            Some(Scalar::Text(text)) if !text.expose().trim().is_empty() => Some(text),
            Some(Scalar::Text(_) | Scalar::Null) | None => self.fail(name, Fault::Required),
            Some(Scalar::Other) => self.fail(name, Fault::NotAllowed("a text or a number")),
        }
    }

    fn fail<T>(&mut self, name: &str, fault: Fault) -> Option<T> {
        self.wrong.push(Invalid { member: name.to_owned(), fault });
        None
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| match self.case {
            Case::Ignored => known.eq_ignore_ascii_case(name),
            Case::Counts => *known == name,
        })
    }
}

impl Scalar {
    /// A number with floating point. An integral one reads as an integer; any other is nothing that a member of
    /// ours can be.
    pub(super) fn from_f64(value: f64) -> Self {
        // From 2^53 on neighbouring integers share one f64, so it may not be the number that its sender meant.
        let integral = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
        // Rust writes an integral f64 without point and exponent, but keeps the sign of zero.
        if integral { Self::text(&(value + 0.0)) } else { Self::Other }
    }

    /// The decimal text of a number.
    pub(super) fn text(value: &(impl ToString + ?Sized)) -> Self {
        Self::Text(SecretText::new(value.to_string()))
    }
}
