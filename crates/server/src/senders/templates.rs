//! Messages of which only the template is known here: which one is for which purpose, and what goes into it.

use countersign_domain::code::Purpose;
use countersign_domain::lang::Lang;
use countersign_domain::secret::SecretText;

use super::SenderSetupError;

/// What stands for the code in a parameter.
const CODE: &str = "{code}";

/// What stands for the minutes that a code is valid.
const MINUTES: &str = "{minutes}";

/// The templates of one provider, in the language of messages.
pub struct Templates {
    usual: Option<String>,
    by_purpose: Vec<(Purpose, String)>,
    params: Vec<String>,
    minutes: String,
}

impl Templates {
    /// Reads `usual`, the template where none is named, and lines such as `payment_reset zh-CN SMS_123` or
    /// `payment_reset SMS_123`, of which those in another language are left out. `params` are texts with `{code}` and
    /// `{minutes}` in them; `minutes` is how long a code is valid.
    ///
    /// # Errors
    /// A line cannot be read, a purpose has no template, or no parameter has the code in it.
    pub fn parse(
        setting: &'static str,
        (usual, lines): (Option<&str>, &[String]),
        params: &[String],
        (lang, minutes): (Lang, u32),
    ) -> Result<Self, SenderSetupError> {
        let refused = |problem: String| SenderSetupError::new(setting, problem);
        let mut by_purpose = Vec::new();
        for line in lines {
            let unreadable = || {
                refused(format!(
                    "`{line}` is not a purpose, a language if any, and a template, in this order"
                ))
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            let (purpose, language, template) = match words[..] {
                [purpose, template] => (purpose, None, template),
                [purpose, language, template] => (purpose, Some(language), template),
                _ => return Err(unreadable()),
            };
            let purpose = Purpose::parse(purpose).ok_or_else(unreadable)?;
            if language.is_none_or(|language| language == lang.tag()) {
                by_purpose.push((purpose, template.to_owned()));
            }
        }
        let found = |purpose: Purpose| by_purpose.iter().any(|(of, _)| *of == purpose);
        if let (None, Some(purpose)) = (usual, Purpose::ALL.into_iter().find(|purpose| !found(*purpose))) {
            let (purpose, tag) = (purpose.as_str(), lang.tag());
            return Err(refused(format!("there is no template for {purpose} in {tag}, and none for all")));
        }
        if !params.iter().any(|param| param.contains(CODE)) {
            return Err(refused(format!("no parameter has {CODE} in it")));
        }
        let (usual, params) = (usual.map(str::to_owned), params.to_vec());
        Ok(Self { usual, by_purpose, params, minutes: minutes.to_string() })
    }

    /// The template for that purpose.
    pub(super) fn of(&self, purpose: Purpose) -> &str {
        let named = self.by_purpose.iter().find(|(of, _)| *of == purpose).map(|(_, template)| template);
        named.or(self.usual.as_ref()).map_or("", String::as_str)
    }

    /// What goes into it, in the order of the settings.
    pub(super) fn filled(&self, code: &SecretText) -> Vec<SecretText> {
        let fill = |param: &String| {
            SecretText::new(param.replace(CODE, code.expose()).replace(MINUTES, &self.minutes))
        };
        self.params.iter().map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: &str = "aliyun.templates";

    fn parse(usual: Option<&str>, lines: &[&str]) -> Result<Templates, SenderSetupError> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let params = ["code={code}".to_owned(), "m={minutes}".to_owned()];
        Templates::parse(SETTING, (usual, &lines), &params, (Lang::En, 5))
    }

    #[test]
    fn the_purpose_and_the_language_choose_and_the_code_is_filled_in() {
        let lines = ["payment_reset zh-CN C", "payment_reset en E", "login_reset L"];
        let templates = parse(Some("U"), &lines).expect("templates");
        let chosen = [Purpose::PaymentReset, Purpose::LoginReset, Purpose::QueryReset];
        assert_eq!(chosen.map(|purpose| templates.of(purpose)), ["E", "L", "U"]);
        let filled = templates.filled(&SecretText::new("493817".to_owned()));
        assert_eq!(filled.iter().map(SecretText::expose).collect::<Vec<_>>(), ["code=493817", "m=5"]);
    }

    #[test]
    fn what_is_missing_is_said_at_the_start() {
        for (usual, lines) in [
            (None, &["payment_reset E"][..]),
            (Some("U"), &["payment_reset"]),
            (Some("U"), &["payment U"]),
            (Some("U"), &["payment_reset en U x"]),
        ] {
            assert!(parse(usual, lines).is_err(), "{lines:?}");
        }
        assert!(
            Templates::parse(SETTING, (Some("U"), &[]), &["{minutes}".to_owned()], (Lang::En, 5)).is_err()
        );
    }
}
