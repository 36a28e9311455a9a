//! Characters that only change how their neighbours look, and where they do: elsewhere two texts that differ by one would
//! look alike.

use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};

/// Whether a joiner or a choice between text and emoji stands where it changes nothing that can be seen.
pub(super) fn changes_nothing(text: &str) -> bool {
    let after = text.chars().skip(1).map(Some).chain([None]);
    let before = [None].into_iter().chain(text.chars().map(Some));
    let mut all = before.zip(text.chars()).zip(after);
    all.any(|((before, c), after)| match c {
        '\u{200C}' | '\u{200D}' => !joins(before, c, after),
        '\u{FE0E}' | '\u{FE0F}' => !chooses(before, after),
        _ => false,
    })
}

/// Characters that only join or part their neighbours, as Persian, the scripts of India and many emoji need them.
pub(super) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether that joiner joins or parts what stands around it: letters of one script that uses it, or two emoji.
fn joins(before: Option<char>, joiner: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let letters = script(before).is_some_and(|of| script(after) == Some(of));
    let emoji = joiner == '\u{200D}'
        && (before == '\u{FE0F}' || is_pictograph(before))
        && is_pictograph(after)
        && !after.is_emoji_component();
    letters || emoji
}

/// Whether there is text and emoji to choose between: after a character that has both forms. A digit has the second only under a
/// keycap.
fn chooses(before: Option<char>, after: Option<char>) -> bool {
    match before {
        Some('0'..='9' | '#' | '*') => after == Some('\u{20E3}'),
        // What emoji are only made up of, flags' letters and colours of skin, has one form.
        Some(c) => c.is_emoji_char() && !c.is_emoji_component(),
        None => false,
    }
}

/// An emoji that others can be joined to (Unicode Technical Standard 51, `emoji-zwj-sequences.txt`), or a colour of skin.
fn is_pictograph(c: char) -> bool {
    let flag = matches!(c, '\u{1F1E6}'..='\u{1F1FF}');
    c.is_emoji_char() && !flag && matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Which script a letter or a mark is of, if it is one that the Unicode Standard (chapters 9, 12, 13, 16 and 19) has joiners for.
fn script(c: char) -> Option<Script> {
    let category = c.general_category_group();
    if !matches!(category, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark) {
        return None;
    }
    Some(match c {
        '\u{0600}'..='\u{06FF}'
        | '\u{0750}'..='\u{077F}'
        | '\u{0870}'..='\u{08FF}'
        | '\u{FB50}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}' => Script::Arabic,
        '\u{0700}'..='\u{074F}' | '\u{0860}'..='\u{086F}' => Script::Syriac,
        '\u{07C0}'..='\u{07FF}' => Script::Nko,
        '\u{0840}'..='\u{085F}' => Script::Mandaic,
        // From Devanagari to Malayalam, each in 128 places, and Sinhala.
        '\u{0900}'..='\u{0DFF}' => Script::Indic(u32::from(c) / 0x80),
        '\u{1780}'..='\u{17DF}' => Script::Khmer,
        '\u{1820}'..='\u{18AF}' => Script::Mongolian,
        '\u{1E900}'..='\u{1E94B}' => Script::Adlam,
        _ => return None,
    })
}

#[derive(PartialEq, Eq)]
enum Script {
    Arabic,
    Syriac,
    Nko,
    Mandaic,
    /// One of India, by its place among them.
    Indic(u32),
    Khmer,
    Mongolian,
    Adlam,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joiners_stand_between_letters_of_one_script_that_uses_them_or_between_emoji() {
        for (text, fine) in [
            ("می\u{200C}خواهم", true),
            ("ܐ\u{200D}ܒ", true),
            ("ߊ\u{200D}ߋ", true),
            ("क्\u{200D}ष", true),
            ("ক্\u{200C}ষ", true),
            ("ශ්\u{200D}රී", true),
            ("ន៉\u{200C}ិ", true),
            ("ᠠ\u{200D}ᠡ", true),
            ("👨\u{200D}👩\u{200D}👧", true),
            ("👩🏽\u{200D}💻", true),
            ("❤\u{FE0F}\u{200D}🔥", true),
            ("🏃\u{200D}♂\u{FE0F}", true),
            // Scripts whose letters do not join.
            ("ა\u{200D}ბ", false),
            ("ა\u{200C}ბ", false),
            ("a\u{200D}b", false),
            ("а\u{200C}б", false),
            ("α\u{200D}β", false),
            ("א\u{200D}ב", false),
            ("张\u{200D}三", false),
            ("ก\u{200D}ข", false),
            ("ᄀ\u{200D}ᄁ", false),
            ("አ\u{200D}ቡ", false),
            ("Ꭰ\u{200D}Ꭱ", false),
            // Two scripts, figures, punctuation, and what is no emoji or cannot be joined to one.
            ("م\u{200D}क", false),
            ("क\u{200D}ক", false),
            ("م\u{200D}a", false),
            ("م\u{200D}👧", false),
            ("١\u{200C}٢", false),
            ("م\u{200C}،", false),
            ("१\u{200D}२", false),
            ("1\u{200D}2", false),
            ("→\u{200D}→", false),
            ("©\u{200D}®", false),
            ("🇨\u{200D}🇳", false),
            ("👩\u{200D}🏽", false),
            ("👨\u{200C}👩", false),
            ("👨\u{200D}\u{200D}👩", false),
            ("\u{200C}می", false),
            ("می\u{200C}", false),
        ] {
            assert_eq!(changes_nothing(text), !fine, "{text:?}");
        }
    }

    #[test]
    fn a_choice_between_text_and_emoji_stands_after_what_has_both() {
        for (base, fine) in [
            ("❤", true),
            ("☎", true),
            ("©", true),
            ("™", true),
            ("㊗", true),
            ("⌚", true),
            ("🅰", true),
            ("a", false),
            ("é", false),
            ("张", false),
            ("م", false),
            ("→", false),
            (" ", false),
            ("-", false),
            ("1", false),
            ("#", false),
            ("🏽", false),
            ("🇨", false),
            ("❤\u{FE0F}", false),
            ("", false),
        ] {
            for choice in ['\u{FE0E}', '\u{FE0F}'] {
                let text = format!("{base}{choice}");
                assert_eq!(changes_nothing(&text), !fine, "{text:?}");
            }
        }
        for keycap in ["1\u{FE0F}\u{20E3}", "#\u{FE0F}\u{20E3}", "*\u{FE0F}\u{20E3}"] {
            assert!(!changes_nothing(keycap), "{keycap:?}");
        }
        assert!(changes_nothing("CNY 1\u{FE0F}0"));
    }
}
