//! The three languages in which people read our texts.

/// A language and script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// English.
    En,
    /// Chinese in simplified characters.
    ZhCn,
    /// Chinese in traditional characters.
    ZhTw,
}

impl Lang {
    /// Reads one language tag, with `-` or `_` and in any case: `zh_CN`, `zh-Hant-TW`, `en-US`.
    #[must_use]
    pub fn parse_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
        let mut parts = tag.split('-');
        match parts.next()? {
            "en" => Some(Self::En),
            "zh" if parts.any(|part| matches!(part, "tw" | "hk" | "mo" | "hant")) => Some(Self::ZhTw),
            "zh" => Some(Self::ZhCn),
            _ => None,
        }
    }

    /// Chooses by an `Accept-Language` header (RFC 9110, section 12.5.4): the known language of highest weight,
    /// the earlier one at equal weight, else `otherwise`.
    #[must_use]
    pub fn negotiate(header: &str, otherwise: Self) -> Self {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Self::parse_tag) else { continue };
            let weight = parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, weight_in_thousandths);
            if weight > 0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, lang));
            }
        }
        best.map_or(otherwise, |(_, lang)| lang)
    }

    /// The tag for `Content-Language` and for settings.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
        }
    }
}

fn weight_in_thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u32 = whole.parse().unwrap_or(0);
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.saturating_mul(1000).saturating_add(digits.parse().unwrap_or(0)).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates_by_weight_then_order() {
        let cases = [
            ("", Lang::En),
            ("fr, de;q=0.5", Lang::En),
            ("zh-TW,zh;q=0.9,en;q=0.8", Lang::ZhTw),
            ("en;q=0.2, zh-CN", Lang::ZhCn),
            ("zh-Hant;q=0.9, en;q=0.9", Lang::ZhTw),
            ("zh;q=0, en;q=0.1", Lang::En),
            ("zh_cn", Lang::ZhCn),
            ("en;q=0.9, zh-TW;q=4294968", Lang::ZhTw),
        ];
        for (header, expected) in cases {
            assert_eq!(Lang::negotiate(header, Lang::En), expected, "{header}");
        }
    }
}
