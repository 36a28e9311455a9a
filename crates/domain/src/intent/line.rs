//! Texts that a person is shown, and what must not be in them.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::joiner::{changes_nothing, is_joiner};

/// A text of one line that a person is shown: 1 to 140 characters, at least one of which can be seen.
///
/// It shows what it is (Unicode Technical Report 36, sections 2.5 and 3.1): it has no characters that cannot be seen or that
/// change the order or the place of others; no blanks at its ends and no two side by side, by which it could be pushed on
/// to a line of its own; and no marks that pile up into the lines above and below. So no field of a transaction can
/// look like another one, nor hide what stands in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line(String);

impl Line {
    /// The longest line, in characters; as long as the remittance information of a SEPA payment.
    pub const MAX_CHARS: usize = 140;

    /// The line, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.chars().count() <= Self::MAX_CHARS
            && text.chars().any(|c| !c.is_whitespace() && !is_joiner(c) && !combines(c))
            && !text.chars().any(misleads)
            && !pushes(text)
            && !piles_up(text)
            && !changes_nothing(text);
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

/// Marks that are drawn over, under or around the character before them.
fn combines(c: char) -> bool {
    matches!(c.general_category(), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// The dot under a consonant in the scripts of India, which belongs to the letter: `ढ़` can be written in no other way.
const fn is_nukta(c: char) -> bool {
    matches!(c, '\u{093C}' | '\u{09BC}' | '\u{0A3C}' | '\u{0ABC}' | '\u{0B3C}' | '\u{0CBC}')
}

/// Whether it begins or ends with a blank, or has two side by side.
fn pushes(text: &str) -> bool {
    let mut after_blank = true;
    let twice = text.chars().any(|c| {
        let before = core::mem::replace(&mut after_blank, c.is_whitespace());
        before && after_blank
    });
    twice || after_blank
}

/// Whether a mark has nothing to stand on, or more than two are on one character, so that they reach into the lines above
/// and below. Vietnamese and Thai need two, and so does what is written under a [nukta](is_nukta).
fn piles_up(text: &str) -> bool {
    let (mut pile, mut before) = (0, ' ');
    text.chars().any(|c| {
        if !combines(c) {
            pile = 0;
        } else if !is_nukta(c) || combines(before) {
            pile += 1;
        }
        let stands = !combines(c) || !(before.is_whitespace() || is_joiner(before));
        before = c;
        pile > 2 || !stands
    })
}

/// Characters that move, hide or break what a person reads, or that nobody can say how they look.
fn misleads(c: char) -> bool {
    let category = c.general_category();
    let unseen = match category {
        GeneralCategory::Format => !is_joiner(c),
        GeneralCategory::Control
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => true,
        _ => false,
    };
    unseen
        || matches!(c,
            // Letters, marks and symbols by their category that are drawn as nothing: combining joiner, fillers of Hangul
            // and Khmer, variations of Mongolian, blanks of Braille, of musical notation and of hieroglyphs.
            '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{FFFC}' | '\u{16FE4}' | '\u{13441}' | '\u{13442}' | '\u{1D159}'
            // Variations, but for the two between text and emoji, which are asked for where they stand.
            | '\u{FE00}'..='\u{FE0D}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_shops_are_lines_in_every_script() {
        let long = "长".repeat(140);
        for fine in [
            "ACME",
            "张三",
            "欧阳\u{3000}娜娜",
            "株式会社 サカナ",
            "김철수",
            "a\u{a0}b",
            // Vietnamese, composed and decomposed.
            "Nguyễn Thị Bưởi",
            "Nguye\u{302}\u{303}n Thi\u{323} Bu\u{31b}o\u{31b}\u{309}i",
            "Đặng Việt Dũng",
            // Thai: a vowel and a tone on one letter.
            "สิทธิ์ชัย พันธุ์ดี",
            "ร้านน้ำแข็งที่นี่",
            "ကျော်မြင့်",
            // Hindi, and a dotted letter with a vowel and a nasal.
            "हिन्दी शृंखला",
            "राम पढ\u{93c}\u{942}\u{901}",
            "শ্রীমঙ্গল",
            "தமிழ் கடை",
            // Arabic with its marks, Persian with its joiner, Hebrew with points.
            "محمد عبد الله",
            "مُحَمَّد",
            "می\u{200c}خواهم",
            "שָׁלוֹם",
            "Ærøskøbing & Søn, 50 %",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
            "🇨🇳 店",
            &long,
        ] {
            assert!(Line::parse(fine).is_some(), "{fine}");
        }
    }

    #[test]
    fn what_hides_moves_or_piles_up_is_no_line() {
        let (longer, dotted) = ("长".repeat(141), "ก".to_owned() + &"\u{e49}".repeat(3));
        for refused in [
            "",
            "   ",
            "\u{3000}",
            // Blanks at the ends and side by side.
            " a",
            "a ",
            "\u{3000}张三",
            "a\u{a0}",
            "a  b",
            "a \u{a0} b",
            "a\u{2003}\u{2003}b",
            // Lines, controls and what cannot be seen.
            "a\nTo: b",
            "a\u{b}b",
            "a\u{2028}b",
            "a\u{0}",
            "a\u{85}",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{61C}b",
            "a\u{200B}b",
            "a\u{AD}b",
            "a\u{2064}b",
            "a\u{E0041}",
            "\u{FEFF}a",
            "\u{3164}",
            "\u{2800}",
            "a\u{2800}b",
            "a\u{FFFC}",
            "a\u{1D173}",
            "a\u{E000}",
            "a\u{378}",
            "a\u{FDD0}",
            "a\u{13441}b",
            "a\u{FE00}",
            // Joiners that join nothing.
            "\u{200D}",
            "AC\u{200C}ME",
            "а\u{200D}б",
            "张\u{200D}三",
            "می\u{200C}",
            "\u{200C}می",
            "👨\u{200d}\u{200d}👩",
            "ა\u{200D}ბ",
            // A choice where there is none.
            "ACME\u{FE0F}",
            "CNY 1\u{FE0F}0",
            // Marks on nothing, and piled up in whatever script.
            "\u{301}",
            "\u{301}a",
            "a \u{301}",
            "e\u{301}\u{301}\u{301}",
            "e\u{1AB0}\u{1DC0}\u{20D0}",
            "a\u{20DD}\u{20DD}\u{20DD}",
            "a\u{A670}\u{A671}\u{A672}",
            "क\u{941}\u{941}\u{941}",
            "क\u{93c}\u{93c}\u{941}\u{901}",
            &dotted,
            &longer,
        ] {
            assert!(Line::parse(refused).is_none(), "{refused:?}");
        }
    }
}
