//! What an intent is about: money, to whom, and what for.

use crate::money::{Amount, Currency};

/// A transaction as the platform names it. What is here is what the person sees and what is digested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// How much, above zero.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
    /// To whom.
    pub payee: Line,
    /// The platform's own number for it.
    pub reference: Option<Line>,
    /// What the person wrote.
    pub memo: Option<Line>,
    /// Whatever else shall be bound to the approval. Digested, not shown.
    pub details: Option<Details>,
}

/// A text of one line that a person is shown: 1 to 140 characters, at least one of which can be seen.
///
/// It has no control characters and none that change the order or the place of others, so that no field of a
/// transaction can look like another one, nor hide what stands in it (Unicode Technical Report 36, sections 2.5 and 3.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line(String);

impl Line {
    /// The longest line, in characters; as long as the remittance information of a SEPA payment.
    pub const MAX_CHARS: usize = 140;

    /// The line, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.chars().count() <= Self::MAX_CHARS
            && text.chars().any(|c| !c.is_whitespace() && !joins(c) && !combines(c) && c != '\u{2800}')
            && !text.chars().any(misleads)
            && !piles_up(text);
        fits.then(|| Self(text.to_owned()))
    }

    /// Takes over what was a line when it was written down. What may be written is decided at the door, so that a rule which
    /// becomes stricter makes no record unreadable.
    #[must_use]
    pub const fn as_written(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that only join or part their neighbours, as Persian and many emoji need them.
const fn joins(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Marks that are drawn over or under the character before them, in every script (the blocks of combining marks).
const fn combines(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Whether so many marks are on one character that they reach into the lines above and below. Vietnamese and phonetic
/// alphabets need up to four.
fn piles_up(text: &str) -> bool {
    let mut pile = 0;
    text.chars().any(|c| {
        pile = if combines(c) { pile + 1 } else { 0 };
        pile > 4
    })
}

/// Characters that move, hide or break what a person reads.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Soft hyphen, combining joiner, Arabic mark, fillers, Mongolian separator.
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            // Zero width, direction marks, line and paragraph separators, embeddings and overrides, invisible operators.
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}'
            // Controls of hieroglyphs, shorthand and musical notation.
            | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}'
            // Private use, tags and further variation selectors.
            | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}')
}

/// Free structured details, as canonical JSON (RFC 8785) of an object. Read at the door and never again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Details(String);

impl Details {
    /// The most bytes in canonical form.
    pub const MAX_BYTES: usize = 4096;

    /// The most bytes of all open intents of one account together: its record is read and written whole.
    pub const MAX_OPEN_BYTES: usize = 32 * 1024;

    /// Takes over what the door has read and made canonical; `None` if it is too long.
    #[must_use]
    pub fn of_canonical(json: String) -> Option<Self> {
        (json.len() <= Self::MAX_BYTES).then_some(Self(json))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_what_it_is() {
        let long = "长".repeat(140);
        let marked = "Nguye\u{302}\u{303}n";
        for fine in
            ["ACME", "  张三 ", "می‌خواهم", "👨‍👩‍👧", "a \u{a0} b", marked, "e\u{301}\u{301}\u{301}\u{301}", &long]
        {
            assert!(Line::parse(fine).is_some(), "{fine}");
        }
        let longer = "长".repeat(141);
        for refused in [
            "",
            "   ",
            "\u{3000}",
            "\u{200D}",
            "a\nTo: b",
            "a\u{2028}b",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{200B}b",
            "a\u{0}",
            "a\u{85}",
            "a\u{E0041}",
            "\u{FEFF}a",
            "\u{3164}",
            "\u{2800}",
            "\u{301}",
            "a\u{FFFC}",
            "a\u{1D173}",
            "e\u{301}\u{301}\u{301}\u{301}\u{301}",
            &longer,
        ] {
            assert!(Line::parse(refused).is_none(), "{refused:?}");
        }
    }
}
